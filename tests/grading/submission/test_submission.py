"""What read_submission takes from folders, notebooks and texts as students leave them."""

import json
import os

import pytest

from utils.errors import UserError
from utils.grading.submission.contents import FILE_LIMIT, read_submission


def notebook(*cells, **document):
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)} | document
    )


def code(source, *outputs, count=1):
    return {
        "cell_type": "code",
        "source": source,
        "outputs": list(outputs),
        "execution_count": count,
        "metadata": {},
    }


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def read_notebook(tmp_path, text):
    (tmp_path / "train.ipynb").write_text(text, encoding="utf-8")
    submission = read_submission(tmp_path)
    assert not submission.warnings
    return submission.notebooks[0]


def test_files_are_sorted_into_their_kinds(tmp_path):
    for name in (
        "README.MD",
        "README",
        "notes.rst",
        "src/my model.py",
        "logs/run 1.log",
        "h.csv",
        "a/S9.ipynb",
        "a.bin",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(
            notebook() if name.endswith("ipynb") else "x", encoding="utf-8"
        )
    for hidden in (
        ".git/README.md",
        ".ipynb_checkpoints/S9.ipynb",
        "__pycache__/a.py",
        "my_env/lib/b.py",
    ):
        (tmp_path / hidden).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / hidden).write_text("x", encoding="utf-8")
    (tmp_path / "my_env" / "pyvenv.cfg").write_text("", encoding="utf-8")
    submission = read_submission(tmp_path)
    assert [text.path for text in submission.texts] == [
        "README",
        "README.MD",
        "h.csv",
        "logs/run 1.log",
        "notes.rst",
    ]
    assert [source.path for source in submission.sources] == ["src/my model.py"]
    assert [found.path for found in submission.notebooks] == ["a/S9.ipynb"]
    assert (submission.root, submission.warnings) == (tmp_path, ())


def test_a_single_file_is_a_submission(tmp_path):
    (tmp_path / "README.md").write_text("alone", encoding="utf-8")
    (tmp_path / "other.md").write_text("not this", encoding="utf-8")
    submission = read_submission(tmp_path / "README.md")
    assert [(text.path, text.text) for text in submission.texts] == [("README.md", "alone")]
    assert submission.root == tmp_path


@pytest.mark.parametrize("path", ["nothing here", "a\x00b", "x" * 5000])
def test_nothing_there_is_said_in_one_sentence(tmp_path, path):
    with pytest.raises(UserError) as caught:
        read_submission(tmp_path / path)
    assert "\n" not in str(caught.value)


def test_cells_keep_their_place_and_their_text(tmp_path):
    title = {"cell_type": "markdown", "source": ["# Title\n", "text"], "metadata": {}}
    cells = read_notebook(tmp_path, notebook(title, code(["a = 1\n", "b = 2"], count=7))).cells
    assert [(cell.index, cell.kind, cell.source, cell.execution_count) for cell in cells] == [
        (0, "markdown", "# Title\ntext", None),
        (1, "code", "a = 1\nb = 2", 7),
    ]


def test_outputs_are_joined_in_their_order(tmp_path):
    cell = read_notebook(
        tmp_path,
        notebook(
            code(
                "fit()",
                stream("EPO"),
                stream(["CH: 0\n"]),
                stream("\r 50%|x\r100%|xx", "stderr"),
                stream("Test set\n"),
                {"output_type": "execute_result", "data": {"text/plain": ["(1,\n", " 2)"]}},
                {
                    "output_type": "error",
                    "ename": "ValueError",
                    "evalue": "bad",
                    "traceback": ["\x1b[0;31mwhere\x1b[0m"],
                },
            )
        ),
    ).cells[0]
    assert cell.output == (
        "EPOCH: 0\n\r 50%|x\r100%|xx\nTest set\n(1,\n 2)\n"
        "Traceback (most recent call last):\n    ValueError: bad\n    where"
    )


def test_a_table_that_is_only_html_is_read(tmp_path):
    table = "<style>td {}</style><table><tr><th>epoch</th><th>acc</th></tr><tr><td>0</td><td>0.5 &gt; 0</td></tr></table>"
    data = {"text/plain": "<IPython.core.display.HTML object>", "text/html": table}
    cell = read_notebook(
        tmp_path, notebook(code("", {"output_type": "display_data", "data": data}))
    ).cells[0]
    assert cell.output.split("\n")[:2] == ["epoch\tacc", "0\t0.5 > 0"]


