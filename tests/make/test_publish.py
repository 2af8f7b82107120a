"""`make publish`: every address in notebooks and texts follows, and nothing else changes."""

import json
import re
import shutil
import subprocess

import pytest

from utils.errors import UserError
from utils.make.publish import Address, asked_address, files, present_address, publish, readdressed
from utils.paths import REPOSITORY

OLD = Address("OWNER", "cifar10-under-200k", "main")
NEW = Address("ada-l", "cifar.10", "release/2026")
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


@pytest.fixture
def copy(tmp_path):
    """What holds the address, and a README and a page as they link to it."""
    (tmp_path / "docs").mkdir()
    for file in files(REPOSITORY):
        target = tmp_path / file.relative_to(REPOSITORY)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(file, target)
    return tmp_path


def test_publishing_reaches_every_notebook_and_is_undone_by_publishing_back(copy):
    before = {file: file.read_bytes() for file in files(copy)}
    old = present_address(copy)
    assert {file.name for file in publish(copy, NEW)} >= {file.name for file in NOTEBOOKS}
    assert present_address(copy) == NEW
    for file in files(copy):
        text = file.read_text(encoding="utf-8")
        assert f"{old.owner}/{old.repository}" not in text
    assert publish(copy, NEW) == []
    publish(copy, old)
    assert before == {file: file.read_bytes() for file in files(copy)}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.name)
def test_each_notebook_begins_with_its_badge_and_fetches_from_the_same_address(notebook):
    first, second, *_ = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    address = present_address(REPOSITORY)
    place = f"{address.owner}/{address.repository}"
    title, badge, sentence = "".join(first["source"]).split("\n\n")
    assert title.startswith("# ") and sentence.count(".") == 1
    assert badge == (
        "[![Open In Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
        f"(https://colab.research.google.com/github/{place}/blob/{address.branch}/notebooks/{notebook.name})"
    )
    folded = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["hide-input"]}
    assert second["cell_type"] == "code" and second["metadata"].items() >= folded.items()
    assert f'"https://github.com/{place}/tree/{address.branch}"' in "".join(second["source"])


def test_links_of_the_readme_that_open_notebooks_open_ours():
    """All of them, at the present address."""
    address, text = present_address(REPOSITORY), (REPOSITORY / "README.md").read_text()
    links = re.findall(r"https://colab\.research\.google\.com/github/([^)\s\"]+)", text)
    ours = {
        f"{address.owner}/{address.repository}/blob/{address.branch}/notebooks/{file.name}"
        for file in NOTEBOOKS
    }
    assert set(links) == ours


@pytest.mark.parametrize(
    "before, after",
    [
        ("https://github.com/OWNER/cifar10-under-200k", "https://github.com/ada-l/cifar.10"),
        ("(https://github.com/OWNER/cifar10-under-200k).", "(https://github.com/ada-l/cifar.10)."),
        (
            "https://github.com/OWNER/cifar10-under-200k.git",
            "https://github.com/ada-l/cifar.10.git",
        ),
        (
            "https://github.com/OWNER/cifar10-under-200k/actions/workflows/tests.yml/badge.svg",
            "https://github.com/ada-l/cifar.10/actions/workflows/tests.yml/badge.svg",
        ),
        (
            "https://colab.research.google.com/github/OWNER/cifar10-under-200k/blob/main/notebooks/03.ipynb",
            "https://colab.research.google.com/github/ada-l/cifar.10/blob/release/2026/notebooks/03.ipynb",
        ),
    ],
)
def test_the_forms_of_an_address(before, after):
    assert readdressed(before, OLD, NEW) == after and readdressed(after, NEW, OLD) == before


@pytest.mark.parametrize(
    "other",
    [
        "https://github.com/OWNER/my-submission",
        "https://github.com/OWNER/cifar10-under-200k-grades",
        "https://github.com/actions/checkout",
        "github.example.com/OWNER/cifar10-under-200k",
    ],
)
def test_what_is_another_address_stays(other):
    assert readdressed(other, OLD, NEW) == other


def test_a_branch_that_only_begins_alike_stays():
    page = "https://github.com/OWNER/cifar10-under-200k/tree/main-2"
    assert (
        readdressed(page, OLD, Address("ada", "x", "y")) == "https://github.com/ada/x/tree/main-2"
    )


@pytest.mark.parametrize(
    "remote, expected",
    [
        ("https://github.com/ada/nets.git", ("ada", "nets")),
        ("git@github.com:ada/nets.git", ("ada", "nets")),
        ("https://github.com/ada/my.nets/", ("ada", "my.nets")),
    ],
)
def test_without_an_owner_the_remote_says_it(copy, remote, expected):
    for words in (["init", "-q"], ["remote", "add", "origin", remote]):
        subprocess.run(["git", "-C", str(copy), *words], check=True)
    branch = present_address(copy).branch
    assert asked_address(copy, "", "", "") == Address(*expected, branch)
    assert asked_address(copy, "eve", "", "").owner == "eve"
    assert asked_address(copy, "eve", "", "").repository == present_address(copy).repository


@pytest.mark.parametrize(
    "asked, words",
    [
        (("", "", ""), "make publish OWNER=name"),
        (("a b", "", ""), "OWNER=a b"),
        (("ada", "..", ""), r"REPO=\.\."),
        (("ada", "a/b", ""), "REPO=a/b"),
        (("ada", "", "a..b"), r"BRANCH=a\.\.b"),
        (("ada", "", 'x"y'), "BRANCH="),
    ],
)
def test_what_cannot_be_an_address_gets_one_sentence(copy, asked, words):
    subprocess.run(["git", "-C", str(copy), "init", "-q"], check=True)
    with pytest.raises(UserError, match=words):
        asked_address(copy, *asked)
