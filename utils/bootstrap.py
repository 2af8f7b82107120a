"""What a notebook needs before its first import; the standard library is all that this module may use."""

import importlib.util
import subprocess
import sys

# The name to import and the name to install. torch and torchvision are left as they are: replacing Colab's breaks it.
NEEDED = {"albumentations": "albumentations>=2.0.8,<2.1", "matplotlib": "matplotlib", "sklearn": "scikit-learn",
          "torchsummary": "torchsummary", "tqdm": "tqdm"}


def missing() -> list[str]:
    """The packages to install: those that cannot be imported here."""
    return [package for name, package in NEEDED.items() if importlib.util.find_spec(name) is None]


def install_missing() -> None:
    """Install what is missing into the running Python, quietly; nothing is done the second time."""
    if importlib.util.find_spec("torch") is None:
        raise ModuleNotFoundError("PyTorch is not installed here: on a laptop, run `make test` once and open the notebook "
                                  "with the .venv that it makes.")
    packages = missing()
    if packages:
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *packages], check=True)
