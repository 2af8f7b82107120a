"""The committed records are whole, agree with themselves and with their weights, and the README shows them."""

import re
from dataclasses import replace

import pytest
import torch

from models import build_model
from utils import make_readme, search
from utils.architecture.summary import count_parameters
from utils.data.loaders import TestBatches
from utils.make_readme import (
    README,
    committed_runs,
    networks_by_size,
    quick_table,
    seeds_table,
    with_tables,
)
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


def test_the_readme_shows_the_records():
    page = README.read_text(encoding="utf-8")
    assert "<!-- results: begin" in page
    assert page == with_tables(page), "the README's tables are stale: run `make readme`"


def test_the_seeds_of_a_model_are_averaged(monkeypatch):
    runs = [
        replace(
            RUNS["era9"],
            config=RUNS["era9"].config | {"recipe": RUNS["era9"].config["recipe"] | {"seed": seed}},
            history=[
                replace(line, test_correct=line.test_correct + 100 * seed)
                for line in RUNS["era9"].history
            ],
        )
        for seed in (2, 4)
    ]
    monkeypatch.setattr(make_readme, "committed_runs", lambda: runs)
    rows = [
        [cell.strip() for cell in row.split("|")[1:-1]]
        for row in seeds_table("era9").splitlines()[2:]
    ]
    last = RUNS["era9"].history[-1].test_accuracy
    assert [row[0] for row in rows] == ["2", "4", "mean"]
    assert [row[2] for row in rows] == [
        f"{last + 2:.2f} %",
        f"{last + 4:.2f} %",
        f"{last + 3:.2f} %",
    ]


def test_five_epochs_are_held_against_fifty_of_the_reports(monkeypatch):
    header = make_readme.csv_rows("benchmark.csv")[0]
    case = dict.fromkeys(header, "") | {
        "what": "epoch",
        "recipe": "era9",
        "way": "the reports' way",
        "batch": "512",
        "images": "50000",
        "seconds an epoch": "300.0",
    }
    cases = [
        case,
        case | {"images": "10000", "seconds an epoch": "1"},
        case | {"batch": "128", "seconds an epoch": "2"},
        case | {"way": "ours", "seconds an epoch": "60"},
        case | {"what": "input", "seconds an epoch": "4"},
        case | {"recipe": "aster", "way": "ours", "batch": "128", "seconds an epoch": "75.0"},
    ]
    monkeypatch.setattr(
        make_readme,
        "csv_rows",
        lambda name: [header, *([row[key] for key in header] for row in cases)],
    )
    rows = [
        [cell.strip() for cell in row.split("|")[2:-1]] for row in quick_table().splitlines()[2:]
    ]
    assert [row[:3] for row in rows] == [
        ["300.0", "250", "1.0"],
        ["60.0", "50", "5.0"],
        ["75.0", "6", "40.0"],
    ]
    assert [row[3] for row in rows] == [
        "85.09 %",
        f"{RUNS['era9'].history[49].test_accuracy:.2f} %",  # the report's line 49
        f"{RUNS['aster-5-epochs'].history[4].test_accuracy:.2f} %",
    ]


def test_the_pipelines_are_compared_over_the_same_epochs(monkeypatch):
    alone, batched = RUNS["era9"], RUNS["era9_batched-20-epochs"]
    assert (
        batched.complete and alone.recipe.schedule == "constant"
    )  # so that 20 epochs are the first 20 of 75
    assert replace(alone.recipe, note="", epochs=20, pipeline="batched") == replace(
        batched.recipe, note=""
    )
    known = [
        replace(
            alone,
            history=[replace(line, test_correct=7000 + 10 * line.epoch) for line in alone.history],
        ),
        replace(batched, history=[replace(line, test_correct=7100) for line in batched.history]),
    ]
    monkeypatch.setattr(make_readme, "committed_runs", lambda: known)
    rows = [
        [cell.strip() for cell in row.split("|")[2:-1]]
        for row in make_readme.pipelines_table().splitlines()[2:]
    ]
    assert [row[0] for row in rows] == ["15 to 19", "15 to 19"]
    assert [row[2] for row in rows] == ["71.70 ± 0.16", "71.00 ± 0.00"]  # 71.5, 71.6 … 71.9


def test_published_networks_have_sizes_and_sources():
    sizes = networks_by_size()
    published = sizes["published (see results/published.csv)"]
    assert published and all(
        50_000 < size < 300_000 and 90 < accuracy < 96 for size, accuracy in published.values()
    )
    assert all(row[-1].startswith("https://") for row in make_readme.csv_rows("published.csv")[1:])
    assert sizes["the student reports"]["era9"] == (188_992, 86.54)


def test_the_table_of_the_search_is_that_of_its_records():
    assert (search.FOLDER / "table.csv").read_text(encoding="utf-8") == search.table_csv()
    names = [row[0] for row in search.rows()]
    assert "start" in names and len(names) == len(list(search.FOLDER.glob("*/config.json")))
    for name in names:  # no test image took part
        record = load_run(search.folder_of(name))
        assert (
            record.config["data"] == "cifar10-holdout" and record.recipe == search.CANDIDATES[name]
        )
        assert all(
            (line.train_total, line.test_total) == (45_000, 5_000) for line in record.history
        )


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
