"""What the rows of a text's tables say: of which network, which quantity, which value."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from utils.grading.claims.vocabulary import NOT_MET, tokens

_RULE = re.compile(r"[\s|:-]+")
_CELL_END = re.compile(r"(?<!\\)\|")
_LABELS = frozenset(
    "attribute metric metrics quantity property parameter parameters item what fact detail details name".split()
)
_VALUES = frozenset("value values result results score scores".split())
# The columns of a list of what was asked for and what came out.
_ASKED = frozenset(
    "constraint constraints requirement requirements condition conditions criterion criteria target targets asked "
    "limit limits required demanded allowed goal goals threshold task for".split()
)
_MET = frozenset(
    "done met fulfilled satisfied achieved obtained actual our ours status got reached where".split()
)
_TICKS = frozenset("ok okay check checked fulfilled met".split())
_NOTES = frozenset("note notes comment comments remark remarks explanation condition when".split())
# The first column of a table whose rows are networks, or trainings of them.
_NETWORKS = frozenset(
    "network networks net nets model models config configs configuration experiment experiments exp run runs version "
    "versions try tries attempt attempts variant architecture session sessions no".split()
)
# Of these a number says which: "attempt 2"; what stands beside it describes it.
_NUMBERED = frozenset(
    "network net model config experiment run version try attempt variant session".split()
)
_CONDITION = re.compile(r"\b(?:tta|test[- ]time|ema|swa|averag\w+|ensemble\w*)\b", re.I)
_OWN = re.compile(
    r"\b(?:this|ours?|mine|my|final|submitted|submission|proposed|handed[\s-]in)\b", re.I
)
_BESIDE_OWN = frozenset(
    "one network net model config configuration run version try attempt work the is".split()
)
_SAYS_NO = re.compile(rf"\W*(?:no|not\b.*|[{NOT_MET}]+)\W*", re.I)
_UNIT = re.compile(r"[(\[]\s*(?:in\s+)?(?:%|per ?cent)\s*[)\]]|\bin\s+%", re.I)
_QUANTITY = re.compile(r"[.(),:wBFSTdAPRe]*[APRST][.(),:wBFSTdAPRe]*")
_ROLE = re.compile(r"[.(),:]*[BFST][.(),:BFSTdAe]*")
_EPOCHS = re.compile(r"\W*epochs\W*", re.I)
_MOST = 400  # cells of one table
_MOST_OF_ALL = 4_000  # cells of a text's tables


@dataclass(frozen=True)
class Row:
    """What a row says in `text`, "| quantity | value |"; `network` is what the table calls the network that it is of, ""
    where it names none."""

    text: str
    network: str = ""


def rows_of_tables(lines: Sequence[str]) -> dict[int, list[Row]]:
    """What the rows of tables with a head say, by the numbers of all their lines, counted from 1."""
    found: dict[int, list[Row]] = {}
    number, left = 0, _MOST_OF_ALL
    while number + 1 < len(lines):
        rule = lines[number + 1][:500]
        if "|" in lines[number] and "|" in rule and _RULE.fullmatch(rule):
            end = next(
                (place for place in range(number, len(lines)) if "|" not in lines[place]),
                len(lines),
            )
            table = [_cells(line) for line in lines[number:end]]
            cells = sum(map(len, table))
            said = _of_table(table) if cells <= min(_MOST, left) else []
            left -= cells if said else 0
            found |= dict.fromkeys(range(number + 1, end + 1), [])
            found |= {number + 3 + place: rows for place, rows in enumerate(said)}
            number = end
        else:
            number += 1
    return found


def means_own(label: str) -> bool:
    """Whether what a table calls a network means the submission's own and final one, and says no more."""
    words = _words(label)
    return (
        tells_own(label)
        and words != {"final"}
        and not words & _ASKED
        and _words(_OWN.sub("", label)) <= _BESIDE_OWN
    )


