"""Write Gradescope's autograder: `python -m utils.make.gradescope` packs gradescope/, the grader and the rubric.

The zip is laid out after https://gradescope-autograders.readthedocs.io/en/latest/specs/. Its PyTorch is of the version that
is installed here, in the build without CUDA.
"""

import argparse
import re
import sys
import zipfile
from importlib import metadata
from pathlib import Path

from utils.errors import UserError, run_command
from utils.files import move
from utils.grading.rubrics.rubric import Rubric, load_rubric
from utils.paths import REPOSITORY

SCRIPTS = REPOSITORY / "gradescope"
PINNED = ("torch", "torchvision")  # from PyTorch's own index, by setup.sh
UNUSED = ("captum",)  # by the grader
TESTS = "# What opens, renders and tests."  # where the rest of requirements.txt begins
KEPT = (".py", ".toml", ".json", ".html", ".css", ".js")
EPOCH = (1980, 1, 1, 0, 0, 0)  # of every file, so that the same grader makes the same zip
PROGRAM, PLAIN = 0o100755, 0o100644


def autograder_files(rubric: Rubric) -> dict[str, str]:
    """The text of every file of the zip, by its path."""
    files = {file.name: file.read_text(encoding="utf-8") for file in sorted(SCRIPTS.iterdir())}
    files["setup.sh"] = files["setup.sh"].replace("{torch}", " ".join(map(_pin, PINNED)))
    files["requirements.txt"] = _requirements((REPOSITORY / "requirements.txt").read_text("utf-8"))
    files["rubric.toml"] = rubric.text
    for file in sorted((REPOSITORY / "utils").rglob("*")):
        if file.suffix in KEPT:
            files[file.relative_to(REPOSITORY).as_posix()] = file.read_text(encoding="utf-8")
    return files


def _pin(name: str) -> str:
    """ "torch==2.9.1", without what a build is called behind a plus sign."""
    return f"{name}=={metadata.version(name).partition('+')[0]}"


def _requirements(text: str) -> str:
    """The lines of requirements.txt that the grader needs, without what setup.sh installs itself."""
    lines = text.partition(TESTS)[0].splitlines()
    named = [line for line in lines if line and not line.startswith("#")]
    left_out = (*PINNED, *UNUSED)
    return "".join(f"{line}\n" for line in named if re.match(r"[\w-]+", line)[0] not in left_out)


def write_autograder(rubric: Rubric, file: Path) -> None:
    """Write the zip; what was there is replaced."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.tmp")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in autograder_files(rubric).items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = (PROGRAM if text.startswith("#!") else PLAIN) << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    move(partial, file)


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.make.gradescope", description=__doc__)
    parser.add_argument("--rubric", default="era_s9", help="as for the grader (default: era_s9)")
    parser.add_argument(
        "--output",
        type=Path,
        default=REPOSITORY / "build" / "autograder.zip",
        metavar="FILE",
        help="where to write it (default: build/autograder.zip)",
    )
    asked = parser.parse_args(arguments)

    def work() -> None:
        try:
            write_autograder(load_rubric(asked.rubric), asked.output)
        except metadata.PackageNotFoundError as error:
            raise UserError(f"{error.name} is not installed here: run `make setup`.") from None
        print(f"{asked.output}: upload it to Gradescope (Configure Autograder, Zip file upload).")

    return run_command(work)[0]


if __name__ == "__main__":
    sys.exit(main())
