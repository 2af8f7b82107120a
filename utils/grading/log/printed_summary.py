"""The parameter total that a printed model summary shows, before anything is computed."""

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from utils.grading.facts import Audit, Evidence, Fact
from utils.grading.log.epochs import Run
from utils.grading.log.headings import Outline
from utils.grading.log.lines import is_prose, notebook_lines, text_lines
from utils.grading.log.printed_totals import printed_total
from utils.grading.submission.contents import Submission

_LAYER = re.compile(
    r"^\s*\w+-\d+\s+\[[-\d,\s\[\]]*\]\s+(\d[\d,]{0,12})\s*$"
)  # a row of torchsummary
_TABLE_HEAD = re.compile(r"Layer \(type\)")


@dataclass(frozen=True)
class Summary:
    """A printed total; `layers` is the sum of the rows above it where torchsummary printed them, else None."""

    total: int
    exact: bool
    layers: int | None
    place: Evidence


def printed_summary(
    submission: Submission, run: Run | None, notebook: str | None, alone: bool = True
) -> Audit:
    """The fact `printed_parameters`: the total that torchsummary, torchinfo, Keras or Lightning printed.

    That is the last one before the judged `run`, else the only one where that run stands, in the outputs of `notebook`, in a
    text beside the run, and where the program is `alone` in its submission, anywhere else. Several of which none stands
    before the run, a rounded one ("185.9 K") and one that its own layers contradict establish nothing.
    """
    sources = {book.path: list(_summaries(notebook_lines(book))) for book in submission.notebooks}
    sources |= {
        text.path: list(_summaries(text_lines(text.path, text.text), is_prose(text.path)))
        for text in submission.texts
    }
    where, found = _nearest(sources, run, notebook, alone)
    if not found:
        return Audit(
            {"printed_parameters": Fact(None, "no summary with a total of parameters is printed")}
        )
    before = [one for one in found if run and run.source == where and one.total == run.parameters]
    values = sorted({one.total for one in found})
    totals = ", ".join(f"{total:,}" for total in values)
    if len(values) == 1 or before:
        several = f"{where} prints several totals of parameters ({totals}); taken is the last before the judged run."
        return Audit(
            {"printed_parameters": _fact((before or found)[-1])},
            (several,) if len(values) > 1 else (),
        )
    why = f"{where} prints several totals of parameters ({totals}), none of them before the judged run"
    return Audit({"printed_parameters": Fact(None, why, tuple(one.place for one in found[:5]))})


def _nearest(
    sources: dict[str, list[Summary]], run: Run | None, notebook: str | None, alone: bool
) -> tuple[str, list[Summary]]:
    """Where the summary of a run is looked for first, and those that are printed there."""
    folder = posixpath.dirname(run.source) if run else ""
    tiers = [
        [run.source] if run else [],
        [notebook] if notebook else [],
        [path for path in sources if folder and posixpath.dirname(path) == folder],
    ]
    tiers += [list(sources)] if alone else []
    for paths in tiers:
        held = [path for path in paths if sources.get(path)]
        if held:
            where = held[0] if len(held) == 1 else folder or "the submission"
            return where, [one for path in held for one in sources[path]]
    return "", []


def _fact(chosen: Summary) -> Fact:
    if chosen.layers not in (None, chosen.total):
        why = f"the summary prints a total of {chosen.total:,}, but its layers add up to {chosen.layers:,}"
        return Fact(None, why, (chosen.place,))
    if not chosen.exact:
        return Fact(None, f"the printed total is rounded to {chosen.total:,}", (chosen.place,))
    return Fact(chosen.total, "as printed", (chosen.place,))


def _summaries(lines: Iterable[tuple[str, Evidence]], prose: bool = False) -> Iterator[Summary]:
    """Those in `lines`; in `prose` those that were pasted, as code or with their table: the rest is said, not printed."""
    layers, outline = None, Outline()
    for text, place in lines:
        if prose:
            outline.read(text)
        if _TABLE_HEAD.search(text[:200]):
            layers = 0
        elif layers is not None and (match := _LAYER.match(text[:200])):
            layers += int(match[1].replace(",", ""))
        elif prose and layers is None and not (outline.fenced or text.startswith(("    ", "\t"))):
            continue
        elif total := printed_total(text):
            where = Evidence(place.file, place.line, place.notebook, place.cell, text.strip()[:200])
            yield Summary(*total, layers or None, where)
            layers = None
