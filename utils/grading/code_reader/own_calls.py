"""Calls of the submission's own functions and classes: read with the arguments that they are given."""

import ast
from dataclasses import replace
from functools import reduce

from utils.grading.code_reader import calls, expressions, generators, statements, unread_entries
from utils.grading.code_reader.changes import is_layer, is_network
from utils.grading.code_reader.image_sources import dataset_arguments
from utils.grading.code_reader.joining import joined
from utils.grading.code_reader.snapshots import snapshot
from utils.grading.code_reader.values import Frame, Instance, Step, Unknown, UserClass, UserFunction
from utils.grading.facts import Evidence

_DEEPEST = 25  # calls within calls


def _is_same(one: UserFunction, other: UserFunction) -> bool:
    return one.node is other.node and one.frame is other.frame


def _noted(value, step: Step):
    """Note on a network or a layer that this call returned it, alone or beside other things."""
    several = value.values() if isinstance(value, dict) else value
    for one in several if isinstance(value, tuple | list | dict) else [value]:
        if is_layer(one) and len(one.returned) < _DEEPEST:
            one.returned.append(step)
    return value


class Calling:
    """The part of a Reader that follows calls into the submission's own code."""

    def apply(self, callee, args: tuple, kwargs: dict, frame: Frame):
        """The value of calling `callee` from code that has no call expression for it."""
        return calls.apply(self, callee, args, kwargs, None, frame)

    def invoke(
        self, function: UserFunction, args: tuple, kwargs: dict, place: Evidence, whole: bool = True
    ):
        """What one of the submission's own functions returns for these arguments."""
        node = function.node
        if (
            len(self.stack) >= _DEEPEST
            or sum(_is_same(step.function, function) for step in self.stack) > 2
        ):
            return Unknown(f"{function.name} calls itself, or too many calls are nested")
        names = self._parameters(function, args, kwargs, whole)
        frame = Frame(
            names,
            function.origin,
            function.frame,
            conditions=self.conditions,
            function=function,
            script=function.frame.script,
        )
        given = (args, kwargs) if function.owner is not None else (snapshot(args), snapshot(kwargs))
        self.stack.append(Step(function, *given, place))
        conditions, step = self.conditions, self.stack[-1]
        try:
            if isinstance(node, ast.Lambda):
                return expressions.evaluate(self, node.body, frame)
            ended = statements.run(self, node.body, frame)
        finally:
            self.stack.pop()
            self.conditions = conditions
        if generators.is_generator(node):
            return generators.entries(function, frame)
        values = frame.returned if ended == "return" else [*frame.returned, None]
        return _noted(self._returned(function, values), step)

    def _returned(self, function: UserFunction, values: list):
        values = [value for value in values if value is not None]
        if not values:
            return None
        why = (
            f"{function.name} returns different things under conditions that reading cannot decide"
        )
        return self.label(reduce(lambda one, other: joined(one, other, why), values), function.name)

    def _parameters(self, function: UserFunction, args: tuple, kwargs: dict, whole: bool) -> dict:
        spec = function.node.args
        plain = [*spec.posonlyargs, *spec.args]
        if (
            function.bound is not None
            and function.owner is not None
            and function.kind != "staticmethod"
        ):
            args = (function.bound, *args)
        missing = Unknown(f"an argument of {function.name} that is not known")
        frame = Frame({}, function.origin, function.frame)
        names = {
            arg.arg: expressions.evaluate(self, default, frame)
            for arg, default in zip(plain[len(plain) - len(spec.defaults) :], spec.defaults)
        }
        names |= {
            arg.arg: expressions.evaluate(self, default, frame)
            for arg, default in zip(spec.kwonlyargs, spec.kw_defaults)
            if default is not None
        }
        known = {arg.arg for arg in [*plain, *spec.kwonlyargs]}
        given = dict(zip((arg.arg for arg in plain), args)) | {
            key: value for key, value in kwargs.items() if key in known
        }
        if not whole:
            names = {name: missing for name in known}
        names |= given
        for name in known - names.keys():
            names[name] = missing
        if spec.vararg:
            names[spec.vararg.arg] = tuple(args[len(plain) :])
        if spec.kwarg:
            names[spec.kwarg.arg] = {
                key: value for key, value in kwargs.items() if key not in known
            }
        for name, value in names.items():
            if name not in ("self", "cls"):
                self.label(value, name)
        return names

    def instantiate(
        self, cls: UserClass, args: tuple, kwargs: dict, place: Evidence, whole: bool = True
    ) -> Instance:
        """An object of one of the submission's own classes, with the attributes that its constructor gives it."""
        given = snapshot(args if whole else (*args, Unknown("starred arguments")))
        made = Instance(cls, given, snapshot(kwargs), place, tuple(self.stack))
        init, owner = cls.find("__init__")
        if isinstance(init, UserFunction):
            bound = replace(init, bound=made, owner=init.owner or owner)
            self.invoke(bound, args, kwargs, place, whole)
        elif owner is not None and not is_network(made):
            unread_entries.widen(made.attributes)
        else:
            made.attributes.update(self._fields(cls, args, kwargs))
        if not is_network(made):
            made.first = snapshot(made.attributes)
        return made

    def _fields(self, cls: UserClass, args: tuple, kwargs: dict) -> dict:
        """The attributes of a dataclass or of a class that inherits its constructor from a library."""
        if any("CIFAR" in base for base in cls.library_bases()):
            return dataset_arguments(args, kwargs)
        annotated = [
            statement.target.id
            for one in reversed(list(cls.ancestors()))
            for statement in one.node.body
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
        ]
        return dict(zip(annotated, args)) | kwargs
