"""What a call stands for: the submission's own functions are followed, a library's are noted with their arguments."""

import ast

from utils.grading.code_reader import (
    changes,
    command_functions,
    config_files,
    image_sources,
    known_functions,
    known_methods,
    members,
    paths,
    records,
    unread_entries,
)
from utils.grading.code_reader.command_line import argument_parser
from utils.grading.code_reader.hooks import changes_output
from utils.grading.code_reader.images import Images
from utils.grading.code_reader.snapshots import NAMESPACES, snapshot
from utils.grading.code_reader.values import (
    NOT_KNOWN,
    Frame,
    Instance,
    Library,
    Made,
    Super,
    Unknown,
    UserClass,
    UserFunction,
)
from utils.grading.submission.syntax import called_name

_SAME_NETWORK = {
    "to",
    "cuda",
    "cpu",
    "train",
    "eval",
    "float",
    "double",
    "half",
    "bfloat16",
    "requires_grad_",
    "apply",
}
# What Accelerate and Lightning's Fabric give back as they were given it, in order.
_PREPARING = ("accelerate.", "lightning.fabric.", "lightning_fabric.", "lightning.Fabric")
_PREPARES = {"prepare", "prepare_model", "prepare_data_loader", "setup", "setup_dataloaders"}
_WRAPPERS = {
    "torch.compile",
    "torch.nn.DataParallel",
    "torch.nn.parallel.DataParallel",
    "torch.jit.script",
    "torch.nn.parallel.DistributedDataParallel",
    "torch.jit.trace",
    "tqdm.tqdm",
    "tqdm.auto.tqdm",
    "tqdm.notebook.tqdm",
    "importlib.reload",
}


def apply(reader, callee, args: tuple, kwargs: dict, node, frame: Frame, whole: bool = True):
    """The value of calling `callee` with values that are known already."""
    name = called_name(getattr(node, "func", None)) or getattr(callee, "name", "")
    receiver = (
        callee.receiver if isinstance(callee, members.Member) else getattr(callee, "bound", None)
    )
    if isinstance(callee, (Instance, Made)):
        receiver, name = callee, "__call__"
    reader.record(name, callee, receiver, args, kwargs, node, frame.origin)
    place = frame.origin.evidence(
        node, _text(node) if isinstance(callee, (Library, UserClass)) else ""
    )
    if isinstance(callee, UserClass):
        return reader.instantiate(callee, args, kwargs, place, whole)
    if isinstance(callee, UserFunction):
        result = reader.invoke(callee, args, kwargs, place, whole)
        command_functions.run_group(reader, callee, bool(args or kwargs))
        return result
    if isinstance(callee, Instance):
        return _call_instance(reader, callee, args, kwargs, place)
    if isinstance(callee, Made):
        return _call_made(reader, callee, args, kwargs, node, frame)
    if isinstance(callee, members.Member):
        return _call_member(reader, callee, args, kwargs, place, node, frame, whole)
    if isinstance(callee, Library):
        return _call_library(reader, callee, args, kwargs, place, node, frame, whole)
    return callee if isinstance(callee, Unknown) else Unknown("what is called is not known")


def _text(node) -> str:
    """A call of several lines as one line; the layers of a whole network are too long for an excerpt."""
    if not isinstance(node, ast.Call) or node.end_lineno - node.lineno > 20:
        return ""
    try:
        return ast.unparse(node)[:200]
    except (ValueError, RecursionError):
        return ""


def _call_instance(reader, instance, args, kwargs, place):
    method = instance.cls.find("__call__")[0]
    if isinstance(method, UserFunction):
        return reader.invoke(
            members.bound(reader, method, instance, instance.cls), args, kwargs, place
        )
    return Unknown("the output of an object that is known only when the code runs")


def _call_made(reader, made, args, kwargs, node, frame):
    if made.name == "functools.partial" and made.args:
        return apply(
            reader, made.args[0], (*made.args[1:], *args), made.kwargs | kwargs, node, frame
        )
    command_functions.run_group(reader, made, bool(args or kwargs))
    return Unknown(f"the result of {made.last} is known only when the code runs")


