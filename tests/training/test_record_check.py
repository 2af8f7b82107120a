"""A record that was damaged or changed: found whatever it was, said in one sentence, and mended from the checkpoint."""

import copy
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.small_run import OPTIONS, PRECISION, RECIPE, assert_same_run
from utils import search
from utils.documents.records import committed_files
from utils.errors import UserError
from utils.training.checkpoint import NEWEST, load_checkpoint, save_checkpoint
from utils.training.fit import fit
from utils.training.history import EpochRecord, format_csv, parse_csv
from utils.training.record_check import require_config, require_history
from utils.training.run_record import load_run, write_config

# What somebody, or a broken program, may have put in the place of a value.
WRONG = [
    None,
    True,
    -1,
    -0.5,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "x" * 10_000,
    "\ud800",
    [],
    [None],
    [[[]]],
    [1e308] * 5,
    {},
    {"": {}},
]


@pytest.fixture
def finished(undisturbed, tmp_path) -> Path:
    """A copy of a finished run, to be damaged."""
    folder = tmp_path / "run"
    shutil.copytree(undisturbed, folder)
    return folder


def again(folder: Path, few_digits):
    return fit(RECIPE, few_digits, folder, PRECISION, **OPTIONS)


def places(config, path=()):
    """The path to every value of a configuration, its own first."""
    yield path
    kinds = {dict: dict.items, list: enumerate}
    for key, value in kinds.get(type(config), lambda _: ())(config):
        yield from places(value, (*path, key))


def malformed(config):
    """`config` with each value left out, and replaced by each of WRONG."""
    for path in places(config):
        if not path:
            yield from WRONG
            continue
        for wrong in [*WRONG, places]:  # the last means: leave it out
            changed = copy.deepcopy(config)
            inner = changed
            for key in path[:-1]:
                inner = inner[key]
            if wrong is places:
                del inner[path[-1]]
            else:
                inner[path[-1]] = wrong
            yield changed


def test_no_malformed_configuration_ends_in_a_traceback(undisturbed, finished):
    """Each is refused with a sentence, or is one that all readers can work with."""
    refused, kinds = 0, list(malformed(load_run(undisturbed).config))
    for kind in kinds:
        (finished / "config.json").write_text(json.dumps(kind))
        try:
            record = load_run(finished)
            assert record.recipe.epochs >= 1 and record.complete in (True, False) and record.log
            assert all(session["device"] is not None for session in record.config["sessions"])
            assert record.config["seconds"] >= 0 and record.config["parameters"] >= 0
        except UserError as error:
            refused += 1
            assert "config.json" in str(error) or "history.csv" in str(error)
            assert "\n" not in str(error) and len(str(error)) < 600
    assert len(kinds) > 500 and refused > 0.7 * len(kinds)


@pytest.mark.parametrize(
    "text",
    ["", "[", "[" * 100_000, '{"recipe": ' * 50_000, "1" * 5000, "null", "\x00", "NaN", "{}{}"],
)
def test_what_is_no_configuration_at_all(finished, text):
    (finished / "config.json").write_text(text)
    with pytest.raises(UserError, match="config.json is damaged") as error:
        load_run(finished)
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


