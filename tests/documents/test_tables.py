"""The tables and pictures of the documents are computed from the records as they say."""

import statistics
from dataclasses import replace

import pytest

from utils.documents import benchmark_tables, measured_tables, notebook_table, records, run_tables
from utils.documents.pictures import networks_by_size
from utils.documents.records import committed_runs, csv_rows
from utils.reproduction.logged_runs import logged_run

RUNS = {record.folder.name: record for record in committed_runs()}


def cells(table):
    """The rows of a Markdown table below its header."""
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]


def with_seeds(*seeds):
    """era9's record once for each seed, each with seed percentage points more."""
    return [
        replace(
            RUNS["era9"],
            config=RUNS["era9"].config | {"recipe": RUNS["era9"].config["recipe"] | {"seed": seed}},
            history=[
                replace(line, test_correct=line.test_correct + 100 * seed)
                for line in RUNS["era9"].history
            ],
        )
        for seed in seeds
    ]


def test_the_seeds_of_a_model_are_averaged(monkeypatch):
    monkeypatch.setattr(run_tables, "committed_runs", lambda: with_seeds(2, 4))
    rows = cells(run_tables.seeds_table("era9"))
    last = RUNS["era9"].history[-1].test_accuracy
    assert [row[0] for row in rows] == ["2", "4", "mean"]
    assert [row[2].replace("\xa0", " ") for row in rows] == [
        f"{last + 2:.2f}",
        f"{last + 4:.2f}",
        f"{last + 3:.2f} ± 1.41",
    ]


def test_the_readme_has_the_reports_best_two_and_ours():
    rows = cells(run_tables.headline_table())
    names = ["assignment6_net2", "era9", "aster", "aster_silu", "aster_silu_taught"]
    assert [row[0].split("`")[1] for row in rows] == names
    assert rows[4][0].endswith("(ours, distilled)") and "distilled" not in rows[3][0]
    for row, name in zip(rows[2:], names[2:]):
        settled = [
            statistics.fmean(line.test_correct / 100 for line in RUNS[run].history[-5:])
            for run in (name, f"{name}_seed_2", f"{name}_seed_3")
        ]
        spread = f"{statistics.fmean(settled):.2f} ± {statistics.stdev(settled):.2f}"
        assert row[3].replace("\xa0", " ") == spread and row[4:] == ["3", "–"]
    assert rows[1][1:3] == ["188,992", "49"] and rows[1][4:] == ["1", "86.54"]


def test_a_run_repeated_on_another_device_is_no_other_seed():
    """era9-cuda has the seed of era9."""
    runs = [RUNS["era9-cuda"], RUNS["era9"], *with_seeds(3)]
    assert [run.folder.name for run in records.seeds_of(RUNS["era9"], runs)] == ["era9", "era9"]
    assert [run.recipe.seed for run in records.seeds_of(RUNS["era9"], runs)] == [1, 3]
    assert records.seeds_of(RUNS["era9-cuda"], runs)[0] == RUNS["era9-cuda"]


