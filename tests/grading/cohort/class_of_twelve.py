"""A class of twelve submissions as a teacher finds them in the inbox, and its roster.

`python -m tests.grading.cohort.class_of_twelve FOLDER` writes them, to try the grader on.
"""

import sys
import zipfile
from dataclasses import replace
from pathlib import Path

from tests.grading.submissions import (
    ENGINE,
    MODEL,
    TRANSFORMS,
    Parts,
    cells,
    correct_answers,
    edited,
    flat,
    log_text,
    notebook_text,
    write,
)

CLEAN, COPY, RENAMED, ZOE = "anna", "ben_copy", "carla_renamed", "Zoë Müller-Ñandú"
PLAIN, LATE, ZIP, EMPTY = "dora_plain_notebook", "emil_late", "finn.zip", "greta_empty"
ABANDONED, BROKEN, HOSTILE, OPEN = (
    "hugo_abandoned",
    "ida_broken_json",
    '=HYPERLINK("x"); +1',
    "jan_needs_a_decision",
)
FIRST_SIX = (CLEAN, COPY, RENAMED, PLAIN, LATE, ZIP)
NAMES = (*FIRST_SIX, EMPTY, ABANDONED, BROKEN, ZOE, HOSTILE, OPEN)
ROSTER = """submission;name;number;email
anna;Anna Arnold;1001;anna@example.org
ben_copy;Ben Berg;1002;ben@example.org
;Carla Renamed;1003;carla@example.org
dora_plain_notebook;"Diaz, Dora";1004;dora@example.org
emil_late;Emil Ek;1005;emil@example.org
finn;Finn Fox;1006;finn@example.org
greta_empty;Greta Gut;1007;greta@example.org
hugo_abandoned;Hugo Hahn;1008;hugo@example.org
ida_broken_json;Ida Iven;1009;ida@example.org
;Zoë Müller-Ñandú;1010;zoe@example.org
jan_needs_a_decision;=Jan;1012;jan@example.org
;Karl Nowhere;1013;karl@example.org
"""


def renamed(parts: Parts) -> Parts:
    """The same work with other names and comments; its notebook's cells are in another order."""
    model = edited(
        parts.model,
        ('"""One 3x3 convolution with what follows it."""', "# the basic brick"),
        ("CifarNet", "MyNetwork"),
        ("Separable", "DepthwisePair"),
        ("block1", "first"),
        ("cin", "a"),
        ("cout", "b"),
        ("import torch.nn.functional as F", "import torch.nn.functional as fn"),
        ("F.log_softmax", "fn.log_softmax"),
    )
    return replace(
        parts, model=model, made="MyNetwork()", readme="# My own work\n\nTrained by myself.\n"
    )


def own(number: int, **changes) -> Parts:
    """Honest work of somebody else: another width, other transforms, another log."""
    width = 40 + 8 * number
    model = edited(
        MODEL,
        ("layer(32, 64), Separable(64, 64)", f"layer(32, {width}), Separable({width}, 64)"),
    )
    return Parts(
        model=model,
        transforms=edited(TRANSFORMS, ("rotate_limit=10", f"rotate_limit={10 + number}")),
        engine=edited(ENGINE, ("lr=0.01", f"lr=0.0{number + 1}")),
        log=log_text(correct_answers(8530 + 17 * number, 24 + number)),
        **changes,
    )


def hostile() -> Parts:
    """Markup, formulas, and a network whose module wants to be elsewhere."""
    readme = (
        "# <script>document.title='owned'</script>\n\n=HYPERLINK(\"http://x\")\n\n"
        "It has 12k parameters and reaches 99.99 % test accuracy.\n"
    )
    made = own(6, readme=readme)
    return replace(made, model=f"import os\n\nos.system('touch owned')\n{made.model}")


def reordered(files: dict[str, str], parts: Parts) -> dict[str, str]:
    """The notebook with its loaders before its network, and the network's new name."""
    *first, setup, heading, loaders, run = cells(parts, "model", "dataset", "engine")
    text = notebook_text([*first, heading, loaders, setup, run])
    return files | {"S9.ipynb": edited(text, ("import CifarNet", "import MyNetwork"))}


def write_class(folder: Path) -> list[Path]:
    """The twelve below `folder`, in the order of NAMES."""
    clean = own(0)
    another = replace(renamed(clean), log=log_text(correct_answers(8611, 27)))
    everything = ("model", "transforms", "engine")
    broken = flat(own(4)) | {"S9.ipynb": '{"cells": [{"cell_type": "code", '}
    contents = {
        CLEAN: flat(clean),
        COPY: flat(clean),
        RENAMED: reordered(flat(another), another),
        PLAIN: flat(own(1, inline=everything)),
        LATE: flat(own(2)),
        EMPTY: {},
        ABANDONED: flat(replace(own(3), log="")),
        BROKEN: {name: broken[name] for name in ("S9.ipynb",)},
        ZOE: flat(own(5)),
        HOSTILE: flat(hostile()),
        OPEN: flat(replace(own(7), log="", readme="# Net\n\n![the training log](log.png)\n")),
    }
    for name, files in contents.items():
        (folder / name).mkdir(parents=True)
        write(files, folder / name)
    (folder / OPEN / "log.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with zipfile.ZipFile(folder / ZIP, "w") as archive:
        for name, text in flat(own(8)).items():
            archive.writestr(f"finn/{name}", text)
    return [folder / name for name in NAMES]


if __name__ == "__main__":
    target = Path(sys.argv[1])
    write_class(target)
    (target.parent / "roster.csv").write_text(ROSTER, encoding="utf-8")