def test_bytes_that_are_no_text(finished):
    (finished / "config.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(UserError, match="config.json is damaged"):
        load_run(finished)


@pytest.mark.parametrize("name", ["config.json", "history.csv"])
def test_a_folder_where_a_file_belongs(finished, name):
    (finished / name).unlink()
    (finished / name).mkdir()
    with pytest.raises(UserError, match=f"{name} cannot be used, because a folder is where a file"):
        load_run(finished)


def test_all_committed_records_are_well_formed():
    configs = committed_files("results/**/config.json")
    assert len(configs) > 10
    for file in configs:
        require_config(json.loads(file.read_text()))
        record = load_run(file.parent)
        require_history(record.history, record.recipe.epochs)
        assert format_csv(record.history) == (file.parent / "history.csv").read_text()


# --- history.csv -------------------------------------------------------------------------------------------------------


def lines_of(folder: Path) -> list[str]:
    return (folder / "history.csv").read_text().splitlines(keepends=True)


CHANGES = {
    "a row twice": lambda lines: [*lines, lines[-1]],
    "a row twice in the middle": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "a row less": lambda lines: lines[:-1],
    "no first row": lambda lines: [lines[0], *lines[2:]],
    "rows exchanged": lambda lines: [lines[0], lines[2], lines[1], lines[3]],
    "half a row": lambda lines: [*lines[:-1], lines[-1][:25]],
    "a digit less at the end": lambda lines: [*lines[:-1], lines[-1][:-2]],
    "no last line feed": lambda lines: [*lines[:-1], lines[-1].rstrip("\n")],
    "one more right": lambda lines: [*lines[:-1], lines[-1].replace(",30,", ",31,", 1)],
    "another figure": lambda lines: [*lines[:-1], lines[-1].replace(".", ".1", 1)],
    "a cell more": lambda lines: [*lines[:-1], lines[-1].replace("\n", ",1\n")],
    "a column less": lambda lines: [line.rpartition(",")[0] + "\n" for line in lines],
    "a huge field": lambda lines: [*lines[:-1], "9" * 131_073 + lines[-1]],
    "many digits": lambda lines: [*lines[:-1], "9" * 5000 + lines[-1]],
    "not a number": lambda lines: [*lines[:-1], lines[-1].replace(".", "nan", 1)],
    "only a header": lambda lines: lines[:1],
    "nothing": lambda lines: [],
    "a made-up epoch": lambda lines: [*lines, lines[-1].replace("2,", "3,", 1)],
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_rows_are_noticed(finished, undisturbed, few_digits, change):
    before = "".join(lines_of(finished))
    after = "".join(CHANGES[change](lines_of(finished)))
    assert after != before
    (finished / "history.csv").write_text(after)
    with pytest.raises(UserError, match="history.csv is damaged or was changed .*: delete it"):
        again(finished, few_digits)
    (finished / "history.csv").unlink()  # as the sentence says
    again(finished, few_digits)
    assert_same_run(finished, undisturbed)
    assert (finished / "history.csv").read_text() == before


def test_without_a_checkpoint_the_sentence_promises_nothing(finished, few_digits):
    (finished / NEWEST).unlink()
    text = (finished / "history.csv").read_text()
    (finished / "history.csv").write_text(text + text.splitlines()[-1] + "\n")
    with pytest.raises(UserError, match="restore it, or choose another run name"):
        again(finished, few_digits)
    (finished / "checkpoint.previous.pt").unlink()
    (finished / "history.csv").unlink()
    with pytest.raises(UserError, match="holds 3 of 3 epochs but no checkpoint"):
        again(finished, few_digits)
    assert (finished / "model.pt").exists()


def test_a_lost_configuration_does_not_let_a_run_begin_afresh(finished, few_digits):
    (finished / "config.json").unlink()
    (finished / NEWEST).unlink()
    with pytest.raises(UserError, match="config.json is missing"):
        again(finished, few_digits)


def test_rows_of_another_training_are_not_gone_on_with(tmp_path, few_digits):
    """In a record from before there were digests, and which its checkpoint contradicts."""
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=1, **OPTIONS)
    record = load_run(tmp_path)
    del record.config["digests"]
    write_config(record)
    changed = [replace(record.history[0], test_loss=0.1)]
    (tmp_path / "history.csv").write_text(format_csv(changed))
    assert load_run(tmp_path).history == changed  # cannot be noticed yet
    with pytest.raises(UserError, match="of another network or training .the epochs of history"):
        again(tmp_path, few_digits)


@pytest.mark.parametrize(
    "text", ["epoch\nx\n", "epoch\n1\n", "colour\n1\n", format_csv([EpochRecord(0)]) + "1,2\n"]
)
def test_a_table_of_other_columns_is_refused(text):
    with pytest.raises(ValueError):
        parse_csv(text)


# --- model.pt ----------------------------------------------------------------------------------------------------------


def remove(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def empty(file: Path) -> None:
    file.write_bytes(b"")


def flip(place: float):
    def damage(file: Path) -> None:
        content = bytearray(file.read_bytes())
        content[int(place * (len(content) - 1))] ^= 1
        file.write_bytes(content)

    return damage


def another(file: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, file)


DAMAGE = [remove, cut, empty, another, *map(flip, (0, 0.001, 0.3, 0.6, 0.999, 1))]


@pytest.mark.parametrize("damage", DAMAGE)
def test_weights_of_a_finished_run_come_back(finished, undisturbed, few_digits, damage):
    damage(finished / "model.pt")
    with pytest.raises(UserError, match="model.pt are missing or damaged"):
        load_run(finished).load_model()
    said = []
    fit(RECIPE, few_digits, finished, PRECISION, **OPTIONS | {"report": said.append})
    assert said == [f"model.pt in {finished} was missing or damaged: restored from {NEWEST}."]
    assert_same_run(finished, undisturbed)
    load_run(finished).load_model()


def test_weights_come_back_from_a_checkpoint_that_is_older_than_a_field_of_the_recipe(
    finished, undisturbed, few_digits
):
    state = load_checkpoint(finished)
    older = {name: value for name, value in state["settings"].items() if name != "teaching"}
    save_checkpoint(finished, state | {"settings": older})
    cut(finished / "model.pt")
    fit(RECIPE, few_digits, finished, PRECISION, **OPTIONS)
    assert_same_run(finished, undisturbed)


@pytest.mark.parametrize("left", [None, "a damaged one", "another run's"])
def test_weights_that_cannot_come_back_are_reported(finished, few_digits, left):
    cut(finished / "model.pt")
    if left is None:
        (finished / NEWEST).unlink()
    elif left == "a damaged one":
        cut(finished / NEWEST)
    else:
        state = load_checkpoint(finished)
        save_checkpoint(finished, state | {"settings": state["settings"] | {"seed": 99}})
    (finished / "checkpoint.previous.pt").unlink()
    with pytest.raises(UserError, match="model.pt are missing or damaged"):
        again(finished, few_digits)


def test_a_record_from_before_digests_is_checked_by_what_it_has(finished, few_digits):
    record = load_run(finished)
    del record.config["digests"]
    write_config(record)
    assert load_run(finished).history == record.history
    flip(0.3)(finished / "model.pt")
    again(finished, few_digits)
    assert "digests" in load_run(finished).config


def test_the_search_needs_no_weights(monkeypatch):
    """Its candidates' are not kept, and what is complete is not trained again."""
    monkeypatch.setattr(search, "fit", None)
    trained = [name for name, _ in search._complete()]
    assert trained and not (search.folder_of(trained[0]) / "model.pt").exists()


def test_a_candidate_whose_teacher_is_missing_is_named_before_any_is_trained(
    monkeypatch, tmp_path, digits
):
    monkeypatch.setenv("RESULTS_DIR", str(tmp_path))
    monkeypatch.setattr(search, "load_data", lambda name: replace(digits, name=name))
    monkeypatch.setattr(search, "fit", None)
    candidate = replace(search.CANDIDATES["taught"], teachers=("nobody",))
    monkeypatch.setitem(search.CANDIDATES, "taught", candidate)
    with pytest.raises(UserError, match="no teacher 'nobody' for cifar10-holdout"):
        search._search(["SGD", "taught"], None)


# --- the checkpoint ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["model", "optimizer"])
def test_a_checkpoint_of_another_network_is_named(tmp_path, few_digits, part):
    """Its checksum and its settings are right, and what it holds is not."""
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=1, **OPTIONS)
    other = replace(RECIPE, model="era9")
    fit(other, few_digits, tmp_path / "other", PRECISION, stop_after=1, **OPTIONS)
    theirs = load_checkpoint(tmp_path / "other")
    save_checkpoint(tmp_path, load_checkpoint(tmp_path) | {part: theirs[part]})
    before = (tmp_path / "model.pt").read_bytes()
    with pytest.raises(UserError, match=f"{NEWEST} is of another network or training") as error:
        again(tmp_path, few_digits)
    assert "\n" not in str(error.value)
    assert (tmp_path / "model.pt").read_bytes() == before


def test_who_taught_is_checked_too(undisturbed):
    config = load_run(undisturbed).config
    config["recipe"] |= {"teachers": ["aster"]}
    taught = {"teachers": [{"run": "aster", "weights": "0f"}], "soft_labels": "cache", "cache": "1"}
    require_config(config | {"taught": taught})
    with pytest.raises(ValueError, match="no taught"):
        require_config(config)
    refused = 0
    for wrong in malformed(taught):
        try:
            require_config(config | {"taught": wrong})
        except ValueError as error:
            refused += 1
            assert "\n" not in str(error)
        else:  # of these any text will do, and no digest, and no teachers
            assert isinstance(wrong["cache"], str | None)
            names = [one[key] for one in wrong["teachers"] for key in ("run", "weights")]
            assert all(isinstance(name, str) for name in names)
    assert refused > 10
