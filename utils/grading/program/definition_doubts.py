"""Whether executing the definitions of a network alone gives what the program had: of a name that they read, all else that
binds it or changes what it holds is not executed then."""

import ast
import math
import posixpath
from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple

from utils.grading.code_reader.bindings import Unit, decorated, mentioned
from utils.grading.code_reader.definition_uses import Place, Uses, content_changes, loads
from utils.grading.code_reader.imports import known_libraries
from utils.grading.code_reader.reader import Reader
from utils.grading.code_reader.values import (
    Instance,
    Made,
    UserClass,
    UserFunction,
    is_literal,
)
from utils.grading.program.registering import Registering

_SHOWN = {"__repr__", "__str__", "extra_repr"}


class _Moment(NamedTuple):
    """When the program builds the network: the number of the unit, and the line in it."""

    number: float
    line: float


def definition_doubt(
    reader: Reader,
    network: Instance | Made,
    definitions: list[UserClass | UserFunction],
    files: set[str],
    dead: set[str],
    last: int,
) -> str:
    """Why the definitions do not tell all, as the beginning of a sentence; empty where they do.

    `dead` are the functions that nothing calls, `last` is the number of the last call that trains.
    """
    start = [
        (unit.key, one.node)
        for one in definitions
        for unit in reader.units
        if unit.origin == one.origin
    ]
    keys = {key for key, _ in start} | (files & reader.modules.keys())
    uses = Uses(reader.units, keys, start)
    moment = _moment(reader, network)
    for name in sorted(uses.names - _chosen(reader, network)):
        places = uses.places.get(name, [])
        if any(one.executed for one in places) and not _is_device(reader, name):
            for doubt in (
                _unseen(reader, name),
                _bound(places, moment, dead),
                _later(places, moment),
            ):
                if doubt:
                    return doubt
    registering = Registering(reader, files, definitions[0].origin)
    return (
        registering.doubt()
        or next(_changed(reader, uses, moment, dead, registering), "")
        or _replaced(reader, uses, last)
    )


def _chosen(reader: Reader, network: Instance | Made) -> set[tuple[str, str]]:
    """The class itself, where it is what is executed: of several of its name the right one is taken."""
    if (
        isinstance(network, Made)
        or network.stack
        and not is_literal((network.args, network.kwargs))
    ):
        return set()
    home = network.cls.origin
    return {(unit.key, network.cls.name) for unit in reader.units if unit.origin == home}


def _unseen(reader: Reader, name: tuple[str, str]) -> str:
    whys = reader.open_names.whys.get(name[0], {})
    return whys.get(name[1]) or whys.get(None, "")


def _bound(places: list[Place], moment: _Moment, dead: set[str]) -> str:
    """Where something else binds the name before the network is built."""
    for one in places:
        late = not one.unit.key and (one.number, one.binding.line) >= moment
        if not (one.executed or late or one.binding.function in dead):
            return _sentence(one.unit, one.binding.line, f"binds {one.binding.name} otherwise")
    return ""


def _later(places: list[Place], moment: _Moment) -> str:
    """Where the program binds the name to something else after the network was built: of several, the last is executed."""
    own = [one for one in places if not one.unit.key and one.executed]
    before = [one for one in own if (one.number, one.binding.line) < moment]
    for one in own:
        if (
            one not in before
            and before
            and not _alike(one.binding.name, before[-1].statement, one.statement)
        ):
            return _sentence(one.unit, one.binding.line, f"binds {one.binding.name} anew")
    return ""


def _alike(name: str, one: ast.stmt, other: ast.stmt) -> bool:
    """Whether two statements bind the same; of two shares, as of a dropout, none makes another network."""
    if ast.dump(one) == ast.dump(other):
        return True
    imports = [_imported_as(name, each) for each in (one, other)]
    if any(imports):
        return imports[0] == imports[1] or any(
            each.partition(".")[0] in known_libraries() for each in imports
        )
    if _defines(one) != _defines(other):
        return True  # a function, and later a variable that happens to have its name
    values = [getattr(each, "value", None) for each in (one, other)]
    if all(isinstance(each, ast.Constant) and _share(each.value) for each in values):
        return True
    return None not in values and ast.dump(values[0]) == ast.dump(values[1])


def _imported_as(name: str, statement: ast.stmt) -> str:
    """What an import binds `name` to; empty for any other statement."""
    if not isinstance(statement, (ast.Import, ast.ImportFrom)):
        return ""
    module = getattr(statement, "module", "") or ""
    for alias in statement.names:
        if name == (alias.asname or alias.name.partition(".")[0]):
            return ".".join(filter(None, (module, alias.name)))
    return ""


