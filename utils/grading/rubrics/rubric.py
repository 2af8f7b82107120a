"""A rubric is a TOML file: criteria with points, thresholds and the check that decides each; see rubrics/era_s9.toml."""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from utils.errors import UserError
from utils.files import plain_bytes
from utils.grading.fact_names import FACTS

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib

MOST_CRITERIA, MOST_LINES = 100, 2_000
MOST_BYTES = 2**17  # of a rubric's file
SHIPPED = Path(__file__).parent
# Check → the kind of fact that it judges. "is_true" takes several facts and no threshold, the others one and a threshold.
CHECKS = {
    "is_true": "truth",
    "above": "number",
    "below": "number",
    "at_least": "number",
    "at_most": "number",
    "accuracy": "number",
}


@dataclass(frozen=True)
class Criterion:
    """One demand. `facts` may begin with "not " for the check "is_true", where `threshold` is None."""

    id: str
    title: str
    points: float
    check: str
    facts: tuple[str, ...]
    advice: str
    threshold: float | None = None
    doubted_by: str | None = None


@dataclass(frozen=True)
class Rubric:
    """`target_accuracy` in per cent, or None; `text` is the file's, by which a stored grading is known to be by it."""

    name: str
    title: str
    criteria: tuple[Criterion, ...]
    target_accuracy: float | None = None
    text: str = ""


def shipped_rubrics() -> list[str]:
    """The names of the rubrics that come with the grader, in order."""
    return sorted(file.stem for file in SHIPPED.glob("*.toml"))


def load_rubric(name_or_file: str) -> Rubric:
    """The rubric of that name, or in that file; UserError names the file and the line of what is wrong."""
    shipped = SHIPPED / f"{name_or_file}.toml"
    file = shipped if name_or_file in shipped_rubrics() else Path(name_or_file)
    try:
        return parse_rubric(plain_bytes(file, MOST_BYTES).decode("utf-8-sig"), str(file))
    except UnicodeDecodeError as error:
        raise UserError(
            f"{file} is not a rubric: it is not UTF-8 text (byte {error.start})."
        ) from None
    except ValueError as error:
        raise UserError(f"{file} is not a rubric: {error}.") from None
    except OSError as error:
        raise UserError(
            f"There is no rubric '{name_or_file}' ({error.strerror}): give a TOML file or one of "
            f"{', '.join(shipped_rubrics())}."
        ) from None


def parse_rubric(text: str, file: str) -> Rubric:
    """The rubric that `text` holds; `file` is only for the sentence of the UserError."""
    text = text.replace("\r\n", "\n")
    if text.count("\n") > MOST_LINES:
        raise UserError(f"{file} is not a rubric: it has more than {MOST_LINES:,} lines.")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:  # it says the line
        raise UserError(f"{file} is not a rubric: {error}.") from None
    except RecursionError:
        raise UserError(f"{file} is not a rubric: its brackets are nested too deeply.") from None
    given = table.get("criteria")
    if isinstance(given, list) and len(given) > MOST_CRITERIA:
        raise UserError(
            f"{file} has {len(given):,} criteria, and a rubric at most {MOST_CRITERIA}."
        )
    problem = next(_problems(table), None)
    if problem:
        where, what = problem
        raise UserError(f"{file}, line {_line(text, where)}: {what}.")
    criteria = tuple(
        Criterion(**entry | {"facts": tuple(entry["facts"])}) for entry in table["criteria"]
    )
    return Rubric(**table | {"criteria": criteria, "text": text})


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e100


def _is_names(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(name, str) for name in value)


# What each key must hold, in words and as a test.
_VALUES: dict[str, tuple[str, Callable[[object], bool]]] = {
    **dict.fromkeys(("name", "title", "id", "advice"), ("a text that is not empty", _is_text)),
    "criteria": (
        "one or more [[criteria]] tables",
        lambda value: (
            isinstance(value, list)
            and bool(value)
            and all(isinstance(entry, dict) for entry in value)
        ),
    ),
    "points": ("a number that is not negative", lambda value: _is_number(value) and value >= 0),
    "check": (
        f"one of {', '.join(CHECKS)}",
        lambda value: isinstance(value, str) and value in CHECKS,
    ),
    "facts": ("a list of fact names", _is_names),
    "threshold": ("a number", _is_number),
    "target_accuracy": (
        "a percentage from 0 to 100",
        lambda value: _is_number(value) and 0 <= value <= 100,
    ),
    "doubted_by": (
        f"one of {', '.join(name for name, fact in FACTS.items() if fact.kind == 'number')}",
        lambda value: isinstance(value, str) and value in FACTS and FACTS[value].kind == "number",
    ),
}


def _problems(table: dict):
    """(where, what) of everything that is wrong, as far as it can be seen; `where` is the path of keys to it."""
    yield from _wrong_keys(table, (), Rubric, without=("text",))
    seen = set()
    for index, entry in enumerate(table["criteria"]):
        where = ("criteria", index)
        yield from _wrong_keys(entry, where, Criterion)
        if entry["id"] in seen:
            yield (*where, "id"), f"the id '{entry['id']}' is used twice"
        seen.add(entry["id"])
        yield from _wrong_facts(entry, where)


def _wrong_keys(entry: dict, where: tuple, kind: type, without: tuple[str, ...] = ()):
    known = {
        field.name: field.default is MISSING for field in fields(kind) if field.name not in without
    }
    for key, value in entry.items():
        if key not in known:
            yield (*where, key), f"'{key}' is not a key here; the keys are {', '.join(known)}"
        elif not _VALUES[key][1](value):
            yield (*where, key), f"'{key}' must be {_VALUES[key][0]}, and is {repr(value)[:80]}"
    for key, required in known.items():
        if required and key not in entry:
            yield where, f"'{key}' is missing"


def _wrong_facts(entry: dict, where: tuple):
    check = entry["check"]
    for name in entry["facts"]:
        bare = name.removeprefix("not ") if check == "is_true" else name
        if bare not in FACTS:
            yield (*where, "facts"), f"there is no fact '{bare}'; the facts are {', '.join(FACTS)}"
        elif FACTS[bare].kind != CHECKS[check]:
            yield (
                (*where, "facts"),
                f"the check '{check}' judges a {CHECKS[check]}, and '{bare}' is a {FACTS[bare].kind}",
            )
    if check == "is_true":
        for key in ("threshold", "doubted_by"):
            if key in entry:
                yield (*where, key), f"the check 'is_true' takes no '{key}'"
    else:
        if "threshold" not in entry:
            yield where, f"'threshold' is missing: the check '{check}' compares with it"
        if len(entry["facts"]) != 1:
            yield (*where, "facts"), f"the check '{check}' judges exactly one fact"


def _line(text: str, where: tuple) -> int:
    """The line, from 1, at which `where` is there: that of the shortest beginning of `text` which holds it."""
    lines = text.split("\n")
    for count in range(1, len(lines) + 1):
        try:
            place = tomllib.loads("\n".join(lines[:count]))
            for key in where:
                place = place[key]
            return count
        except (tomllib.TOMLDecodeError, KeyError, IndexError, TypeError):
            continue
    return 1
