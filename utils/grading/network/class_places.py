"""Where the classes of a submission stand, by their names: for sentences that name a module of the network."""

import ast

from utils.grading.facts import Evidence
from utils.grading.submission.contents import Submission
from utils.grading.submission.notebook_code import notebook_code, parse


def class_places(submission: Submission, network: Evidence) -> dict[str, Evidence]:
    """Name → place of its `class` statement. Of several, that in the file of the `network`, else none: it is not known."""
    found: dict[str, list[Evidence]] = {}
    for source in submission.sources:
        for node in _classes(parse(source.text)[0]):
            found.setdefault(node.name, []).append(Evidence(source.path, node.lineno))
    for notebook in submission.notebooks:
        for code in notebook_code(notebook):
            for node in _classes(code.statements):
                found.setdefault(node.name, []).append(
                    Evidence(notebook=notebook.path, cell=code.cell)
                )
    near = {
        name: [
            one for one in places if (one.file, one.notebook) == (network.file, network.notebook)
        ]
        or places
        for name, places in found.items()
    }
    return {name: places[0] for name, places in near.items() if len(places) == 1}


def _classes(statements: tuple[ast.stmt, ...]) -> list[ast.ClassDef]:
    return [
        node
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.ClassDef)
    ]