def _call_member(reader, member, args, kwargs, place, node, frame, whole):
    value, name = member.receiver, member.name
    changes.note_method(reader, value, name, args, kwargs, place)
    if isinstance(value, (list, dict, str, tuple, *members.ARRAY, Images)):
        return known_methods.method(value, name, args, kwargs, bool(frame.uncertain))
    if isinstance(value, (Instance, Made)) and name in _SAME_NETWORK:
        if name == "apply" and args and changes.watched(value) is not None:
            reader.apply(args[0], (changes.part(value),), {}, frame)
        return value
    if isinstance(value, Made) and name in _PREPARES and value.name.startswith(_PREPARING):
        return args[0] if len(args) == 1 else args
    if name in ("__setattr__", "__delattr__") and args:
        owner = value.instance if isinstance(value, Super) else value
        return _set_attribute(reader, owner, args, frame, node)
    if name in records.METHODS and records.is_tuple(value) and whole:
        return records.METHODS[name](reader, value, kwargs)
    if isinstance(value, Super) and name == "__init__":
        return _library_init(value.instance, args, kwargs)
    if isinstance(value, Made) and value.name == "argparse.ArgumentParser":
        return argument_parser(reader, value, name, args, kwargs, whole and not frame.uncertain)
    if isinstance(value, Made) and paths.is_path(value):
        if (found := paths.method(value, name, args)) is not None:
            return found
    if (
        name in ("open", "read_text")
        and (file := config_files.opened(reader, (value, *args), kwargs)) is not None
    ):
        return file if name == "open" else config_files.read(file, name)
    if isinstance(value, Made) and value.name == "builtins.open":
        return config_files.read(value, name)
    if isinstance(value, (Instance, Made)):
        base = value.cls.name if isinstance(value, Instance) else value.name
        return Made(f"{base}.{name}", (value, *args), kwargs, place, whole=whole)
    return (
        value
        if isinstance(value, Unknown)
        else Unknown(f"the result of .{name}() is known only when the code runs")
    )


def _set_attribute(reader, owner, given: tuple, frame: Frame, node) -> None:
    """setattr() or delattr() of `owner`, with the name and perhaps the value."""
    value = given[1] if given[1:] else Unknown("it is deleted")
    reader.set_attribute(owner, given[0], value, frame, node)


def _library_init(instance, args, kwargs):
    """super().__init__(…) of a torchvision data set keeps its arguments as attributes."""
    if isinstance(instance, Instance):
        if any("CIFAR" in base or "VisionDataset" in base for base in instance.cls.library_bases()):
            kwargs = image_sources.dataset_arguments(args, kwargs)
        for key, value in kwargs.items():
            instance.attributes.setdefault(key, value)
    return None


def _call_library(reader, library, args, kwargs, place, node, frame, whole):
    if library.name in _WRAPPERS and args and not isinstance(args[0], Unknown):
        return args[0]
    if library.name in ("copy.copy", "copy.deepcopy") and args:
        return snapshot(args[0])
    if args and library.last.startswith("__"):  # torch.nn.Module.__setattr__(model, …)
        changes.note_method(reader, args[0], library.last, args[1:], kwargs, place)
    if library.last.strip("_") in ("setattr", "delattr") and len(args) > 1:
        return _set_attribute(reader, args[0], args[1:], frame, node)
    if changes_output(library.last, args, kwargs):  # of every network
        owner, _, name = library.name.rpartition(".")
        reader.replaced.append((owner, name, place, len(reader.calls)))
    if (computed := image_sources.function(library, args, kwargs)) is not None:
        return computed
    special = known_functions.FUNCTIONS.get(library.name)
    if special and whole:
        result = special(reader, args, kwargs, frame)
        if result is not NOT_KNOWN:
            return result
    if library.name in ("builtins.exec", "runpy.run_path"):
        reader.doubts.append(f"{frame.origin} runs code that it puts together itself")
    if library.name.startswith("builtins."):
        return Unknown(f"the result of {library.last}() is known only when the code runs")
    made = Made(
        library.name,
        args,
        kwargs,
        place,
        problem=library.problem,
        whole=whole,
        stack=tuple(reader.stack),
    )
    if library.name in NAMESPACES and not args:
        made.attributes.update(kwargs)
        if not whole:
            unread_entries.widen(made.attributes)
    reader.made.append(made)
    return made
