"""The cells of a notebook file, read with every tolerance: files that nbformat refuses still hold a log to be judged."""

import html
import json
import re

from utils.grading.submission.text_decoding import printable

OUTPUT_LIMIT = 4_000_000  # characters kept of one cell's output: its beginning and its end
MOST_PARTS = (
    3_000_000  # commas, brackets and braces, each of which may become an object of some 200 bytes
)
TRACEBACK = (
    "Traceback (most recent call last):"  # what follows it indented was not printed by the program
)

_KINDS = {
    "code": "code",
    "markdown": "markdown",
    "raw": "raw",
    "heading": "markdown",
    "html": "markdown",
}
_ROW_END = re.compile(r"</tr\s*>|<br\s*/?>|</p\s*>", re.I)
_CELL_END = re.compile(r"</t[dh]\s*>", re.I)
_TAG = re.compile(r"<[^<>]*>")
_UNSEEN = re.compile(r"</?(?:style|script)\b[^<>]*>", re.I)


def read_cells(text: str) -> tuple[list[dict], list[str]]:
    """The fields of each Cell, and remarks; ValueError with a clause that says why where `text` is no notebook."""
    document = _document(text)
    cells, remarks = [], []
    for index, raw in enumerate(_raw_cells(document)):
        if not isinstance(raw, dict):
            remarks.append(f"cell {index} is not a cell")
            continue
        source = _joined(raw.get("source", raw.get("input")))
        output = _output(raw.get("outputs"))
        if len(output) > OUTPUT_LIMIT:
            remarks.append(
                f"cell {index} printed {len(output):,} characters; its middle is not read"
            )
            output = f"{output[: OUTPUT_LIMIT // 2]}\n{output[-OUTPUT_LIMIT // 2 :]}"
        count = raw.get("execution_count", raw.get("prompt_number"))
        kind = raw.get("cell_type")
        cells.append(
            {
                "index": index,
                "kind": _KINDS.get(kind, "raw") if isinstance(kind, str) else "raw",
                "source": source,
                "output": output,
                "execution_count": count if type(count) is int else None,
            }
        )
    return cells, remarks


def _document(text: str) -> dict:
    if not text.strip():
        raise ValueError("it is empty")
    if text.startswith("version https://git-lfs"):
        raise ValueError("it is a Git LFS pointer, not the notebook itself")
    if "\n<<<<<<< " in text and "\n>>>>>>> " in text:
        raise ValueError("it holds the marks of an unresolved merge conflict")
    if sum(map(text.count, ",[{")) > MOST_PARTS:
        raise ValueError(f"its JSON has more than {MOST_PARTS:,} parts")
    try:
        document = json.loads(text)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"its JSON is broken at line {error.lineno}: {error.msg}") from None
    except ValueError:
        raise ValueError("its JSON holds a number that is too long") from None
    if not isinstance(document, dict):
        raise ValueError("it is JSON, but not a notebook")
    return document


def _raw_cells(document: dict) -> list:
    """The list of cells; format 3 and older kept them in worksheets."""
    if isinstance(document.get("cells"), list):
        return document["cells"]
    if isinstance(document.get("worksheets"), list):
        return [
            cell
            for sheet in document["worksheets"]
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for cell in sheet["cells"]
        ]
    raise ValueError("it has no list of cells")


def _joined(value: object) -> str:
    """A text that the format allows to be one string or a list of strings."""
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return printable(value) if isinstance(value, str) else ""


def _output(outputs: object) -> str:
    """What the outputs show as text, in their order; chunks of one stream join, everything else begins a line."""
    parts, previous = [], None
    for output in outputs if isinstance(outputs, list) else ():
        if not isinstance(output, dict):
            continue
        stream = (
            output.get("name", output.get("stream"))
            if output.get("output_type") == "stream"
            else None
        )
        text = _output_text(output)
        if not text:
            continue
        if parts and not parts[-1].endswith("\n") and (stream is None or stream != previous):
            parts.append("\n")
        parts.append(text)
        previous = stream
    return "".join(parts)


def _output_text(output: dict) -> str:
    kind = output.get("output_type")
    if kind in ("error", "pyerr"):
        said = "\n".join(
            (
                f"{_joined(output.get('ename'))}: {_joined(output.get('evalue'))}",
                *_traceback(output),
            )
        )
        return "\n    ".join(
            (TRACEBACK, *said.split("\n"))
        )  # indented as Python's own: source lines are no output
    if kind == "stream":
        return _joined(output.get("text"))
    data = (
        output.get("data") if isinstance(output.get("data"), dict) else output
    )  # format 3: the texts are in the output
    plain = _joined(data.get("text/plain", data.get("text")))
    rich = data.get("text/html", data.get("html"))
    return _html_text(_joined(rich)) if rich and (not plain or plain.startswith("<")) else plain


def _traceback(output: dict) -> list[str]:
    lines = output.get("traceback")
    return (
        [printable(line) for line in lines if isinstance(line, str)]
        if isinstance(lines, list)
        else []
    )


def _html_text(text: str) -> str:
    """An HTML table as lines of tab-separated cells, other HTML as its text."""
    rows = _ROW_END.split("".join(_UNSEEN.split(text)[::2]))
    cells = [
        [" ".join(html.unescape(_TAG.sub("", cell)).split()) for cell in _CELL_END.split(row)]
        for row in rows
    ]
    return "\n".join("\t".join(row).strip() for row in cells)
