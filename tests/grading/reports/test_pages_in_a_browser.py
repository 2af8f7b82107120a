"""The pages in Chromium: they sort, filter and copy, fit on a screen and on a telephone, and everybody can use them."""

import re

import pytest

from tests.grading.cohort.class_of_twelve import OPEN
from tests.grading.reports.samples import graded
from tests.grading.reports.test_pages import RUBRIC, some_page
from utils.grading.cohort.decisions import NAME, read_decisions
from utils.grading.reports.html import html_report

WIDE, NARROW = (1280, 900), (390, 844)


def names(page):
    """The submissions that are shown, from top to bottom."""
    return page.locator("table.cohort tbody tr:visible th a").all_inner_texts()


SORTED = [
    (0, "ascending", ["a", "b", "best", "z"]),
    (1, "descending", ["best", "b", "a", "z"]),
    (11, "ascending", ["a", "b", "best", "z"]),  # 9.5 before 85.5; not known: last
    (13, "descending", ["a", "best", "b", "z"]),
    (3, "descending", ["a", "best", "z", "b"]),  # pass, unverifiable, fail
]


def test_a_head_sorts_and_the_address_remembers_it(browser):
    page = browser.open(some_page())
    assert names(page) == ["b", "a", "z", "best"]  # those that need a person come first
    for column, order, expected in SORTED:
        head = page.locator("table.cohort thead th").nth(column)
        for _ in range(2):  # up, then down
            if head.get_attribute("aria-sort") != order:
                head.locator("button").click()
        assert head.get_attribute("aria-sort") == order
        assert page.locator("th[aria-sort]").count() == 1
        assert sorted(names(page)) == sorted(expected)
        assert [name for name in names(page) if name in expected] == expected, column
    again = browser.open(some_page(), fragment=re.search("#.*", page.url)[0])
    assert names(again) == expected


def test_the_table_filters_by_verdict_and_name(browser):
    page = browser.open(some_page())
    shown = page.locator("#shown")
    assert shown.inner_text() == "4 of 4 shown"
    page.get_by_label("verdict").select_option("fail")
    assert names(page) == ["b", "a"]
    page.get_by_label("criterion").select_option("accuracy")
    assert names(page) == ["a"] and shown.inner_text() == "1 of 4 shown"
    page.get_by_label("verdict").select_option("pass")
    assert names(page) == ["b", "best"]
    page.get_by_label("name").fill("BES")
    assert names(page) == ["best"]
    again = browser.open(some_page(), fragment=re.search("#.*", page.url)[0])
    assert names(again) == ["best"] and again.get_by_label("name").input_value() == "BES"
    page.get_by_label("name").fill("")
    page.get_by_label("criterion").select_option("")
    page.get_by_label("verdict").select_option("person")
    assert names(page) == ["b", "a", "z"]


def test_a_strange_address_breaks_nothing(browser):
    page = browser.open(some_page(), fragment="#sort=99,ascending&verdict=<b>&criterion=x")
    assert len(names(page)) == 4


def clipboard(browser, page):
    browser.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page.evaluate("navigator.clipboard.readText()")


def test_the_button_copies_a_row_that_can_be_pasted(twelve, browser, tmp_path):
    page = browser.open(twelve.folder / "index.html")
    page.get_by_role("button", name=f"copy the row for accuracy of {OPEN}").click()
    said = page.locator("#said", has_text=f"Copied: {OPEN},accuracy")
    said.wait_for()  # the clipboard answers when it can
    pasted = clipboard(browser, page)
    file = tmp_path / NAME
    header = (twelve.folder / NAME).read_text()
    file.write_text(f"{header}{pasted.removesuffix(',,,')},20,fine,\n", encoding="utf-8")
    found = read_decisions(file, [each["name"] for each in twelve.rows], RUBRIC)
    assert not found.problems and len(found.by_hand) == 1


def test_the_button_of_one_submission_copies_too(browser):
    rows = {"blocks": '"=x, y",blocks,,,'}
    page = browser.open(html_report(graded(), "name", rows))
    page.keyboard.press("Tab")
    button = page.get_by_role("button", name="copy the row for blocks")
    button.focus()
    page.keyboard.press("Enter")
    assert clipboard(browser, page) == rows["blocks"]


def test_without_a_clipboard_the_row_can_still_be_had(browser):
    page = browser.open(html_report(graded(), "name", {"blocks": "x,blocks,,,"}))
    page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }"
    )
    page.get_by_role("button", name="copy the row for blocks").click()
    page.wait_for_function("document.getElementById('said').textContent !== ''")
    assert "x,blocks,,," in page.locator("#said").inner_text()
    assert clipboard(browser, page) == "x,blocks,,,"  # by the older way


def overflow(page) -> int:
    """The pixels by which a page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def test_no_column_is_off_the_screen(twelve, browser):
    page = browser.open(twelve.folder / "index.html", *WIDE)
    assert overflow(page) <= 0
    box = page.locator("table.cohort").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= WIDE[0]
    table = page.locator(".table")
    assert table.evaluate("one => one.scrollWidth - one.clientWidth") == 0


def test_heads_and_names_stay_where_the_table_scrolls(twelve, browser):
    page = browser.open(twelve.folder / "index.html", *NARROW)
    assert overflow(page) <= 0
    table, name = page.locator(".table"), page.locator("tbody th").nth(4)
    head = page.locator("thead th").nth(2)
    left, top = name.bounding_box()["x"], head.bounding_box()["y"]
    table.evaluate("one => one.scrollTo(300, 0)")
    assert name.bounding_box()["x"] == left and name.bounding_box()["width"] < NARROW[0] / 2
    table.evaluate("one => one.scrollTo(0, 200)")
    assert head.bounding_box()["y"] == top


def test_one_submission_fits_on_a_telephone(twelve, browser):
    for task in twelve.tasks[::3]:
        assert overflow(browser.open(task.page, *NARROW)) <= 0
    page = browser.open(html_report(graded(text="x" * 3_000)), *NARROW)
    assert overflow(page) <= 0


def test_the_verdict_is_on_the_first_screen(browser):
    """Points, how many criteria passed, and the first criterion with its title and points, without scrolling."""
    page = browser.open(html_report(graded("students/one")), *WIDE)
    assert page.title() == "one: 40 of 100 points"
    for text in ("40 of 100 points", "3 passed"):
        assert page.get_by_text(text).first.bounding_box()["y"] < 200, text
    first = page.locator("details.criterion").first
    assert first.bounding_box()["y"] < 300 and RUBRIC.criteria[0].title in first.inner_text()
    folded = page.locator("details.criterion.pass").first
    assert folded.locator(".body").is_hidden() and "10 / 10" in folded.inner_text()
    assert (
        page.get_by_text("facts that the grader looked for")
        .locator("..")
        .locator("table")
        .is_hidden()
    )


def test_axe_finds_nothing_serious(twelve, browser):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    index, copies = twelve.folder / "index.html", twelve.folder / "copies.html"
    one = html_report(graded(), "x", {"blocks": "x,blocks,,,"})
    for page, size in ((index, WIDE), (index, NARROW), (copies, NARROW), (one, WIDE)):
        found = axe.run(browser.open(page, *size)).response["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        assert not serious, [(each["id"], each["nodes"][0]["html"][:200]) for each in serious]
