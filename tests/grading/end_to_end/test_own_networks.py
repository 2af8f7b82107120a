"""The networks that answer the assignment, without notebook or log: what the rubric asks of a network they have."""

import shutil

import pytest

from utils.grading.audits import Options
from utils.grading.grade import grade
from utils.grading.network.audit import FACTS
from utils.grading.rubrics.rubric import load_rubric
from utils.paths import REPOSITORY

RUBRIC = load_rubric("era_s9")
OF_NETWORKS = {
    one.id
    for one in RUBRIC.criteria
    if {name.removeprefix("not ") for name in one.facts} <= set(FACTS)
}


@pytest.mark.parametrize("name", ["era9.py:era9", "aster.py:Aster"])
def test_the_rubrics_checks_of_a_network_pass(name, tmp_path):
    shutil.copytree(
        REPOSITORY / "models", tmp_path / "models", ignore=shutil.ignore_patterns("__pycache__")
    )
    entry = grade(tmp_path, RUBRIC, Options(run=True, model=f"models/{name}"))
    verdicts = {one["id"]: one["verdict"] for one in entry["criteria"]}
    assert OF_NETWORKS == {
        "blocks",
        "receptive_field",
        "depthwise_separable",
        "dilated",
        "global_average_pooling",
        "parameters",
    }
    assert {verdicts[criterion] for criterion in OF_NETWORKS} == {"pass"}, entry["criteria"]
