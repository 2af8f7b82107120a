"""What a line of a text stands below: headings, marked, underlined or in bold, labels, and the items of a list."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from utils.grading.claims.vocabulary import tokens

_HEADING = re.compile(
    r"\s*(?:(?P<marks>#{1,6})\s*(?P<text>.+)|"
    r"<(?:h(?P<level>[1-6])|summary)\b[^>]*>(?P<html>.+?)</(?:h[1-6]|summary)>|"
    r"(?P<mark>\*{1,3}|_{1,3})(?P<bold>[^*_]+)(?P=mark)\s*:?\s*$|(?P<label>[A-Z][^:|<>]{1,60}):\s*$)",
    re.I,
)
_UNDERLINE = re.compile(r"\s{0,3}(?:=+|-{2,})\s*")
_LINE_LEVEL = 7  # of a heading that is a line in bold, or one that ends with a colon
_ITEM_LEVEL = 10  # of an item of a list, and more for its indentation
# A heading of these words alone names the task; "The objective is 85 %" is a title.
_TASK = frozenset(
    "requirement requirements problem objective objectives task tasks assignment goal goals target targets "
    "constraint constraints question questions instructions guideline guidelines todo criteria expected asked "
    "specification specifications".split()
)
_BESIDE_TASK = frozenset(
    "the our my project session model statement definition description details of and for this key "
    "main given what is results result".split()
)
# Words of headings under which a text speaks of its own network and training, beside those of the vocabulary. Below any
# other - "Adam", "Week 1", "Theory", "Block 2" - it may speak of anything.
_PLAIN = frozenset(
    "summary overview logs log details detail introduction conclusion conclusions performance evaluation highlights key "
    "main points features about description observation observations analysis findings notes note stats statistics info "
    "information metrics metric implementation usage how what why outcome outcomes achieved project report repository "
    "readme solution submission answer code files structure content contents design quick facts fact numbers figures "
    "glance properties property hyperparameters configuration config following here output outputs plots plot curves "
    "curve graphs brief short era s9 block diagram table tl dr loss losses run submitted chosen proposed built "
    "reached obtained".split()
)
_NUMBERING = re.compile(r"\s*(?:\d+[.)]?)+\s")


@dataclass
class Section:
    """The headings above the line that is being read, by level, the highest first."""

    above: list[tuple[int, str]] = field(default_factory=list)
    title: str | None = None

    def enter(self, level: int, heading: str) -> None:
        """Take in a heading; those of its level and below it end."""
        if self.title is None:
            self.title = heading if level == 1 else ""
        self.leave(level)
        self.above.append((level, heading))

    def enter_item(self, indent: int, text: str) -> None:
        """Take in an item that has items of its own."""
        self.enter(_ITEM_LEVEL + indent, text)

    def leave(self, level: int) -> None:
        """The headings of this level and below it end."""
        self.above = [one for one in self.above if one[0] < level]

    def leave_items(self, indent: int = 0) -> None:
        """The items with this indentation or more end."""
        self.leave(_ITEM_LEVEL + indent)

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings above the line, the nearest first."""
        return tuple(heading for _, heading in reversed(self.above))

    @property
    def quotes_task(self) -> bool:
        """Whether the nearest heading names the task, or one above it that is not the title."""
        return any(
            is_task(heading)
            for level, heading in self.above
            if level > 1 or (level, heading) == self.above[-1]
        )


def heading_of(lines: Sequence[str], number: int) -> tuple[int, str] | None:
    """The level and the words of the heading that the line `number`, counted from 1, is or has below it."""
    line = " ".join(lines[number - 1][:5_000].split())
    match = _HEADING.match(line)
    alone = number == 1 or not lines[number - 2].strip()
    if match and (alone or not (match["label"] or "A")[0].islower()):
        text = next(match[name] for name in ("text", "html", "bold", "label") if match[name])
        level = len(match["marks"] or "") or int(match["level"] or _LINE_LEVEL)
        return level, " ".join(text.strip("#*_: ").split())
    below = lines[number] if number < len(lines) else ""
    if line and alone and any(map(str.isalnum, line)) and _UNDERLINE.fullmatch(below):
        return (1 if below.strip()[0] == "=" else 2), line
    return None


def is_task(heading: str) -> bool:
    """Whether what stands below `heading` quotes the task."""
    words = _words(heading)
    return bool(words & _TASK) and words <= _TASK | _BESIDE_TASK


def is_plain(heading: str) -> bool:
    """Whether what stands below `heading` is of the network that is handed in, as far as its words tell."""
    words = _words(heading)
    if words & _TASK or {"to", "do"} <= words:
        return False
    return all(
        token.letter not in "?hDogXIYp" or token.text.lower() in _PLAIN
        for token in tokens(_NUMBERING.sub("", heading[:200]))
    )


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text[:200].lower()))