def tells_own(label: str) -> bool:
    """Whether these words, beside others that may be conditions, mean the submission's own and final network."""
    return bool(_OWN.search(label)) and not re.search(r"\bnot\b", label, re.I)


def _cells(line: str) -> list[str]:
    cells = [cell.strip() for cell in _CELL_END.split(" ".join(line[:5_000].split()))]
    cells = cells[1:] if cells and not cells[0] else cells
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def _of_table(table: list[list[str]]) -> list[list[Row]]:
    head, rows = table[0], table[2:]
    first, others = _words(head[0]), range(1, len(head))
    quantities = [place for place in others if is_quantity(head[place])]
    found = []
    for row in rows:
        said: list[Row] = []
        if len(row) == len(head) and first <= _NETWORKS and quantities and not is_quantity(row[0]):
            said = list(_of_network(head, row, quantities))
        elif len(row) == len(head) and first <= _LABELS | _VALUES | _ASKED:
            said = list(_of_quantity(head, row))
        found.append(said)
    return found


def _of_network(head: list[str], row: list[str], quantities: list[int]) -> Iterator[Row]:
    """Of a row that is about one network, or about the epoch that it names: "best", "last"."""
    label = " ".join(cell for place, cell in enumerate(row) if place not in quantities)
    if row[0].isdecimal() and _words(head[0]) <= _NUMBERED:
        label = f"{head[0]} {label if _CONDITION.search(label) else row[0]}"
    role = "" if _OWN.search(row[0]) else _letters(row[0])
    for place in quantities:
        if _ROLE.fullmatch(role):
            yield from _combined(row[0], head[place], row[place])
        elif label.strip():
            yield Row(f"| {_plain(head[place])} | {row[place]} |", label)


def _of_quantity(head: list[str], row: list[str]) -> Iterator[Row]:
    """Of a row that is about one quantity: its value, or one for each network or split that the head names."""
    heads = [_words(cell) for cell in head]
    if any(
        _SAYS_NO.fullmatch(cell) and words & _TICKS for cell, words in zip(row, heads, strict=True)
    ):
        return
    holds = _MET if heads[0] & _ASKED else _MET | _VALUES | _LABELS
    others = [
        place for place in range(1, len(head)) if not (heads[place] and heads[place] <= _ASKED)
    ]
    values = [
        place
        for place in others
        if heads[place] & holds and heads[place] <= holds | _ASKED or means_own(head[place])
    ]
    if len(head) == 2 and not heads[1]:
        values = others
    if values := [place for place in values if not heads[place] <= _TICKS] or values:
        notes = [
            row[place]
            for place in others
            if place != values[0] and heads[place] <= _NOTES and re.search(r"\w", row[place])
        ]
        yield Row(" ".join(("|", *(f"{cell} |" for cell in (row[0], row[values[0]], *notes)))))
    elif not heads[0] & _ASKED:
        for place in others if len(others) > 1 else ():
            if is_quantity(head[place]) or _ROLE.fullmatch(_letters(head[place])):
                yield from _combined(row[0], head[place], row[place])
            else:
                yield Row(f"| {row[0]} | {row[place]} |", head[place])


def _combined(label: str, head: str, cell: str) -> Iterator[Row]:
    """A cell that its row and its column name together; "best" beside "train" may be that of the epoch that tested best."""
    letters = _letters(label) + _letters(head)
    if not ("B" in letters and "T" in letters):
        yield Row(f"| {label} {_plain(head)} | {cell} |")


def is_quantity(text: str) -> bool:
    """Whether a cell names what is counted or measured, or on which images."""
    return bool(_EPOCHS.fullmatch(text[:200]) or _QUANTITY.fullmatch(_letters(text)))


def _plain(head: str) -> str:
    return _UNIT.sub("", head).strip()


def _letters(text: str) -> str:
    return "".join(one.letter for one in tokens(_plain(text[:200])))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text[:200].lower()))
