"""What an expression of the submission can stand for when its code is read and never run.

Numbers, texts, tuples, lists, dicts, ranges, slices and numpy's arrays stand for themselves; the images of a data set and
their index are `Images` and `Every` (images.py); everything else is one of the classes below.
"""

import ast
from dataclasses import dataclass, field

from utils.grading.facts import Evidence

LONGEST = 10_000  # of a text, list or array that reading computes
NOT_KNOWN = object()  # given by a function of ours whose arguments it cannot compute with


@dataclass(frozen=True)
class Origin:
    """Which file, or which cell of which notebook, a piece of code stands in."""

    file: str | None = None
    notebook: str | None = None
    cell: int | None = None

    def evidence(self, node=None, text: str = "") -> Evidence:
        """The place of `node` in the file, or the cell; `text` is the excerpt."""
        line = getattr(node, "lineno", None) if self.file else None
        return Evidence(self.file, line, self.notebook, self.cell, text)

    def __str__(self) -> str:
        return self.file or f"cell {self.cell} of {self.notebook}"


@dataclass(frozen=True)
class Unknown:
    """A value that reading cannot establish, and why."""

    why: str = "it is known only when the code runs"


@dataclass(frozen=True)
class OwnPath:
    """A path as a text that begins at `__file__`: of the file or folder at `path` of the submission."""

    path: str

    def __str__(self) -> str:
        return self.path


class Unordered(tuple):
    """The entries of a set: which comes first is not known."""


@dataclass(frozen=True)
class Library:
    """Something of a package that is not the submission's own, by its full name; `problem` where it should have been."""

    name: str
    problem: str = ""

    @property
    def last(self) -> str:
        """The last part of the full name."""
        return self.name.rpartition(".")[2]


class _Shown:
    """Its name stands for it where it is shown: what it holds, and what that holds, may go on for gigabytes."""

    def __repr__(self) -> str:
        name = getattr(self, "name", "") or getattr(getattr(self, "cls", None), "name", "")
        return f"{name}(…)" if isinstance(self, Made | Instance) else name or type(self).__name__


@dataclass(eq=False, repr=False)
class Frame(_Shown):
    """The names of one module, class body or function call; `parent` is where a name is looked up next."""

    names: dict
    origin: Origin
    parent: "Frame | None" = None
    uncertain: int = 0  # how many undecided conditions and loops surround the statement
    conditions: int = 0  # how many undecided conditions surrounded the call
    returned: list = field(default_factory=list)
    yielded: list = field(default_factory=list)
    function: "UserFunction | None" = None
    script: str = ""  # the module's __name__
    comprehension: bool = False
    elsewhere: dict[str, "Frame"] = field(default_factory=dict)  # by `global` and `nonlocal`

    def holder(self, name: str) -> "Frame":
        """This frame or the outer one that has a value of `name`; KeyError where none has."""
        frame = self
        while frame is not None:
            if name in frame.names:
                return frame
            frame = frame.elsewhere.get(name, frame.parent)
        raise KeyError(name)

    def lookup(self, name: str):
        """The value of `name` here or in an outer frame; KeyError where it has none."""
        return self.holder(name).names[name]

    @property
    def module(self) -> "Frame":
        """The outermost frame."""
        frame = self
        while frame.parent is not None:
            frame = frame.parent
        return frame


@dataclass(eq=False, repr=False)
class Made(_Shown):
    """What a call of a library's function or class returned. `labels` are the names that it was given on its way."""

    name: str
    args: tuple = ()
    kwargs: dict = field(default_factory=dict)
    place: Evidence = Evidence()
    labels: list[str] = field(default_factory=list)
    problem: str = ""
    attributes: dict = field(default_factory=dict)
    whole: bool = True  # False where a starred argument could not be read
    stack: tuple["Step", ...] = ()
    changes: list = field(default_factory=list)  # after it was built (changes.Change)
    returned: list["Step"] = field(
        default_factory=list
    )  # the calls that returned it, innermost first

    @property
    def last(self) -> str:
        """The last part of the full name."""
        return self.name.rpartition(".")[2]


@dataclass(eq=False, repr=False)
class UserClass(_Shown):
    name: str
    node: ast.ClassDef
    bases: tuple
    names: dict  # of its body
    origin: Origin
    frame: Frame
    changes: list = field(default_factory=list)  # assignments to its attributes from outside
    fields: dict | None = None  # of a dataclass or a NamedTuple (records)
    first: dict = field(default_factory=dict)  # its names as its statement makes them

    @property
    def place(self) -> Evidence:
        """The place of the class statement."""
        return self.origin.evidence(self.node, f"class {self.name}")

    def ancestors(self):
        """This class and the submission's own classes that it inherits from, nearest first; each once."""
        waiting, seen = [self], set()
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, UserClass) and id(one) not in seen:
                seen.add(id(one))
                yield one
                waiting.extend(one.bases)

    def library_bases(self) -> list[str]:
        """The full names of the libraries' classes that it inherits from."""
        return [
            base.name for one in self.ancestors() for base in one.bases if isinstance(base, Library)
        ]

    def find(self, name: str, after: "UserClass | None" = None):
        """The class attribute or method `name` and the class that has it, looked for behind `after`, as super() does."""
        order = list(self.ancestors())
        if after is not None and after in order:
            order = order[order.index(after) + 1 :]
        return next(((one.names[name], one) for one in order if name in one.names), (None, None))


