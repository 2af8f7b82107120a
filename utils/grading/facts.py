"""What the audits establish: a value with where it was seen, or no value with why not."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Evidence:
    """A place in the submission: `line` of `file`, counted from 1, or `cell` of `notebook`, counted from 0 over all cells.

    Paths are relative to the submission's folder, with "/". `text` is a short excerpt or what was seen there.
    """

    file: str | None = None
    line: int | None = None
    notebook: str | None = None
    cell: int | None = None
    text: str = ""

    @property
    def where(self) -> str:
        """The place in words: "cell 3 of train.ipynb", "line 12 of models/net.py"; of a file as a whole its path."""
        if self.notebook is not None:
            return self.notebook if self.cell is None else f"cell {self.cell} of {self.notebook}"
        return (self.file or "") if self.line is None else f"line {self.line} of {self.file}"


@dataclass(frozen=True)
class Fact:
    """One established thing. A `value` of None could not be established, and `why` then says why in one sentence.

    With a value, `why` may add what a reader needs to trust it ("from the log in cell 12; README.md claims 86 %").
    """

    value: object = None
    why: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Audit:
    """What one audit found: facts by name, and remarks that belong to no criterion, one sentence each.

    `totals` are the numbers of parameters that a summary of the network that was audited may print, `digest` is that
    network's, equal where networks are (empty where none was executed).
    """

    facts: dict[str, Fact] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    totals: frozenset[int] = frozenset()
    digest: str = ""


@dataclass(frozen=True)
class Claim:
    """A statement of the submission held against what was computed; `verdict` is "true", "false" or "unverifiable".

    `marked` says where in `text` the words stand that decided, as (start, end).
    """

    text: str
    evidence: Evidence
    verdict: str
    value: object = None  # what was computed
    why: str = ""
    marked: tuple[int, int] | None = None
