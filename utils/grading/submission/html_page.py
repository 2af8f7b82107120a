"""What an HTML page shows of a notebook: its cells, where it is an export by nbconvert, Jupyter Book or Quarto.

Of every other page, the blocks of preformatted text, each line where it stands in the file.
"""

import re
from html.parser import HTMLParser

# Class of an element → its part in a notebook.
_PARTS = {
    "jp-Cell": "cell",
    "code_cell": "cell",
    "text_cell": "cell",
    "cell": "cell",
    "jp-InputPrompt": "prompt",
    "input_prompt": "prompt",
    "jp-InputArea-editor": "source",
    "input_area": "source",
    "cell_input": "source",
    "cell-code": "source",
    "jp-OutputArea-output": "output",
    "output_subarea": "output",
    "cell_output": "output",
    "cell-output": "output",
    "jp-MarkdownOutput": "text",
    "text_cell_render": "text",
}
_CELL_LIMIT = 20_000
_UNSEEN = {"script", "style", "template", "svg", "math", "head"}
_VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}
_ROWS = {"div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ol", "p", "pre", "table", "tr", "ul"}
# What Markdown or a text has where the page has a tag.
_BEFORE = {
    "br": "\n",
    "td": "\t",
    "th": "\t",
    "li": "- ",
    **{f"h{level}": "#" * level + " " for level in range(1, 7)},
}
_SPACE = re.compile(r"\s+")
_COUNT = re.compile(r"\[(\d{1,9})\]")


def read_page(page: str) -> tuple[list[dict], str]:
    """The fields of each Cell that `page` shows; where it shows none, the text of its <pre> elements at their lines."""
    parser = _Page()
    parser.feed(
        page
    )  # and no close(): what stands behind markup that does not end is left out, in linear time
    parser.finish()
    cells = [
        cell | {part: "".join(cell[part]) for part in ("source", "output")} for cell in parser.cells
    ]
    cells = [cell for cell in cells if cell["source"].strip() or cell["output"].strip()]
    if any(cell["kind"] == "code" for cell in cells):
        return [{**cell, "index": index} for index, cell in enumerate(cells)], ""
    text = _at_their_lines(parser.preformatted)
    return [], text if text.strip() else ""


class _Page(HTMLParser):
    """Collects `cells`, their texts in pieces, and of <pre> elements each piece with its line in the file, from 1.

    `_part` is the part of a cell that is open and `_closing` the element that ends it, as its tag and how many elements of
    that tag are open inside of it.
    """

    def __init__(self):
        super().__init__()
        self.cells: list[dict] = []
        self.preformatted: list[tuple[int, str]] = []
        self._part, self._closing, self._inside = "", "", 0
        self._text: list[str] = []
        self._unseen, self._unseen_depth, self._pre = "", 0, 0

    def handle_starttag(self, tag: str, attributes: list) -> None:
        if self._unseen:
            self._unseen_depth += tag == self._unseen
            return
        if tag in _UNSEEN:
            self._unseen, self._unseen_depth = tag, 1
            return
        self._pre += tag == "pre"
        if self._part:
            self._inside += tag == self._closing
            self._add(_BEFORE.get(tag, ""))
        classes = (dict(attributes).get("class") or "").split() if tag not in _VOID else []
        part = next((_PARTS[name] for name in classes if name in _PARTS), "")
        if part == "cell":  # also where what the one before printed has left elements open
            self.finish()
            self._begin_cell()
        elif part and not self._part and self.cells:
            self._part, self._closing, self._inside = part, tag, 1

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen_depth -= tag == self._unseen
            self._unseen = self._unseen if self._unseen_depth else ""
            return
        self._pre = max(0, self._pre - (tag == "pre"))
        if not self._part:
            return
        if tag in _ROWS and self._text and not self._text[-1].endswith("\n"):
            self._text.append("\n")
        if tag == self._closing:
            self._inside -= 1
            if not self._inside:
                self.finish()

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._pre:
            self.preformatted.append((self.getpos()[0], data))
            self._add(data)
        elif self._part != "source":
            begins = not self._text or self._text[-1].endswith(("\n", "\t"))
            text = _SPACE.sub(" ", data)
            self._add(text.lstrip(" ") if begins else text)

    def _add(self, text: str) -> None:
        if self._part and text:
            self._text.append(text)

    def finish(self) -> None:
        """Give what the open part has collected to its cell."""
        text, part = "".join(self._text), self._part
        self._part, self._text = "", []
        if not part:
            return
        cell = self.cells[-1]
        if part == "prompt":
            count = _COUNT.search(text)
            cell["execution_count"] = int(count[1]) if count else cell["execution_count"]
        elif part == "output":
            cell["output"].append(_tidy(text))
        elif part == "text":
            cell["kind"] = "markdown"
            cell["source"].append(_tidy(text).replace("¶", "").strip())
        else:
            cell["source"].append(text.strip("\n"))

    def _begin_cell(self) -> None:
        if len(self.cells) < _CELL_LIMIT:
            self.cells.append(
                {"index": 0, "kind": "code", "source": [], "output": [], "execution_count": None}
            )


def _at_their_lines(pieces: list[tuple[int, str]]) -> str:
    """The pieces as one text, in which each begins on the line that it has."""
    parts, line = [], 1
    for number, text in pieces:
        parts += ["\n" * (number - line), text]
        line = max(number, line) + text.count("\n")
    return "".join(parts)


def _tidy(text: str) -> str:
    """Rows without what the tags of a table leave at their ends; the last ends with a line feed too."""
    rows = (
        row.strip().replace(" \t", "\t") if "\t" in row else row.rstrip(" ")
        for row in text.strip("\n").split("\n")
    )
    return "\n".join(rows) + "\n"
