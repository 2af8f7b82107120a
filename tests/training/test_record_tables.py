"""What a notebook says of a run, against the record's own figures."""

from utils.paths import REPOSITORY
from utils.training.record_tables import compared_runs, headline, settings_table, some_epochs
from utils.training.run_record import load_run

RECORD, TAUGHT = (load_run(REPOSITORY / "results" / name) for name in ("era9", "aster_silu_taught"))


def test_the_headline_has_the_last_the_mean_and_the_best():
    accuracies = [100 * epoch.test_correct / epoch.test_total for epoch in RECORD.history]
    said = headline(RECORD)
    assert said.startswith(f"era9 after 75 of 75 epochs on cifar10: {accuracies[-1]:.2f} %")
    assert f"Mean of the last 5 epochs: {sum(accuracies[-5:]) / 5:.2f} %" in said
    best = accuracies.index(max(accuracies))
    assert f"Best: {accuracies[best]:.2f} % (epoch {best}, counted from 0)" in said

    assert "Distilled" not in said


def test_the_headline_says_who_taught():
    last = "Distilled: taught by wide_resnet_16_8 and wide_resnet_16_8_seed_2."
    assert headline(TAUGHT).splitlines()[-1] == last


def test_every_fifth_epoch_and_the_last():
    rows = [line.split() for line in some_epochs(RECORD.history[:73]).splitlines()[1:]]
    assert [int(row[0]) for row in rows] == [*range(0, 75, 5)][:15] + [72]
    assert rows[-1][4] == f"{RECORD.history[72].test_accuracy:.2f}"


def test_runs_are_compared_line_by_line():
    lines = compared_runs({"a": RECORD.history, "b": RECORD.history[:1]}).splitlines()
    first = f"{RECORD.history[0].test_accuracy:.2f}"
    assert lines[1].startswith("a ") and lines[2].count(first) == 2 and "–" in lines[2]


def test_the_settings_are_those_that_are_not_the_usual():
    table, note = settings_table(RECORD).split("\n\n")
    rows = dict(line.split(maxsplit=1) for line in table.splitlines()[1:])
    assert rows["batch_size"] == "512" and rows["mean"] == "0.4914, 0.4822, 0.4465"
    assert not {"weight_decay", "pipeline", "note"} & set(rows)
    assert " ".join(note.split()) == RECORD.recipe.note
    assert max(map(len, settings_table(RECORD).splitlines())) <= 88
    assert "\n\n" not in settings_table(load_run(REPOSITORY / "results" / "aster"))