def test_the_old_notebook_format_is_read(tmp_path):
    sheet = {
        "cells": [
            {"cell_type": "heading", "source": "Net"},
            {
                "cell_type": "code",
                "input": ["print(1)"],
                "prompt_number": 3,
                "outputs": [
                    {"output_type": "stream", "stream": "stdout", "text": ["1\n"]},
                    {"output_type": "pyout", "text": ["Out"]},
                    {"output_type": "pyerr", "ename": "E", "evalue": "v"},
                ],
            },
        ]
    }
    cells = read_notebook(tmp_path, json.dumps({"nbformat": 3, "worksheets": [sheet]})).cells
    assert [(cell.kind, cell.source) for cell in cells] == [
        ("markdown", "Net"),
        ("code", "print(1)"),
    ]
    assert (
        cells[1].output == "1\nOut\nTraceback (most recent call last):\n    E: v"
        and cells[1].execution_count == 3
    )


@pytest.mark.parametrize(
    "text, why",
    [
        (notebook(code("x"))[:-9], "broken at line 1"),
        ("", "empty"),
        ("[]", "not a notebook"),
        ("{}", "no list of cells"),
        ('{"cells": 3}', "no list of cells"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, "too long"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
        ('{\n<<<<<<< HEAD\n"a": 1\n=======\n"a": 2\n>>>>>>> b\n}', "merge conflict"),
    ],
)
def test_a_notebook_that_is_none_is_a_warning(tmp_path, text, why):
    (tmp_path / "S9.ipynb").write_text(text, encoding="utf-8")
    (tmp_path / "README.md").write_text("still read", encoding="utf-8")
    submission = read_submission(tmp_path)
    assert (
        len(submission.warnings) == 1
        and why in submission.warnings[0]
        and "S9.ipynb" in submission.warnings[0]
    )
    assert submission.texts[0].text == "still read" and not submission.notebooks


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_encodings(tmp_path, encoding):
    text = "Genauigkeit über 85 % – geschätzt\n" * 3
    (tmp_path / "README.md").write_bytes(text.encode(encoding))
    submission = read_submission(tmp_path)
    assert submission.texts[0].text == text
    assert bool(submission.warnings) == (encoding in ("utf-16-le", "utf-16-be", "cp1252"))


def test_what_no_report_can_hold_is_left_out(tmp_path):
    cell = code("a\x00b", stream("\x1b[1mbold\x1b[0m \ud800 \x07\r\nnext 1/2\b\b\b2/2"))
    found = read_notebook(tmp_path, notebook(cell)).cells[0]
    assert (found.source, found.output) == ("ab", "bold  \nnext 1/2\r2/2")
    found.output.encode("utf-8")


def test_links_pipes_and_binaries_are_not_read(tmp_path):
    (tmp_path / "secret.md").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "image.txt").write_bytes(b"\x89PNG\x00\x01\x02" * 50)
    submission = read_submission(tmp_path)
    assert not submission.texts and len(submission.warnings) == 3


