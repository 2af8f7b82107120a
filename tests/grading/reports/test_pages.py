"""The HTML pages: complete in themselves, closed to a stranger's markup, and as a browser shows them."""

import io
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from tests.grading.reports.samples import HOSTILE, graded, perfect
from utils.grading.reports.cohort_page import cohort_page, row
from utils.grading.reports.entry import not_graded
from utils.grading.reports.html import html_report
from utils.grading.reports.plots import COLOURS
from utils.grading.rubrics.rubric import load_rubric

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


def cohort(gradings, problems=()) -> str:
    names = [each.entry["path"].removeprefix("students/") for each in gradings]
    rows = [
        row(
            each.entry,
            name,
            f"page-{index}.html",
            None,
            {one["id"]: f"{name},{one['id']},,," for one in each.entry["criteria"]}
            | {"": f"{name},,,,"},
        )
        for index, (each, name) in enumerate(zip(gradings, names))
    ]
    return cohort_page(rows, RUBRIC, problems)


@cache
def some_page() -> str:
    return cohort(some_gradings())


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
    pictures = Tags(some_page()).fetched()
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
        attributes["class"].split()[-1]
        for tag, attributes in page.tags
        if tag == "details" and "criterion" in attributes["class"]
    ]
    assert verdicts == [criterion["verdict"] for criterion in graded().entry["criteria"]]


def test_what_is_wrong_stands_on_the_page():
    page = Tags(cohort(some_gradings(), ["decisions.csv, line 3: <b>no</b> such thing."]))
    assert "line 3: <b>no</b> such thing." in page.text
    assert "To decide by hand" in page.text and "The whole submission" in page.text


def test_the_pages_are_drawn(browser):
    for name, page, width, colours in (
        (
            "submission",
            html_report(graded(text="<b>bold</b>")),
            1100,
            ("#14683c", "#b02a24"),
        ),  # of the style sheet
        ("cohort", some_page(), 1500, (COLOURS["pass"], COLOURS["fail"])),
    ):
        shown = browser.open(page, width, 1400)
        pixels = imread(io.BytesIO(shown.screenshot(full_page=True)))[..., :3]
        for colour in colours:  # a pass and a fail can be seen
            assert (np.abs(pixels - to_rgb(colour)).max(axis=2) < 0.02).sum() > 200, name
        assert np.ptp(pixels[:, 20:-20].min(axis=(1, 2))) > 0.5  # text on a light page


def test_foreign_scripts_do_not_run(browser):
    attacks = [graded(text, text=text) for text in HOSTILE if "owned" in text]
    assert len(attacks) == 3
    for page in (*map(html_report, attacks), cohort(attacks)):
        assert browser.open(page).title() != "owned"
    for page in (html_report(perfect()), html_report(graded(), "x", {"blocks": "x,blocks,,,"})):
        broken = page.replace("<main>", "<main><script>document.title = 'owned'</script>")
        assert broken != page and browser.open(broken).title() != "owned"  # the policy stops it
