"""HTML pages in a submission: exports of notebooks are read as these, others line by line or not at all."""

import time

import nbformat
import pytest
from nbconvert import HTMLExporter

from tests.grading.submissions import Parts, flat, write
from utils.grading.audits import Options
from utils.grading.grade import grade
from utils.grading.rubrics.rubric import load_rubric
from utils.grading.submission.contents import read_submission
from utils.grading.submission.html_page import read_page

RUBRIC = load_rubric("era_s9")
TABLE = "<table><thead><tr><th>epoch</th><th>acc</th></tr></thead>\n<tr>\n<td>0</td>\n<td>\n  0.5 &gt; 0</td></tr></table>"
BOOK = """<html><head><title>Book</title><style>pre {}</style></head><body><h1>Net</h1>
<div class="cell docutils container" id="a"><div class="cell_input docutils container"><div class="highlight">
<pre><span></span>
<span class="n">fit</span><span class="p">(</span><span class="n">model</span><span class="p">)</span>
</pre></div></div>
<div class="cell_output docutils container"><div class="output stream highlight-myst-ansi"><pre><span></span>Epoch 0
Test acc: 50.1 &lt; 60
</pre></div><img src="loss.png"><div class="output text_html">%s</div></div></div></body></html>"""
QUARTO = """<body><div class="cell" data-execution_count="3"><div class="sourceCode cell-code" id="cb1">
<pre class="sourceCode"><code><span id="cb1-1">fit(model)</span></code></pre></div>
<div class="cell-output cell-output-stdout">
<pre><code>Epoch 0
Test acc: 50.1 &lt; 60</code></pre></div><div class="cell-output cell-output-display">%s</div></div></body>"""


def exported(text: str, **options) -> str:
    return HTMLExporter(**options).from_notebook_node(nbformat.reads(text, 4))[0]


def notebook_of(files: dict[str, str]) -> str:
    return next(name for name in files if name.endswith(".ipynb"))


@pytest.mark.parametrize("template", ["lab", "classic", "basic"])
def test_an_export_is_graded_as_its_notebook_is(template, tmp_path):
    files = flat(Parts(inline=("engine",)))
    name = notebook_of(files)
    page = exported(files[name], template_name=template)
    one = grade(write(files, tmp_path / "notebook"), RUBRIC, Options())
    other = grade(
        write(
            {key: text for key, text in files.items() if key != name} | {"S9.html": page},
            tmp_path / "page",
        ),
        RUBRIC,
        Options(),
    )
    for entry in (one, other):
        entry["path"] = ""
        entry["warnings"] = [
            warning for warning in entry["warnings"] if "S9.html shows a notebook" not in warning
        ]
    assert one["facts"]["best_test_accuracy"] == 86.52
    assert str(one).replace(name, "") == str(other).replace("S9.html", "")


@pytest.mark.parametrize("page", [BOOK, QUARTO])
def test_books_and_reports_show_their_cells(page):
    cells, _ = read_page(page % TABLE)
    assert [(cell["index"], cell["kind"], cell["source"]) for cell in cells] == [
        (0, "code", "fit(model)")
    ]
    assert cells[0]["output"] == "Epoch 0\nTest acc: 50.1 < 60\nepoch\tacc\n0\t0.5 > 0\n"


def test_the_texts_of_an_export_are_markdown(tmp_path):
    text = "## Results\n\n- 24 epochs\n- best: **86.5 %**\n\nOne line\nof a paragraph with `code`."
    document = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell("a < 1")]
    )
    cells, _ = read_page(exported(nbformat.writes(document)))
    assert cells[0]["source"].split("\n") == [
        "## Results",
        "- 24 epochs",
        "- best: 86.5 %",
        "One line of a paragraph with code.",
    ]
    assert cells[1]["source"] == "a < 1"


@pytest.mark.parametrize(
    "name, printed, paths",
    [
        ("S9.html", True, ["S9.ipynb"]),
        ("export.html", True, ["S9.ipynb"]),
        ("S9.html", False, ["S9.ipynb", "S9.html"]),
    ],
)
def test_an_export_beside_its_notebook_is_no_second_one(tmp_path, name, printed, paths):
    parts = Parts()
    text, bare = (files[notebook_of(files)] for files in (flat(parts), flat(Parts(log=""))))
    (tmp_path / "S9.ipynb").write_text(text if printed else bare, encoding="utf-8")
    (tmp_path / name).write_text(exported(text), encoding="utf-8")
    assert [one.path for one in read_submission(tmp_path).notebooks] == paths


def test_preformatted_text_keeps_its_lines(tmp_path):
    page = (
        "<html><head><script>\nvar acc = '<pre>9</pre>';\n</script></head>\n<body><p>Accuracy: 99 %</p>\n<pre>\n"
        "Epoch 1: acc 50.1\nEpoch 2: acc <b>61.2</b></pre>\n<p>x</p><pre>Epoch 3: acc 70</pre></body></html>"
    )
    (tmp_path / "log.html").write_text(page, encoding="utf-8")
    submission = read_submission(tmp_path)
    (text,) = submission.texts
    assert text.path == "log.html" and "99" not in text.text and not submission.warnings
    lines = text.text.split("\n")
    for number, line in enumerate(page.split("\n")):
        if "acc " in line and "var" not in line:
            assert lines[number].endswith(
                line.replace("<b>", "").replace("</b>", "").partition("</pre>")[0].split(">")[-1]
            )


def test_a_page_that_shows_nothing_to_read_is_named(tmp_path):
    (tmp_path / "S9.html").write_text(
        "<body><script>var __DATABRICKS_NOTEBOOK_MODEL = 'eyJ9';</script><p>Net</p></body>"
    )
    submission = read_submission(tmp_path)
    assert submission.is_empty and "S9.html is not read" in submission.warnings[0]


@pytest.mark.parametrize(
    "part",
    [
        "<",
        "<!--",
        "<a ",
        '<a b="',
        "<a b='c ",
        "</",
        "&",
        "<script>",
        "<pre>",
        "<![CDATA[",
        "<!x ",
        "<pre>\n",
        "<td>x",
        '<div class="cell">',
        '<div class="cell"><div class="cell_output">',
        '</div><div class="cell_output">x',
        "</div><pre>x<i></i>",
    ],
)
def test_hostile_pages_take_linear_time(part):
    began = time.process_time()
    read_page("<body><div class='cell'><div class='cell_output'>" + part * 100_000)
    assert time.process_time() - began < 10


def test_a_page_does_not_end_what_it_has_not_begun():
    page = "</div></pre></table>" * 100 + BOOK % ("<div>" * 50 + "Epoch 1" + "</span></p>" * 9)
    cells, _ = read_page(page)
    assert (
        cells[0]["source"] == "fit(model)"
        and "Epoch 0\nTest acc: 50.1 < 60\n" in cells[0]["output"]
    )