@pytest.mark.parametrize("suffix", [".txt", ".json"])
def test_thousands_of_other_files_do_not_hide_the_code(tmp_path, suffix):
    (tmp_path / "data" / "labels").mkdir(parents=True)
    for number in range(FILE_LIMIT + 100):
        (tmp_path / "data" / "labels" / f"{number:05}{suffix}").write_text("3", encoding="utf-8")
    for name in (
        "a/b/c/d/S9.ipynb",
        "a/b/c/d/model.py",
        "work/README.md",
        "requirements.txt",
        "logs/train.log",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(
            notebook() if name.endswith("ipynb") else "x", encoding="utf-8"
        )
    submission = read_submission(tmp_path)
    assert [one.path for one in submission.notebooks + submission.sources] == [
        "a/b/c/d/S9.ipynb",
        "a/b/c/d/model.py",
    ]
    texts = [text.path for text in submission.texts if "labels" not in text.path]
    assert texts == ["logs/train.log", "requirements.txt", "work/README.md"]
    read = submission.notebooks + submission.sources + submission.texts + submission.configs
    assert len(read) == FILE_LIMIT and "2,000 files" in submission.warnings[0]


def test_configurations_are_read_and_large_ones_are_none(tmp_path):
    for name, text in (
        ("net.yaml", "a: 1\n"),
        ("net.json", "{}"),
        ("boxes.json", "[" + "1, " * 60_000 + "1]"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    submission = read_submission(tmp_path)
    assert [config.path for config in submission.configs] == [
        "net.json",
        "net.yaml",
    ] and not submission.warnings


def test_a_huge_output_keeps_both_ends(tmp_path):
    (tmp_path / "n.ipynb").write_text(
        notebook(code("", stream("first\n" + "x" * 5_000_000 + "\nlast"))), encoding="utf-8"
    )
    submission = read_submission(tmp_path)
    output = submission.notebooks[0].cells[0].output
    assert output.startswith("first") and output.endswith("last") and len(output) < 4_100_000
    assert "5,000,011 characters" in submission.warnings[0]


SCRIPT = "import torch\n\n\ndef main():\n    print(torch.__version__)\n"


@pytest.mark.parametrize(
    "name, text",
    [
        ("S9.ipynb.txt", notebook(code("x = 1", stream("1")))),
        ("notebook.json", notebook(code("x = 1", stream("1" * 200_000)))),
        ("S9.ipynb.json", "\ufeff" + notebook(code("x = 1"))),
        ("S9.py", notebook(code("x = 1"))),
        ("S9.txt", json.dumps({"metadata": {}, "nbformat": 4, "cells": [code("x = 1")]}, indent=1)),
    ],
)
def test_a_notebook_of_another_name_is_read_as_one(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    submission = read_submission(tmp_path)
    assert [one.path for one in submission.notebooks] == [name] and submission.notebooks[0].cells[
        0
    ].source == "x = 1"
    assert not submission.sources + submission.texts + submission.configs
    assert (
        len(submission.warnings) == 1
        and name in submission.warnings[0]
        and ".ipynb" in submission.warnings[0]
    )


@pytest.mark.parametrize(
    "name, text",
    [
        ("net.json", '{"cells": 3, "lr": 0.1}'),
        ("net.json", '{"nbformat": 4}'),
        ("notes.txt", '{"cells": [], broken'),
        ("README.md", 'A notebook is {"cells": [{"cell_type": "code"}]}'),
    ],
)
def test_what_only_looks_like_a_notebook_is_what_it_is(tmp_path, name, text):
    (tmp_path / name).write_text(text, encoding="utf-8")
    submission = read_submission(tmp_path)
    assert not submission.notebooks + submission.warnings
    assert [one.text for one in submission.texts + submission.configs] == [text]


def test_python_with_another_suffix_behind_it_is_read_as_python(tmp_path):
    for name, text in {
        "models/net.py.txt": SCRIPT,
        "Train.PY.TXT": SCRIPT,
        "run.py.txt": "Epoch 0\nTest accuracy: 85.0\n",
        "old.py.txt": SCRIPT,
        "old.py": "x = 1\n",
        "notes.txt": SCRIPT,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    submission = read_submission(tmp_path)
    assert sorted(one.path for one in submission.sources) == ["Train.py", "models/net.py", "old.py"]
    assert sorted(one.path for one in submission.texts) == ["notes.txt", "old.py.txt", "run.py.txt"]
    assert len(submission.warnings) == 2 and all(
        "rename it" in warning for warning in submission.warnings
    )


LOG = "Epoch 1: loss 1.2 acc 50.1\nEpoch 2: loss 0.9 acc 61.0\nEpoch 3: loss 0.8 acc 66.0\n"


@pytest.mark.parametrize(
    "files, said",
    [
        ({"a.pdf": "x", "train.py": SCRIPT}, ["a.pdf is not read, and no log"]),
        ({"a.pdf": "x", "train.log": LOG}, []),
        (
            {"b.png": "x", "a.docx": "x", "c.jpg": "x", "d.png": "x", "README.md": "# Net"},
            ["b.png, c.jpg and 1 more are not"],
        ),
        ({"plot.png": "x", "S9.ipynb": notebook(code("fit()", stream(LOG)))}, []),
        ({"plot.png": "x", "README.md": LOG}, []),
        (
            {"one.zip": "x", "two.zip": "x", "a.rar": "x"},
            ["one.zip, two.zip are not unpacked", "a.rar is not read"],
        ),
    ],
)
def test_what_cannot_be_read_is_named_where_there_is_no_log(tmp_path, files, said):
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    warnings = read_submission(tmp_path).warnings
    assert len(warnings) == len(said) and all(part in one for part, one in zip(said, warnings))
