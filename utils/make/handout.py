"""Write the assignment as a student gets it: `python -m utils.make.handout` copies handout/ and adds the task.

The task is made from the grader's rubric, so the two cannot differ.
"""

import argparse
import re
import sys
from pathlib import Path

from utils.documents.notebook_table import ADDRESS, UNPUBLISHED
from utils.errors import UserError, run_command
from utils.files import write_whole
from utils.grading.rubrics.rubric import Rubric, load_rubric
from utils.paths import REPOSITORY
from utils.tables import markdown_table

README, STARTER = REPOSITORY / "README.md", REPOSITORY / "handout"
ASSIGNMENT_FILE = (
    "ASSIGNMENT.md"  # in handout/ as `make readme` writes it, for whoever reads it on GitHub
)
DEFAULT = "era_s9"  # the rubric by which the grader judges unless it is given another
LEFT_OUT = ("ruff.toml",)  # the repository's own

ASSIGNMENT = """# {title}

Build and train a network for CIFAR-10: colour images of 32 × 32 pixels in ten classes, 50,000 for training and 10,000 for
testing. Your submission is graded by the rubric below.

## Start

```
pip install -r requirements.txt
jupyter lab starter.ipynb
```

Run all cells of `starter.ipynb`. It trains a stub on images of digits within a minute. Then make it yours:

1. Build your network in `model.py`.
2. Add the augmentation to `transforms.py`.
3. Choose CIFAR-10 in the notebook, train, and save it with its log.

The loops are in `loops.py`, the data sets in `data.py`. Change them as you like.

## Rubric

{rubric}

How to meet each point:

{advice}

## Hand in

The whole folder: the notebook with the log of your training, and all `.py` files. You may add a short `README.md` that says
what you built and how accurate it is. Leave out the data.

## Grade yourself

{where}

```
make setup
.venv/bin/python -m utils.grading YOUR_FOLDER --run{rubric_option}
```

For each point, the report says pass, fail or unverifiable, where it looked, and what to change.
"""


def assignment_text(rubric: Rubric, address: str | None) -> str:
    """The task in words. `address` is "owner/repository/blob/branch" of the course on GitHub, None where it is unknown."""
    points = sum(criterion.points for criterion in rubric.criteria)
    rows = [
        *((criterion.title, f"{criterion.points:g}") for criterion in rubric.criteria),
        ("**Total**", f"**{points:g}**"),
    ]
    advice = [f"- **{criterion.title}.** {criterion.advice}" for criterion in rubric.criteria]
    return ASSIGNMENT.format(
        title=rubric.title,
        rubric=markdown_table(("what", "points"), rows),
        advice="\n".join(advice),
        where=where_to_grade(address),
        rubric_option="" if rubric.name == DEFAULT else " --rubric YOUR_FOLDER/rubric.toml",
    )


def where_to_grade(address: str | None) -> str:
    """Where a student finds the grader: in Colab and on GitHub, as far as `address` is known."""
    if not address:
        return "In your copy of the course's repository:"
    notebook = f"https://colab.research.google.com/github/{address}/notebooks/"
    return (
        f"In Colab, open [the grading notebook]({notebook}06_grade_your_submission.ipynb).\n\n"
        f"On your machine, clone <https://github.com/{address.split('/blob/')[0]}>. In it, run:"
    )


def course_address() -> str | None:
    """ "owner/repository/blob/branch" as the README's badges have it; None before `make publish`."""
    found = re.search(ADDRESS, README.read_text(encoding="utf-8"))
    return found[1] if found and found[1] != UNPUBLISHED else None


def write_handout(rubric: Rubric, folder: Path) -> list[str]:
    """Write all files into `folder`; their names. UserError, and nothing written, where that would replace other work."""
    contents = {
        file.name: file.read_bytes()
        for file in sorted(STARTER.iterdir())
        if file.is_file() and file.name not in LEFT_OUT
    }
    contents["rubric.toml"] = rubric.text.encode()
    contents[ASSIGNMENT_FILE] = assignment_text(rubric, course_address()).encode()
    for name, content in contents.items():
        if (folder / name).exists() and (folder / name).read_bytes() != content:
            raise UserError(
                f"{folder / name} exists and differs: move or delete that folder, or choose another with --folder."
            )
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        write_whole(folder / name, content)
    return list(contents)


def main(arguments: list[str] | None = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.make.handout", description=__doc__)
    parser.add_argument("--rubric", default=DEFAULT, help="as for the grader (default: era_s9)")
    parser.add_argument(
        "--folder",
        type=Path,
        default=REPOSITORY / "build" / "handout",
        help="where to write it (default: build/handout)",
    )
    asked = parser.parse_args(arguments)

    def work() -> None:
        names = write_handout(load_rubric(asked.rubric), asked.folder)
        print(f"The handout is in {asked.folder}: {', '.join(names)}.", flush=True)

    return run_command(work)[0]


if __name__ == "__main__":
    sys.exit(main())
