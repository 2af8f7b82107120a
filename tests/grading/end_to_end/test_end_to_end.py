"""Whole submissions in many layouts: the clean ones pass, and each broken one is caught by exactly what it breaks."""

import json

import jsonschema
import pytest

from tests.grading.copied_process import in_a_copy
from tests.grading.end_to_end.broken_submissions import BROKEN, RIGHT, STRUCTURE
from tests.grading.submissions import LAYOUTS, PARAMETERS, Parts, flat, write
from utils.grading.audits import Options
from utils.grading.grade import grade
from utils.grading.network import executed_network
from utils.grading.reports.json_report import SCHEMA
from utils.grading.rubrics.rubric import load_rubric

RUBRIC = load_rubric("era_s9")
schema = json.loads(SCHEMA.read_text(encoding="utf-8"))


@pytest.fixture(scope="module", autouse=True)
def children_begin_as_copies():
    """Our own fixtures need no isolation, and a copy of this process needs no seconds to import PyTorch."""
    patch = pytest.MonkeyPatch()
    patch.setattr(executed_network, "run_isolated", in_a_copy)
    yield
    patch.undo()


def verdicts(folder, run=True) -> tuple[dict[str, str], dict]:
    entry = grade(folder, RUBRIC, Options(run=run))
    jsonschema.validate({"submissions": [entry]}, schema)
    return {criterion["id"]: criterion["verdict"] for criterion in entry["criteria"]}, entry


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_clean_submission_passes_in_every_layout(layout, tmp_path):
    found, entry = verdicts(write(LAYOUTS[layout](Parts()), tmp_path))
    assert set(found.values()) == {"pass"}, advice(entry)
    facts = entry["facts"]
    assert (facts["parameters"], facts["parameters_executed"], facts["receptive_field"]) == (
        PARAMETERS,
        PARAMETERS,
        63,
    )
    assert (facts["epochs"], facts["best_test_accuracy"], facts["best_epoch"]) == (30, 86.52, 28)
    assert (facts["final_test_accuracy"], facts["first_epoch_at_target"]) == (86.35, 21)
    assert entry["points"] == entry["max_points"] == 100


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_right_in_another_way_passes(name, tmp_path):
    found, entry = verdicts(write(flat(RIGHT[name]), tmp_path))
    assert set(found.values()) == {"pass"}, advice(entry)


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_caught_by_what_it_breaks(name, tmp_path):
    case = BROKEN[name]
    found, entry = verdicts(write(case.layout(case.parts), tmp_path))
    assert {
        criterion for criterion, verdict in found.items() if verdict != "pass"
    } == case.caught, advice(entry)
    assert {found[criterion] for criterion in case.failed} <= {"fail"}, advice(entry)


def test_there_are_enough_of_them():
    assert len(BROKEN) >= 25 and len({case.layout for case in BROKEN.values()}) == len(LAYOUTS)
    assert {criterion for case in BROKEN.values() for criterion in case.caught} == {
        entry.id for entry in RUBRIC.criteria
    }
    assert all(case.caught == {"modular"} for case in STRUCTURE.values())


def advice(entry: dict) -> str:
    """What the grader says of each criterion, for the message of a test that fails."""
    return (
        "\n".join(
            f"{criterion['id']}: {criterion['verdict']} {criterion['value']} {criterion['advice']}"
            for criterion in entry["criteria"]
        )
        + "\n"
        + "\n".join(entry["warnings"])
    )
