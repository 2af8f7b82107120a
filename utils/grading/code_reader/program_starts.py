"""With which words a submission starts its programs: in scripts, in settings of tools, in other code and on its pages."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

from utils.grading.code_reader.command_line import Commands, arguments
from utils.grading.code_reader.page_commands import commands_of
from utils.grading.code_reader.shell_starts import Start, starts
from utils.grading.code_reader.values import Unknown
from utils.grading.submission.contents import Submission, TextFile
from utils.grading.submission.shell_words import FILE

_SETTING = re.compile(
    r"(?:^|[\s\"':\[=])(python[\d.]*\s[^\"'\n]{0,500}\.py\b[^\"'\n]{0,500})", re.I
)
_STARTING_KEYS = re.compile(r"[\"']?\b(?:program|args|command|cmd)\b[\"']?\s*:")
_CALLS_PROGRAMS = re.compile(
    r"subprocess|os\.system|os\.exec|runpy|[pP]open|get_ipython|%%?(?:sx|system|cmd|!)|exec\s*\(\s*open"
)
_MOST_COMMANDS = 1_000  # of a page


def given_arguments(submission: Submission, path: str) -> list | Unknown:
    """sys.argv of the program at `path`: the words that the submission's scripts, settings, code and pages give it, none
    where nothing starts it. A page that starts it without words counts only where nothing else does. Of several commands
    those count that are said to be of what is handed in."""
    paths = {one.path for one in submission.sources} | {path}

    def meant(starts: Iterable[Start]) -> dict[str, set[str]]:
        reached = ((one.words, one.programs(paths)) for one in starts)
        return {words: those for words, those in reached if path in those}

    scripts, pages = _in_scripts(submission), _on_pages(submission)
    told = meant(pages)
    found = meant(scripts) | meant(_in_code(submission, path))
    found |= {words: those for words, those in told.items() if words}
    found = meant(one for one in (*scripts, *pages) if one.is_handed_in) or found or told
    if any(len(those) > 1 for those in found.values()):
        return Unknown("it is not known which program a command starts")
    lines = [arguments(words) for words in found]
    unknown = next((one for one in lines if isinstance(one, Unknown)), None)
    if unknown is not None or not lines:
        return unknown or arguments("")
    return lines[0] if len(lines) == 1 else Commands(lines=tuple(lines))


@lru_cache(maxsize=1)
def _in_scripts(submission: Submission) -> tuple[Start, ...]:
    """What the scripts of a shell and their like start, and the settings of tools that start programs."""
    found = [start for script in submission.scripts for start in starts(script)]
    for file in submission.configs:
        text = file.text[:100_000]
        commands = _SETTING.findall(text)
        found += starts(TextFile(file.path, "\n".join(commands)))
        if not commands and _STARTING_KEYS.search(text):
            found += [Start(name, None, "$") for name in {*FILE.findall(text)}]
    return tuple(found)


def _in_code(submission: Submission, path: str) -> Iterator[Start]:
    """That other code starts the program by a function, with words that are not followed."""
    name = posixpath.basename(path)
    for text, place in submission.code():
        if place.file != path and name in text and _CALLS_PROGRAMS.search(text):
            yield Start(path, frozenset({""}), "$")


@lru_cache(maxsize=1)
def _on_pages(submission: Submission) -> tuple[Start, ...]:
    """What the commands start that stand on the submission's pages and in the texts of its notebooks."""
    pages = [(one.path, one.text) for one in submission.texts]
    pages += [
        (one.path, cell.source)
        for one in submission.notebooks
        for cell in one.cells
        if cell.kind == "markdown"
    ]
    return tuple(
        start
        for path, text in pages
        for start in starts(TextFile(path, "\n".join(islice(commands_of(text), _MOST_COMMANDS))))
    )