@dataclass(eq=False, repr=False)
class UserFunction(_Shown):
    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame
    origin: Origin
    owner: UserClass | None = None
    bound: object = None  # the instance or class that a method is called on
    kind: str = ""  # "property", "setter", "staticmethod" or "classmethod"
    wrapped: "UserFunction | None" = (
        None  # whose name it has, where a decorator put it in its place
    )

    @property
    def place(self) -> Evidence:
        """The place of the function's definition."""
        named = self.wrapped or self
        return named.origin.evidence(named.node, f"def {self.name}")


@dataclass(frozen=True)
class Decoration:
    """A class or a function whose statement has a decorator of the submission's own."""

    function: UserFunction
    node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    origin: Origin


@dataclass(frozen=True)
class Step:
    """One entry of the stack of calls that led somewhere."""

    function: UserFunction
    args: tuple
    kwargs: dict
    place: Evidence


@dataclass(eq=False, repr=False)
class Instance(_Shown):
    """An object of one of the submission's own classes."""

    cls: UserClass
    args: tuple
    kwargs: dict
    place: Evidence
    stack: tuple[Step, ...] = ()
    attributes: dict = field(default_factory=dict)
    first: dict = field(default_factory=dict)  # the attributes as its constructor leaves them
    labels: list[str] = field(default_factory=list)
    changes: list = field(default_factory=list)  # after it was built (changes.Change)
    returned: list[Step] = field(
        default_factory=list
    )  # the calls that returned it, innermost first


@dataclass(eq=False, repr=False)
class Module(_Shown):
    """One of the submission's own modules or packages."""

    name: str
    path: str
    names: dict
    package: str | None = None  # its folder, where it is a package
    problem: str = ""
    changes: list = field(default_factory=list)  # assignments to its names from outside


class Member:
    """An attribute of a value whose meaning is the library's: `model.parameters`, `loss.backward`, `mean.tolist`."""

    def __init__(self, receiver, name: str):
        self.receiver, self.name = receiver, name


@dataclass(frozen=True)
class Super:
    instance: object
    owner: UserClass


@dataclass(frozen=True)
class Call:
    """One call that reading met: the name that was called, on what, with what, where and from which functions."""

    name: str
    callee: object
    receiver: object
    args: tuple
    kwargs: dict
    place: Evidence
    cell: int | None  # the notebook cell that was being read
    stack: tuple[Step, ...]
    conditional: bool = (
        False  # whether it happens only under a condition that reading cannot decide
    )
    node: ast.AST | None = None


_MOST_PARTS = 5_000  # of a nested value that are looked at: a list of itself, or doubled fifty times, has no end


def same(one, other) -> bool:
    """Whether two values are interchangeable as far as reading can tell."""
    waiting, left = [(one, other)], _MOST_PARTS
    while waiting:
        one, other = waiting.pop()
        left -= 1
        if one is other:
            continue
        pairs = _parts_of_both(one, other)
        if pairs is None or left < 0:
            return False
        waiting.extend(pairs)
    return True


def _parts_of_both(one, other) -> list[tuple] | None:
    """What has to be the same for two values to be the same; None where they differ."""
    if isinstance(one, Instance) and isinstance(other, Instance):
        return (
            [(one.args, other.args), (one.kwargs, other.kwargs)] if one.cls is other.cls else None
        )
    if isinstance(one, Made) and isinstance(other, Made):
        return (
            [(one.args, other.args), (one.kwargs, other.kwargs)] if one.name == other.name else None
        )
    if isinstance(one, (tuple, list)) and type(one) is type(other):
        return list(zip(one, other)) if len(one) == len(other) else None
    if isinstance(one, dict) and isinstance(other, dict):
        return [(one[key], other[key]) for key in one] if one.keys() == other.keys() else None
    simple = isinstance(one, (int, float, str, bytes, complex, Library)) and type(one) is type(
        other
    )
    return [] if simple and one == other else None


def on_the_cpu(values) -> str | None:
    """Of the two names of a device that a condition decides between, the CPU's: nothing is read as if it had a GPU."""
    names = set(value for value in values if isinstance(value, str))
    return (
        "cpu"
        if len(names) == len(values) == 2 and "cpu" in names and names & {"cuda", "cuda:0", "mps"}
        else None
    )


def limited(value):
    """`value`; Unknown where it is a text, list or other collection of more than LONGEST entries."""
    large = hasattr(value, "__len__") and len(value) > LONGEST
    return Unknown("the result is very large") if large else value


def is_literal(value) -> bool:
    """Whether `value` consists of numbers, texts, None, tuples, lists and dicts alone, and of so many that they end."""
    waiting, left = [value], _MOST_PARTS
    while waiting:
        value = waiting.pop()
        left -= 1
        if isinstance(value, (tuple, list)):
            waiting.extend(value)
        elif isinstance(value, dict):
            waiting.extend((*value, *value.values()))
        elif value is not None and not isinstance(value, (int, float, str, bytes, complex)):
            return False
        if left < 0 or len(waiting) > _MOST_PARTS:
            return False
    return True
