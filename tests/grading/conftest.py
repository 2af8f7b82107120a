"""What is slow to make and shared: a browser (Chromium from the system, driven by Playwright), and a graded class."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.grading.cohort.twelve import Twelve, grade_twelve

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="session")
def chromium():
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("no Chromium is installed: the pages are not opened")
    playwright = pytest.importorskip("playwright.sync_api")
    options = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=options)
        yield browser
        browser.close()


class Opened:
    """`open(page)` shows a page, given as text or as a file, and gives Playwright's handle on it."""

    def __init__(self, context, folder: Path):
        self.context, self.folder = context, folder

    def open(self, page: str | Path, width: int = 1280, height: int = 900, fragment: str = ""):
        file = page
        if isinstance(page, str):
            file = self.folder / "page.html"
            file.write_text(page, encoding="utf-8")
        shown = self.context.new_page()
        shown.set_default_timeout(20_000)  # milliseconds
        shown.set_viewport_size({"width": width, "height": height})
        shown.goto(f"{file.as_uri()}{fragment}")
        return shown


@pytest.fixture
def browser(chromium, tmp_path) -> Iterator[Opened]:
    context = chromium.new_context()
    yield Opened(context, tmp_path)
    context.close()


@pytest.fixture(scope="session")
def twelve(tmp_path_factory) -> Twelve:
    """The class of twelve; tests only read it, or work on a copy."""
    return grade_twelve(tmp_path_factory.mktemp("class"))
