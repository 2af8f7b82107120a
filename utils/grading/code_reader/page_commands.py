"""The commands that stand on a page: in blocks of code, on lines of their own, within sentences."""

import re
from collections.abc import Iterator

from utils.grading.submission.shell_words import PYTHON

_FENCE = re.compile(r"\s*(`{3,}|~{3,})")
_SPAN = re.compile(r"(?<!`)`([^`\n]{1,500})`(?!`)")
_NAMED = re.compile(r"\S+\.py(?:\s+-|\s*$)")
_INLINE = re.compile(r"\bpython[\d.]*\s{1,9}\S{1,200}\.py\s{1,9}--?\w[^`|]{0,500}")
_LAUNCHERS = set("uv poetry pdm pixi rye conda srun torchrun accelerate nohup deepspeed".split())
# What is no command but says how one is written.
_USAGE = re.compile(r"\[-|\[\w+\]|…|\s-h\b|--help\b")
_LAUNCHED = 8  # words among which Python is named


def commands_of(page: str) -> Iterator[str]:
    """The lines of blocks of code, other lines that are a command, and the code within sentences, with the comments behind
    them; not what only says how a command is written."""
    fence = ""
    lines = re.sub(r"[\\^`]\r?\n(?=\s*-)", " ", page).splitlines()
    for line in lines:
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1][0] == fence):
            fence = "" if fence else mark[1][0]
            continue
        if not any(word in line for word in (".py", "python", "cd ")):
            continue
        bare = line.lstrip(" \t>*+-$%")
        entered = bool(fence) and bare.startswith("cd ")
        if entered or _is_command(bare, _LAUNCHED if fence else 1):
            found = [bare]
        elif fence:
            continue
        else:
            spans = _SPAN.findall(line)
            found = [one for one in spans if _is_command(one, _LAUNCHED) or _NAMED.match(one)]
            found = found or _INLINE.findall(line)
        for one in found:
            if not _USAGE.search(re.sub(r"\s#\s.*", "", one)):
                yield re.sub(r"\\(?=\w)", "/", one)


def _is_command(line: str, most: int) -> bool:
    """Whether a line begins with a program that may start Python, or has Python before the program it starts among its
    first words, `most` of them: a list of files is no command."""
    words = line.split(maxsplit=_LAUNCHED + 1)
    if not words:
        return False
    if words[0] in _LAUNCHERS or "=" in words[0] and words[0].partition("=")[0].isupper():
        return True
    for word in words[:most]:
        if word.endswith(".py"):
            return word.startswith("./")
        if PYTHON.fullmatch(word):
            return True
    return False
