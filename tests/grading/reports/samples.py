"""Gradings made up for the tests of reports: facts that an audit could give, and text that wants to break out."""

from utils.grading.facts import Claim, Evidence, Fact
from utils.grading.reports.entry import Graded, compose
from utils.grading.rubrics.rubric import load_rubric

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "[click](javascript:alert(1))",
    "a | b || c",
    "``` ` `` **bold** _it_ ~~gone~~",
    "\x1b[31mred\x07\x00\x9b",
    "\udcff\ud800 lone",
    "]]> &amp; <!-- -->",
    "line one\nline two\r\n# heading",
    '=HYPERLINK("http://x")',
    "+1+1",
    "@SUM(A1)",
    "\u202egnp.exe",
    "</style></head><body onload=\"document.title='owned'\">",
    "{{ 7 * 7 }} {% raw %}",
    "' onclick='x",
    "![i](http://example.org/x.png) <https://example.org> https://example.org",
)


def graded(path="students/one", facts=None, text="86.54 %", rubric="era_s9") -> Graded:
    """A grading in which `text` stands wherever a stranger's text can stand."""
    place, cell = (
        Evidence(file=f"{text}.py", line=3, text=text),
        Evidence(notebook=text, cell=4, text=text),
    )
    values = {
        "receptive_field": 43,
        "depthwise_separable": False,
        "dilated": True,
        "best_test_accuracy": 86.54,
        "parameters": 188_992,
        "horizontal_flip": True,
        "effective_transforms": [{"name": text, "fill": (0.5, float("nan"))}],
    }
    found = {name: Fact(value, text, (place, cell)) for name, value in (facts or values).items()}
    return compose(
        path,
        load_rubric(rubric),
        {"blocks": Fact(None, text)} | found,
        [
            Claim(text, place, "false", text, text, (1, max(2, len(text) - 1))),
            Claim(text, cell, "unverifiable", None, text),
        ],
        [text],
    )


def perfect(path="students/best") -> Graded:
    truths = (
        "blocks",
        "depthwise_separable",
        "dilated",
        "global_average_pooling",
        "horizontal_flip",
        "shift_scale_rotate",
        "coarse_dropout_one_16x16_hole",
        "coarse_dropout_fill_correct",
        "coarse_dropout_no_mask_fill",
        "modular",
    )
    numbers = {
        "max_pooling": False,
        "receptive_field": 49,
        "parameters": 188_992,
        "best_test_accuracy": 86.54,
    }
    facts = {name: Fact(value) for name, value in (dict.fromkeys(truths, True) | numbers).items()}
    return compose(path, load_rubric("era_s9"), facts, [], [])