def test_short_trainings_are_held_against_fifty_epochs_of_the_reports(monkeypatch):
    header = csv_rows("benchmark.csv")[0]
    case = dict.fromkeys(header, "") | {
        "what": "epoch",
        "recipe": "era9",
        "way": "the reports' way",
        "batch": "512",
        "images": "50000",
        "seconds an epoch": "300.0",
    }
    aster = {"recipe": "aster", "way": "ours", "batch": "128", "seconds an epoch": "75.0"}
    small = {"way": "ours, half the resolution", "seconds an epoch": "25.0"}
    with_silu = case | aster | {"recipe": "aster_silu"}
    cases = [
        case,
        case | {"images": "10000", "seconds an epoch": "1"},
        case | {"batch": "128", "seconds an epoch": "2"},
        case | {"way": "ours", "seconds an epoch": "60"},
        case | {"what": "input", "seconds an epoch": "4"},
        case | aster,
        case | aster | small,
        with_silu | {"seconds an epoch": "80.0"},
        with_silu | small | {"seconds an epoch": "30.0"},
    ]
    monkeypatch.setattr(benchmark_tables, "csv_entries", lambda name: cases)
    rows = [row[1:] for row in cells(benchmark_tables.quick_table())]
    assert [row[:2] for row in rows] == [
        ["250", "1.0"],
        ["54", "4.6"],
        ["3", "85.7"],  # 25 + 2 * 75 seconds
        ["10", "26.1"],  # 2 * 25 + 7 * 75 seconds
        ["57", "4.4"],  # 12 * 30 + 38 * 80 seconds
        ["89", "2.8"],  # 71 * 75 seconds
    ]
    assert [row[2] for row in rows] == [
        "85.09",
        f"{RUNS['era9'].history[53].test_accuracy:.2f}",  # its 54th epoch is the first to reach 85 %
        f"{RUNS['aster_to_85'].history[2].test_accuracy:.2f}",
        f"{RUNS['aster_to_90'].history[8].test_accuracy:.2f}",
        f"{RUNS['aster_to_94'].history[49].test_accuracy:.2f}",
        f"{RUNS['aster'].history[70].test_accuracy:.2f}",  # the first of 94 %
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
    monkeypatch.setattr(benchmark_tables, "committed_runs", lambda: known)
    rows = [row[1:] for row in cells(benchmark_tables.pipelines_table())]
    assert [row[0] for row in rows] == ["15 to 19", "15 to 19"]
    assert [row[2].split("\xa0±\xa0") for row in rows] == [  # of 71.5, 71.6 … 71.9
        ["71.70", "0.16"],
        ["71.00", "0.00"],
    ]


def test_85_per_cent_is_reached_when_the_page_says():
    """docs/results.md: the report's log at its 50th epoch."""
    assert min(line.epoch for line in logged_run("era9") if line.test_accuracy >= 85) + 1 == 50


def test_two_of_three_seeds_reach_94_per_cent():
    best = [
        max(line.test_accuracy for line in RUNS[name].history)
        for name in ("aster", "aster_seed_2", "aster_seed_3")
    ]
    assert [accuracy >= 94 for accuracy in best] == [True, True, False]


@pytest.mark.parametrize("name", benchmark_tables.QUICK)
def test_a_quick_run_reaches_what_its_name_says(name):
    assert RUNS[name].complete
    assert RUNS[name].history[-1].test_accuracy >= int(name.rpartition("_")[2])


def test_published_networks_have_sizes_and_sources():
    sizes = networks_by_size()
    for group in ("published (see results/published.csv)", "published, distilled"):
        assert sizes[group] and all(
            50_000 < size < 300_000 and 90 < accuracy < 96
            for size, accuracy in sizes[group].values()
        )
    assert all(row[-1].startswith("https://") for row in csv_rows("published.csv")[1:])
    assert sizes["logged in the student reports"]["era9"] == (188_992, 86.54)


def test_teachers_and_distilled_networks_stand_apart(monkeypatch):
    """A teacher is in none of the tables of small networks; what was taught is called that, beside what was not."""
    aster = RUNS["aster"]

    def like(name, **change):
        recipe = aster.config["recipe"] | change
        folder = aster.folder.with_name(name)
        return replace(aster, folder=folder, config=aster.config | {"recipe": recipe})

    taught = like("aster_taught", teachers=["wide_resnet"], teaching=0.9)
    runs = [aster, taught, like("wide_resnet", model="wide_resnet")]
    monkeypatch.setattr(records, "_committed", lambda: runs)
    sizes = networks_by_size()
    assert list(sizes["trained here, distilled"]) == ["aster_taught"]
    assert list(sizes["trained here (mean of the last 5 epochs)"]) == ["aster"]
    names = [row.split("|")[1].strip() for row in run_tables.results_table().splitlines()[2:]]
    assert names == ["aster", "aster_taught, distilled"]


def test_times_are_rounded_as_one_says_them():
    seconds = (2, 44, 89, 91, 199, 3600)
    shown = [notebook_table.time_text(one) for one in seconds]
    assert shown == ["10 s", "40 s", "90 s", "2 min", "3 min", "60 min"]


def test_what_was_measured_is_shown_as_it_is(monkeypatch):
    entries = [
        {"graded": "one", "seconds": "1.5", "differ": "", "never": "", "on": "a CPU"},
        {"graded": "two", "seconds": "2.5", "differ": "0", "never": "", "on": "a CPU"},
    ]
    monkeypatch.setattr(measured_tables, "csv_entries", lambda file: entries)
    table, machine = measured_tables.measured_table("any.csv").split("\n\n")
    assert cells(table) == [["one", "1.5", "–"], ["two", "2.5", "0"]]
    assert table.startswith("| graded | seconds | differ |") and machine == "Measured on a CPU."
