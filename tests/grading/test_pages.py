"""The HTML pages: complete in themselves, closed to a stranger's markup, and as a browser shows them."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from tests.grading.samples import HOSTILE, graded, perfect
from utils.grading.reports.cohort_page import cohort_page, row
from utils.grading.reports.entry import not_graded
from utils.grading.reports.html import html_report
from utils.grading.reports.plots import COLOURS
from utils.grading.rubric import load_rubric

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
in_a_browser = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium is installed: the pages are not opened"
)
RUBRIC = load_rubric("era_s9")


class Tags(HTMLParser):
    """The tags of a page with their attributes, its text, and what of it a browser would fetch."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def fetched(self) -> list[str]:
        return [
            value
            for tag, attributes in self.tags
            for name, value in attributes.items()
            if name in ("src", "srcset") or name == "href" and tag != "a"
        ]


def cohort(gradings) -> str:
    rows = [row(each.entry) for each in gradings]
    return cohort_page(rows, [f"page-{index}.html" for index in range(len(rows))], RUBRIC)


def some_gradings():
    return [
        graded(
            "students/b", {"receptive_field": 43, "best_test_accuracy": 85.5, "parameters": 99_000}
        ),
        graded(
            "students/a",
            {"receptive_field": 101, "best_test_accuracy": 9.5, "parameters": 1_200_000},
        ),
        perfect(),
        not_graded("students/z", RUBRIC, "it broke"),
    ]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_foreign_text_stays_text(text):
    harmless = Tags(html_report(graded("path", text="text")))
    page = html_report(graded(text, text=text))
    assert [tag for tag, _ in Tags(page).tags] == [tag for tag, _ in harmless.tags]
    assert not any(
        name.startswith("on") for _, attributes in Tags(page).tags for name in attributes
    )
    assert page.encode()  # no lone surrogate
    assert "{{ 7 * 7 }}" not in text or "{{ 7 * 7 }}" in page


def test_foreign_names_stay_text_on_the_cohort_page():
    harmless = Tags(cohort([graded(f"path {number}") for number in range(len(HOSTILE))]))
    hostile = Tags(cohort([graded(text) for text in HOSTILE]))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in harmless.tags]
    assert not any(name.startswith("on") for _, attributes in hostile.tags for name in attributes)


def test_the_pages_fetch_nothing():
    assert Tags(html_report(graded())).fetched() == []
    pictures = Tags(cohort(some_gradings())).fetched()
    assert len(pictures) == 5 and all(
        address.startswith("data:image/png;base64,") for address in pictures
    )


def test_the_page_shows_verdict_evidence_and_advice():
    page = Tags(html_report(graded(text="groups=1")))
    words = " ".join(page.text.split())
    assert (
        "40 of 100 points" in words
        and "Widen it with a larger dilation" in words
        and "groups=1.py:3" in words
    )
    verdicts = [
        attributes["class"].split()[-1] for tag, attributes in page.tags if tag == "section"
    ]
    assert verdicts == [criterion["verdict"] for criterion in graded().entry["criteria"]]


def open_page(page: str, folder, *options: str, fragment: str = "") -> str:
    """What Chromium prints about `page`."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--virtual-time-budget=2000",
        f"--user-data-dir={folder / 'browser'}",
        *options,
        f"{file.as_uri()}{fragment}",
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@in_a_browser
def test_the_pages_are_drawn(tmp_path):
    for name, page, width, colours in (
        (
            "submission",
            html_report(graded(text="<b>bold</b>")),
            1100,
            ("#1a7f4b", "#c0312b"),
        ),  # of the style sheet
        ("cohort", cohort(some_gradings()), 1500, (COLOURS["pass"], COLOURS["fail"])),
    ):
        picture = tmp_path / f"{name}.png"
        open_page(page, tmp_path, f"--window-size={width},1400", f"--screenshot={picture}")
        pixels = imread(picture)[..., :3]
        assert pixels.shape == (1400, width, 3)
        for colour in colours:  # a pass and a fail can be seen
            assert (np.abs(pixels - to_rgb(colour)).max(axis=2) < 0.02).sum() > 200, name
        assert np.ptp(pixels[:, 20:-20].min(axis=(1, 2))) > 0.5  # text on a light page


@in_a_browser
@pytest.mark.parametrize(
    "column, order, expected",
    [
        (0, "ascending", ["students/a", "students/b", "students/best", "students/z"]),
        (1, "descending", ["students/best", "students/b", "students/a", "students/z"]),
        (
            11,
            "ascending",
            ["students/a", "students/b", "students/best", "students/z"],
        ),  # 9.5 before 85.5; not known: last
        (13, "descending", ["students/a", "students/best", "students/b", "students/z"]),
    ],
)
def test_the_table_is_sorted_in_the_browser(column, order, expected, tmp_path):
    shown = open_page(
        cohort(some_gradings()), tmp_path, "--dump-dom", fragment=f"#sort={column},{order}"
    )
    assert re.findall(r'<a href="page-\d\.html">([^<]*)</a>', shown) == expected
    assert f'aria-sort="{order}"' in shown


@in_a_browser
def test_foreign_scripts_do_not_run(tmp_path):
    attacks = [graded(text, text=text) for text in HOSTILE if "owned" in text]
    assert len(attacks) == 3
    for page in (*map(html_report, attacks), cohort(attacks)):
        assert "<title>owned" not in open_page(page, tmp_path, "--dump-dom")
    broken = html_report(perfect()).replace(
        "<main>", "<main><script>document.title = 'owned'</script>"
    )
    assert "<title>owned" not in open_page(
        broken, tmp_path, "--dump-dom"
    )  # the policy stops it, were one to get in
