"""README.md and docs/: up to date, short, narrow, and true in what they link to and name."""

import re
import shlex
import subprocess
import sys
from html.parser import HTMLParser

import mistune
import pytest
import yaml

from tests.documents.rendering import BROWSER, widths
from utils.documents.notebook_table import NOTEBOOKS, notebook_table
from utils.make import readme as make_readme
from utils.paths import REPOSITORY

PAGES = {str(file.relative_to(REPOSITORY)): file.read_text("utf-8") for file in make_readme.pages()}
README = PAGES["README.md"]
everyone = pytest.mark.parametrize("name", PAGES)
WIDEST = 830  # pixels


class Shown(HTMLParser):
    """What a rendered page shows: its text, its links, its pictures (source, alternative text) and the ids of headings."""

    def __init__(self, markdown):
        super().__init__()
        self.text, self.links, self.pictures, self.anchors = [], [], [], set()
        self._heading = False
        self.feed(mistune.create_markdown(escape=False, plugins=["table"])(markdown))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self._heading = bool(re.fullmatch("h[1-6]", tag))
        if tag == "a":
            self.links.append(values["href"])
        if tag == "img":
            self.pictures.append((values["src"], values.get("alt", "")))

    def handle_data(self, data):
        self.text.append(data)
        if self._heading:  # as GitHub forms it
            self.anchors.add("#" + re.sub(r"[^\w\- ]", "", data.lower()).replace(" ", "-"))


SHOWN = {name: Shown(page) for name, page in PAGES.items()}


def test_the_pages_are_there():
    assert {"docs/results.md", "docs/grading.md", "docs/files.md", "README.md"} <= set(PAGES)


@everyone
def test_the_tables_are_those_of_the_records(name):
    page = PAGES[name]
    assert page == make_readme.with_tables(page), "the tables are stale: run `make readme`"


def test_the_assignment_is_that_of_the_rubric():
    written = (make_readme.STARTER / make_readme.ASSIGNMENT_FILE).read_text(encoding="utf-8")
    assert written == make_readme.assignment(), "the assignment is stale: run `make readme`"


def test_every_table_stands_on_one_page():
    marks = [mark for page in PAGES.values() for mark in re.findall(r"<!-- (\w+): begin", page)]
    assert sorted(marks) == sorted(make_readme.TABLES)


def test_the_readme_is_short():
    """By its source, and by what is shown of it."""
    assert 700 <= len(README.split()) <= 900
    assert 650 <= len(" ".join(SHOWN["README.md"].text).split()) <= 900


@everyone
def test_links_lead_somewhere(name):
    shown, folder = SHOWN[name], (REPOSITORY / name).parent
    for link in [*shown.links, *(source for source, _ in shown.pictures)]:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (folder / path).resolve() if path else REPOSITORY / name
        assert target.exists(), f"{name} links to {link}, which is not there"
        assert target.is_relative_to(REPOSITORY)
        if anchor:
            there = SHOWN[str(target.relative_to(REPOSITORY))].anchors
            assert f"#{anchor}" in there, f"{name} links to {link}, and there is no such heading"


@everyone
def test_every_picture_has_an_alternative_text(name):
    pictures = [one for one in SHOWN[name].pictures if not one[0].endswith(".svg")]
    assert all(len(text.split()) >= 8 for _, text in pictures)
    assert all(text for _, text in SHOWN[name].pictures)  # badges


def test_every_notebook_has_a_badge_and_a_time():
    files = sorted(file.name for file in (REPOSITORY / "notebooks").glob("*.ipynb"))
    badges = re.findall(
        r"\[!\[Open In Colab\]\(https://colab\.research\.google\.com/assets/colab-badge\.svg\)\]"
        r"\(https://colab\.research\.google\.com/github/[^/ ]+/[^/ ]+/blob/[^ ]+/notebooks/(\S+)\) \| "
        r"\d+ (?:s|min) \|",
        README,
    )
    assert badges == files == [f"{name}.ipynb" for name in NOTEBOOKS]


def test_the_badges_keep_the_address_that_was_published():
    published = README.replace("OWNER/cifar10-under-200k/blob/main", "ada/course/blob/spring/v2")
    assert notebook_table(published).count("github/ada/course/blob/spring/v2/notebooks/") == 7


def commands(page):
    blocks = re.findall(r"^```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", page, flags=re.M | re.S))
    lines = [
        line.split("  #")[0] for block in blocks for line in block.replace("\\\n", "").splitlines()
    ]
    return [one for one in (*lines, *inline) if re.match(r"make \w|(\.venv/bin/)?python -m ", one)]


@everyone
def test_every_command_exists(name):
    """Targets of the Makefile with its variables; modules, and options that their --help lists."""
    makefile = (REPOSITORY / "Makefile").read_text()
    for command in commands(PAGES[name]):
        first, *words = shlex.split(command)
        if first == "make":
            for word in words:
                variable = word.split("=")[0] if "=" in word else None
                pattern = rf"^{variable} \?=" if variable else rf"^{word}:"
                assert re.search(pattern, makefile, re.MULTILINE), f"{command}: no {word}"
            continue
        module = words[1]
        path = REPOSITORY / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), command
        source = (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")).read_text()
        for option in (word for word in words[2:] if word.startswith("--")):
            assert option == "--help" or f'"{option}"' in source, f"{command}: no {option}"


def test_the_options_of_the_grader_are_all_explained():
    done = subprocess.run(
        [sys.executable, "-m", "utils.grading", "--help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
    )
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", done.stdout)) - {"--help"}
    table = re.findall(r"^\| (.*?) \|", PAGES["docs/grading.md"], re.MULTILINE)
    assert options and options == set(re.findall(r"--[a-z][a-z-]*", " ".join(table)))


def test_the_map_names_every_folder_of_the_code():
    folders = {
        f"{folder.relative_to(REPOSITORY)}/"
        for top in ("models", "utils", "notebooks", "tests", "results", "handout", "docs")
        for folder in [REPOSITORY / top, *(REPOSITORY / "utils").rglob("*")]
        if folder.is_dir() and (folder.parent == REPOSITORY or (folder / "__init__.py").exists())
    }
    named = set(re.findall(r"`([\w/]+/)`", PAGES["docs/files.md"]))
    assert folders - named == set()


def test_githubs_ci_runs_the_tests():
    file = re.search(r"actions/workflows/([\w.]+)/badge\.svg", README)[1]
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / file).read_text())
    (job,) = workflow["jobs"].values()
    steps = job["steps"]
    assert [step["run"] for step in steps if "run" in step] == ["make test"]
    assert [step["uses"].split("@")[0] for step in steps if "uses" in step] == [
        "actions/checkout",
        "actions/setup-python",
    ]


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_no_table_and_no_code_is_wider_than_the_page():
    measured = widths("\n\n".join(PAGES.values()))
    assert len(measured) > 10
    assert [one for one in measured if one[1] > min(WIDEST, one[2])] == []
