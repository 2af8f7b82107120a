"""What a notebook needs before its first import; the standard library is all that this module may use."""

import importlib.util
import re
import subprocess
import sys
from importlib import metadata

# Packages and the versions that will do, as (at least, below). torch and torchvision are left as they are: replacing
# Colab's breaks it.
NEEDED = {
    "albumentations": ("2.0.8", "2.1"),
    "captum": None,
    "jinja2": None,
    "joblib": None,
    "matplotlib": None,
    "scikit-learn": None,
    "torchsummary": None,
    "tqdm": None,
}


def missing() -> list[str]:
    """The packages to install, as pip wants them: those that are not here, or not in a version that will do."""
    return [
        name if versions is None else f"{name}>={versions[0]},<{versions[1]}"
        for name, versions in NEEDED.items()
        if not _is_here(name, versions)
    ]


def _is_here(name: str, versions: tuple[str, str] | None) -> bool:
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return versions is None or _numbers(versions[0]) <= _numbers(installed) < _numbers(versions[1])


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def install_missing() -> None:
    """Install what is missing into the running Python, quietly; nothing is done the second time."""
    if importlib.util.find_spec("torch") is None:
        raise ModuleNotFoundError(
            "PyTorch is not installed here: on a laptop, run `make test` once, then open the notebook "
            "with `.venv/bin/jupyter lab`."
        )
    packages = missing()
    if packages:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *packages], check=True)
