"""JUnit XML for continuous integration: a suite for each submission, a case for each criterion."""

from collections.abc import Iterable
from xml.etree import ElementTree

from utils.grading.reports.entry import Graded, decided, nothing_to_grade, place_label, settled
from utils.grading.reports.markdown import found_text
from utils.grading.reports.safe_text import one_line, printable

# "error" is JUnit's word for a test that could not be carried out.
_ELEMENTS = {"fail": "failure", "unverifiable": "error"}


def junit_report(graded: Iterable[Graded]) -> str:
    """The XML of all gradings."""
    root = ElementTree.Element("testsuites")
    for each in graded:
        root.append(_suite(each))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(graded: Graded) -> ElementTree.Element:
    entry = graded.entry
    nothing = nothing_to_grade(entry)
    cases = (
        [("submission", "unverifiable", nothing, nothing)]
        if nothing
        else [
            (each["id"], settled(each), decided(each) or each["advice"], _details(each, graded))
            for each in entry["criteria"]
        ]
    )
    verdicts = [verdict for _, verdict, _, _ in cases]
    suite = ElementTree.Element(
        "testsuite",
        name=printable(entry["path"]),
        tests=str(len(verdicts)),
        failures=str(verdicts.count("fail")),
        errors=str(verdicts.count("unverifiable")),
        skipped="0",
        time="0",
    )
    for name, verdict, advice, details in cases:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=printable(f"{entry['rubric']}.{entry['path']}"),
            name=printable(name),
            time="0",
        )
        if verdict in _ELEMENTS:
            problem = ElementTree.SubElement(
                case, _ELEMENTS[verdict], type=verdict, message=one_line(advice)
            )
            problem.text = printable(details)
    if entry["warnings"]:
        ElementTree.SubElement(suite, "system-err").text = printable(
            "\n".join(entry["warnings"]), 20_000
        )
    return suite


def _details(criterion: dict, graded: Graded) -> str:
    lines = [
        criterion["advice"],
        f"Found: {found_text(criterion)}",
        f"Required: {criterion['required']}",
    ]
    return "\n".join(
        lines
        + [
            f"{place_label(place)}: {graded.excerpt(criterion, place)}".rstrip(": ")
            for place in criterion["evidence"]
        ]
    )
