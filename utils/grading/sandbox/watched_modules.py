"""Which modules tell a stranger's code where it runs, or what a script has set: reading from those is asking.

Of Python's library all do but a list; of other packages none but a list. A library that reads from them for its own ends is
not heard, whoever called it.
"""

import builtins
from collections.abc import Callable
from sys import stdlib_module_names
from types import ModuleType

# Python's own modules that say nothing of where the code runs, or that ask another one for it.
_SAFE = frozenset(
    """__future__ abc argparse array ast base64 binascii bisect calendar cmath codecs collections colorsys configparser
    contextlib contextvars copy copyreg csv dataclasses decimal difflib encodings enum fnmatch fractions functools
    genericpath graphlib hashlib heapq hmac html io itertools json keyword math ntpath numbers operator os.path pickle
    posixpath pprint queue random re reprlib sre_compile sre_constants sre_parse statistics string stringprep struct
    textwrap token tomllib types typing unicodedata warnings weakref zlib""".split()
)
# Names of the others that say nothing either.
_QUIET = {
    "builtins": " ".join(set(vars(builtins)) - {"getattr", "vars", "__import__"}),
    "sys": "version_info maxsize float_info int_info stdout stderr exc_info getsizeof intern setrecursionlimit byteorder "
    "exit",
    # what changes things, other watchers stop
    "os": "path sep linesep fspath PathLike curdir pardir extsep pathsep devnull fork forkpty system popen kill write "
    "close dup2 remove unlink rename mkdir makedirs rmdir open _exit",
    "inspect": "signature Parameter Signature isclass isfunction ismethod ismodule isbuiltin isabstract getmembers "
    "getfullargspec getdoc cleandoc unwrap getmro get_annotations BoundArguments isgeneratorfunction",
    "logging": "getLogger basicConfig info warning warn debug error exception critical log disable StreamHandler "
    "NullHandler Formatter Logger LoggerAdapter getLevelName addLevelName captureWarnings root NOTSET DEBUG "
    "INFO WARNING WARN ERROR CRITICAL FATAL",
    "pathlib": "Path PurePath PosixPath PurePosixPath",
    "datetime": "timedelta timezone",
    "gc": "collect",
    "shutil": "rmtree move copy copyfile copytree",
    "subprocess": "run Popen call check_call check_output PIPE DEVNULL STDOUT",
    "importlib": "import_module",
    # what an import in compiled code calls
    **dict.fromkeys(
        ("_frozen_importlib", "importlib._bootstrap"), "_handle_fromlist _find_and_load"
    ),
    "threading": "Thread Lock RLock Event Condition Semaphore local",
}
_MACHINERY = frozenset(
    "__name__ __spec__ __path__ __class__ __loader__ __package__ __all__".split()
)
_ALL = "*"  # all names but those after it; at the end of a word, whatever begins with it
# Of other packages, what tells something: mostly what a script sets. What torch.cuda says, `gpu_questions` answers.
_TELLING = {
    "torch": "default_generator get_rng_state initial_seed seed get_num_threads get_num_interop_threads __config__ "
    "get_float32_matmul_precision are_deterministic_algorithms_enabled get_deterministic_debug_mode "
    "is_deterministic_algorithms_warn_only_enabled",
    "torch.random": "default_generator get_rng_state initial_seed seed",
    "torch.cuda": "default_generators get_rng_state get_rng_state_all initial_seed seed seed_all get_device_properties "
    "get_arch_list get_gencode_flags cudart utilization temperature power_draw clock_rate device_memory_used",
    "torch.amp": "GradScaler",
    "torch.amp.grad_scaler": _ALL,
    "torch.cuda.amp": "GradScaler",
    "torch.cuda.amp.grad_scaler": _ALL,
    "torch.multiprocessing": "cpu_count current_process parent_process active_children get_start_method get_context",
    "torch.hub": f"{_ALL} load load_state_dict_from_url",
    "torch.version": _ALL,
    "torch.__config__": _ALL,
    "torch.utils.collect_env": _ALL,
    "torch.backends": "fp32_precision flags_frozen",
    "torch.backends.cudnn": f"{_ALL} is_available flags set_flags",
    "torch.backends.cuda": "flash_sdp_enabled mem_efficient_sdp_enabled math_sdp_enabled cudnn_sdp_enabled "
    "preferred_linalg_library preferred_blas_library cufft_plan_cache is_flash_attention_available",
    **dict.fromkeys(
        (f"torch.backends.{name}" for name in ("mkl", "mkldnn", "openmp", "cpu", "quantized")), _ALL
    ),
    # not all, since PyTorch's own operations read from it wherever they are called
    "torch._C": "default_generator _show_config _parallel_info _cxx_flags _get_mkldnn_enabled _get_deterministic_algorithms "
    "_get_float32_matmul_precision _get_num_threads has_* _has_* _cuda* _mps* _xpu* _accelerator* _get_cu* _get_fp32*",
    **dict.fromkeys(("psutil", "pynvml", "GPUtil", "cpuinfo"), _ALL),
}


class _Watching(type):
    """The type of `type(module)`. For libraries that is a plain module's: importlib makes every new one of `type(sys)`."""

    def __call__(cls, *args, **kwargs):
        return type.__call__(_plain(cls), *args, **kwargs)

    def __instancecheck__(cls, instance):
        return (
            isinstance(instance, _plain(cls))
            if _plain(cls) is not cls
            else type.__instancecheck__(cls, instance)
        )


def _plain(cls: type) -> type:
    """What `cls` was before it was watched; a class that derives from a watched one is itself."""
    return cls.__base__ if "__getattribute__" in vars(cls) else cls


def watch_modules(modules: dict[str, ModuleType], ask: Callable[[str], None]) -> None:
    """Have `ask` called with what is read from those of the `modules` that tell something."""
    for name, module in modules.items():
        if isinstance(module, ModuleType) and type(type(module)) is type:
            tells = _telling(name)
            if tells:
                _watch(module, tells, ask)


def is_watched(thing: object) -> bool:
    """Whether it is a module that tells something."""
    return type(type(thing)) is _Watching


def _telling(name: str) -> Callable[[str], bool] | None:
    """Which names of a module tell something; None where none does."""
    top = name.partition(".")[0]
    if name in _TELLING:
        first, *others = _TELLING[name].split()
        if first != _ALL:
            return _among({first, *others})
    elif top in stdlib_module_names and _SAFE.isdisjoint((name, top)):
        others = _QUIET.get(name, "").split()
    else:
        return None
    quiet = _MACHINERY.union(others)
    return lambda attribute: attribute not in quiet


def _among(words: set[str]) -> Callable[[str], bool]:
    beginnings = tuple(word[:-1] for word in words if word.endswith("*"))
    return lambda attribute: attribute in words or attribute.startswith(beginnings)


def _watch(module: ModuleType, tells: Callable[[str], bool], ask: Callable[[str], None]) -> None:
    get, name = type(module).__getattribute__, module.__name__

    def read(self, attribute):
        if tells(attribute):
            ask(f"{name}.{attribute}")
        return get(self, attribute)

    module.__class__ = _Watching("module", (type(module),), {"__getattribute__": read})
