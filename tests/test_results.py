"""The committed records are whole and agree with themselves and with their weights."""

import re
from dataclasses import replace

import pytest
import torch

from models import build_model
from utils import search
from utils.architecture.summary import count_parameters
from utils.data.loaders import TestBatches
from utils.documents.records import committed_files, committed_runs, csv_entries
from utils.paths import REPOSITORY
from utils.reproduction.logged_runs import logged_run
from utils.training.history import format_csv, format_log
from utils.training.loops import evaluate
from utils.training.recipes import RECIPES
from utils.training.run_record import load_run

RUNS = {record.folder.name: record for record in committed_runs()}
everyone = pytest.mark.parametrize("name", RUNS)


def test_there_is_a_run_to_show():
    assert "era9" in RUNS


def test_the_table_of_the_search_is_that_of_its_records():
    assert (search.FOLDER / "table.csv").read_text(encoding="utf-8") == search.table_csv()
    names = [row["candidate"] for row in csv_entries("search/table.csv")]
    assert "start" in names and len(names) == len(committed_files("results/search/*/config.json"))
    for name in names:  # no test image took part
        record = load_run(search.folder_of(name))
        assert (
            record.config["data"] == "cifar10-holdout" and record.recipe == search.CANDIDATES[name]
        )
        assert all(
            (line.train_total, line.test_total) == (45_000, 5_000) for line in record.history
        )


def test_the_distilled_recipe_is_what_the_search_speaks_for():
    """docs/results.md: of the networks that of the lowest loss; a setting where the mean accuracy is above that without."""
    found = {row["candidate"]: row for row in csv_entries("search/table.csv")}
    networks = {
        name: search.CANDIDATES[name].model
        for name in found
        if replace(search.LEARNING, model=search.CANDIDATES[name].model) == search.CANDIDATES[name]
    }
    assert len(networks) == 4
    best = min(networks, key=lambda name: float(found[name]["held-out loss"]))
    usual, chosen = RECIPES["aster"], RECIPES["aster_silu_taught"]
    assert chosen.model == networks[best]

    def mean(name):
        return float(found[name]["mean of the last 5 epochs (%)"])

    settings = {"taught, temperature 4": "temperature", "taught, weight decay 0.05": "weight_decay"}
    for name, field in settings.items():
        better = mean(name) > mean("taught")
        tried, without = search.CANDIDATES[name], search.LEARNING
        assert getattr(chosen, field) == getattr(tried if better else without, field)
    assert replace(usual, model=chosen.model) == RECIPES["aster_silu"]


@everyone
def test_a_record_agrees_with_itself(name):
    record = RUNS[name]
    assert record.config["data"] == "cifar10"
    assert (
        record.config["parameters"] == count_parameters(build_model(record.recipe.model)) < 200_000
    )
    assert (record.folder / "history.csv").read_text() == format_csv(record.history)
    assert (record.folder / "train.log").read_text() == format_log(record.history)
    for epoch, line in enumerate(record.history):
        assert line.epoch == epoch and line.test_total == 10_000
        assert line.train_total == 50_000 and line.steps == -(-50_000 // record.recipe.batch_size)
        assert (
            line.test_loss >= (1 - line.test_correct / line.test_total) * 0.6931
        )  # a wrong answer costs at least ln 2


@everyone
def test_a_record_is_of_the_recipe_that_it_is_named_for(name):
    """Such as aster, aster-5-epochs, aster_seed_2: the recipe that it begins with, and what the rest of the name says."""
    recipe = RECIPES[max((known for known in RECIPES if name.startswith(known)), key=len)]
    said = dict(re.findall(r"(seed)[-_](\d+)", name)) | {
        what: count for count, what in re.findall(r"(\d+)-(epochs)", name)
    }
    expected = replace(recipe, **{what: int(number) for what, number in said.items()})
    assert RUNS[name].recipe.to_dict() | {"note": ""} == expected.to_dict() | {"note": ""}


@everyone
def test_the_weights_reach_what_is_recorded(name, cifar10):
    record = RUNS[name]
    batches = TestBatches(cifar10.test, record.recipe.mean, record.recipe.std)
    totals = evaluate(record.load_model(), batches, torch.device("cpu"))
    last = record.history[-1]
    assert abs(totals.correct - last.test_correct) <= 2  # another CPU rounds sums in another order
    assert abs(totals.average_loss - last.test_loss) < 2e-4


def test_the_temperature_comes_from_images_that_took_no_part_in_training():
    twin = load_run(REPOSITORY / "results" / "aster-twin-cifar10-holdout")
    assert twin.config["data"] == "cifar10-holdout" and twin.complete
    assert twin.recipe == replace(RECIPES["aster"], epochs=twin.recipe.epochs)
    assert all((line.train_total, line.test_total) == (45_000, 5_000) for line in twin.history)


def test_era9_follows_the_reports_log():
    history = RUNS["era9"].history
    assert len(history) >= 10
    assert abs(history[9].test_accuracy - logged_run("era9")[9].test_accuracy) < 4
