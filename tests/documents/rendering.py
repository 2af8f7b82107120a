"""Pages of Markdown as GitHub shows them, for tests and for looking at: `python -m tests.documents.rendering FOLDER`."""

import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mistune

from utils.make.readme import pages

STYLE = Path(__file__).with_name("github.css")
NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-sync"),
)
MEASURE = """<script>addEventListener("load", () => {
    document.querySelectorAll("details").forEach(one => one.open = true);
    document.body.innerHTML = "<pre>" + JSON.stringify([...document.querySelectorAll("table, pre")].map(
        one => [one.tagName, one.scrollWidth, one.clientWidth, one.textContent.slice(0, 60)])) + "</pre>";
})</script>"""


def page_html(markdown: str, base: Path, script: str = "") -> str:
    """The page; its links and pictures are relative to the folder `base`."""
    render = mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "url"])
    return (
        f'<!doctype html><meta charset="utf-8"><base href="{base.resolve().as_uri()}/">'
        f"<style>{STYLE.read_text()}</style>{script}{render(markdown)}"
    )


def browse(page: str, *options: str) -> str:
    """What Chromium prints for `page` with `options`."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page, encoding="utf-8")
        command = [BROWSER, *OPTIONS, f"--user-data-dir={folder}/profile", *options, file.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=120).stdout


def widths(markdown: str) -> list[tuple[str, int, int, str]]:
    """Of each table and block of code: TABLE or PRE, the pixels it needs, those it has, and how it begins."""
    printed = browse(page_html(markdown, Path(), MEASURE), "--window-size=900,2000", "--dump-dom")
    found = re.search(r"<pre>(\[.*\])</pre>", printed, re.DOTALL)
    return [tuple(one) for one in json.loads(html.unescape(found[1]))]


def main(folder: Path) -> None:
    """A picture of each page, 900 pixels wide."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in pages():
        page = page_html(file.read_text(encoding="utf-8"), file.parent)
        shown = page.replace("<details>", "<details open>")
        picture = f"--screenshot={folder.resolve() / file.stem}.png"
        browse(shown, picture, "--window-size=900,4200", "--allow-file-access-from-files")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