def _defines(statement: ast.stmt) -> bool:
    return not hasattr(statement, "value") or isinstance(statement.value, ast.Lambda)


def _share(value) -> bool:
    return isinstance(value, float) and math.isfinite(value) and 0 <= value < 1


def _changed(
    reader: Reader, uses: Uses, moment: _Moment, dead: set[str], registering: Registering
) -> Iterator[str]:
    """Where the program changes what a name holds, by statements that are no part of the definitions."""
    names = {name for _, name in uses.names}
    keys = {key for key, _ in uses.places}
    executed, registries = registering.lines(), registering.roots()
    for number, unit in enumerate(reader.units):
        imported = _imported(unit, keys)
        for statement in unit.statements:
            late = not unit.key and (number, statement.lineno) >= moment
            idle = getattr(statement, "name", "") in dead
            if id(statement) in uses.statements or late or idle:
                continue
            for one in content_changes(statement):
                root = one.module or one.name
                own = unit.key in keys and not one.module
                known = (unit.key, one.name) in uses.names if own else one.name in names
                known = known and (own or root in imported) and root in loads(statement)
                if (unit.origin, one.line) in executed:
                    continue
                registry = root in registries and (own or root in imported)
                if registry or known and (not one.part or one.part in uses.mentioned):
                    yield _sentence(unit, one.line, f"changes {one.name}")


def _replaced(reader: Reader, uses: Uses, last: int) -> str:
    """Where the program puts something in the place of a library's own that the network uses, before it has trained."""
    for owner, name, place, moment in reader.replaced:
        layers = owner.startswith(("torch.nn", "torch.Tensor")) and name not in _SHOWN
        there = _is_there(owner, name)
        if moment <= last and (layers and there or name in uses.mentioned and (there is not None)):
            if (owner, name) != ("builtins", "print"):
                return f"{place.where} replaces {owner}.{name}"
    return ""


def _is_there(owner: str, name: str) -> bool | None:
    """Whether torch, or Python itself, has that name of its own; None for other libraries."""
    top, *parts = owner.split(".")
    if top not in ("torch", "builtins"):
        return None
    found = import_module(top)
    for part in parts:
        found = getattr(found, part, None)
    return hasattr(found, name)


def _imported(unit: Unit, keys: set[str]) -> set[str]:
    """The names under which a unit has modules of the network, or what it takes from them."""
    stems = {posixpath.basename(key).removesuffix(".py") for key in keys if key}
    return {
        name
        for statement in unit.statements
        for name, modules in _imports(statement)
        if modules & stems
    }


@lru_cache(maxsize=5_000)
def _imports(statement: ast.stmt) -> tuple[tuple[str, set[str]], ...]:
    """Each name that an import binds, with the last parts of the names of the modules that it may come from."""
    return tuple(
        (
            alias.asname or alias.name,
            {one.rpartition(".")[2] for one in (alias.name, getattr(node, "module", "") or "")},
        )
        for node in ast.walk(statement)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    )


def dead_functions(reader: Reader) -> set[str]:
    """The functions of the program that nothing calls."""
    statements = [one for unit in reader.units for one in unit.statements]
    defined = {
        node.name
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    return {
        name
        for name in defined - mentioned(statements) - decorated(statements)
        if not name.startswith("__")
    }


def _is_device(reader: Reader, name: tuple[str, str]) -> bool:
    """Whether a name of the program stands for a device, which makes no other network."""
    value = reader.names.get(name[1]) if not name[0] else None
    if isinstance(value, Made):
        return value.name == "torch.device"
    return isinstance(value, str) and value in ("cpu", "cuda", "cuda:0", "mps")


def _moment(reader: Reader, network: Instance | Made) -> _Moment:
    """The line of the program from which the network is built."""
    place = network.stack[0].place if network.stack else network.place
    lines = [
        call.node.end_lineno
        for call in reader.calls
        if call.node is not None
        and not call.stack
        and call.place.where == place.where
        and call.callee in ((network.stack[0].function,) if network.stack else (network.cls,))
    ]
    numbers = [
        number
        for number, unit in enumerate(reader.units)
        if not unit.key
        and (unit.origin.file, unit.origin.notebook, unit.origin.cell)
        == (place.file, place.notebook, place.cell)
    ]
    return _Moment(max(numbers, default=math.inf), max(lines, default=math.inf))


def _sentence(unit: Unit, line: int, what: str) -> str:
    place = f"line {line} of {unit.origin.file}" if unit.origin.file else str(unit.origin)
    return f"{place} {what}, which the definition of the network reads"
