"""Trouble of the machine: one sentence that names the file, the reason and the remedy, and no traceback anywhere."""

import errno
import io
import os
import re
import signal
import subprocess
import sys
import types

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from tests.small_run import OPTIONS, PRECISION, RECIPE, assert_same_run
from utils import errors, files
from utils.errors import GOES_ON, UserError, explain, plainly, run_command
from utils.paths import REPOSITORY, from_environment
from utils.training.fit import fit
from utils.training.run_record import load_run


def provoked(error: BaseException) -> str:
    with pytest.raises(UserError) as caught, plainly(GOES_ON):
        raise error
    assert caught.value.__cause__ is error  # for whoever looks deeper
    return str(caught.value)


@pytest.mark.parametrize("number", sorted(set(errno.errorcode) - {errno.EPIPE}))
def test_every_error_of_the_system_is_one_sentence(number):
    sentence = provoked(OSError(number, os.strerror(number), "results/a/config.json"))
    assert sentence.startswith("results/a/config.json cannot be used, because ")
    assert sentence.endswith(f"; {GOES_ON}.") and "\n" not in sentence
    assert str(number) not in sentence


@pytest.mark.parametrize(
    "error, words",
    [
        (OSError(errno.ENOSPC, "x", "f"), "f cannot be used, because no space is left"),
        (OSError(errno.EDQUOT, "x", "f"), "quota"),
        (OSError(errno.EROFS, "x", "f"), "read-only"),
        (OSError(errno.EACCES, "x", "f"), "permissions"),
        (OSError(errno.ENOTCONN, "x", "f"), "mount Drive again"),
        (OSError(errno.EIO, "x", b"f"), "f cannot be used, because the disk or the drive"),
        (OSError(errno.EIO, "x", 7), "7 cannot be used, because the disk or the drive"),
        (OSError(errno.ESTALE, "x"), "The disk or the drive behind it does not answer"),
        (OSError("only words"), "Only words"),
        (MemoryError(), "There is not enough memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), "ulimit -v"),
        (
            RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
            "The GPU has not enough memory",
        ),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), "The GPU has not enough"),
        (
            RuntimeError(
                "DataLoader worker (pid 7) is killed by signal: Bus error. It is possible"
            ),
            "/dev/shm.*--workers 0",
        ),
        (
            RuntimeError("unable to write to file </torch_12_345>: No space left on device (28)"),
            "/dev/shm.*--shm-size",
        ),
        (
            RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed."),
            "ended from outside",
        ),
        (RuntimeError("DataLoader worker (pid(s) 7, 8) exited unexpectedly"), "--workers 0"),
        (RuntimeError("can't start new thread"), "ulimit -u"),
        (ImportError("libtorch.so: failed to map segment from shared object"), "enough memory"),
        (UnicodeEncodeError("ascii", "aé", 1, 2, "x"), r"'\\xe9'.*PYTHONIOENCODING"),
        (ValueError("'a' is not a valid value for backend; supported are"), "unset MPLBACKEND"),
    ],
)
def test_the_sentence_names_reason_and_remedy(error, words):
    assert re.search(words, provoked(error))


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        ValueError("too many values to unpack"),
        KeyError("x"),
        ImportError("cannot import name 'x'"),
        BrokenPipeError(errno.EPIPE, "Broken pipe"),
    ],
)
def test_what_the_code_is_to_blame_for_passes(error):
    with pytest.raises(type(error)) as caught, plainly():
        raise error
    assert caught.value is error


# --- in a notebook -----------------------------------------------------------------------------------------------------


def shown_in_a_notebook(code: str) -> str:
    """What IPython prints for a cell, without colours."""
    shell = InteractiveShell.instance()
    shell.colors = "nocolor"
    with capture_output() as captured:
        shell.run_cell(code)
    return captured.stdout + captured.stderr


@pytest.fixture
def colab(monkeypatch):
    for name in ("google", "google.colab"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))


RAISE = "from utils.errors import UserError\nraise UserError({!r})"


def test_a_notebook_shows_the_sentence_and_nothing_else():
    assert shown_in_a_notebook(RAISE.format("The disk is full: free some.")).strip() == (
        "The disk is full: free some."
    )
    assert "Traceback" in shown_in_a_notebook("1 / 0")


def test_a_notebook_shows_its_own_words():
    shown = shown_in_a_notebook(
        RAISE.format(
            "Say --epochs 3 or --run a, --precision fp32 or --workers 0, or leave --device out."
        )
    )
    assert shown.strip() == (
        'Say EPOCHS 3 or RUN a, choose_precision(choose_device(), "fp32") or workers=0 in the call of '
        "fit, or leave the device out."
    )


@pytest.mark.parametrize(
    "sentence, remedy",
    [
        ("There is no device 'cuda' here", "Change runtime type"),
        ("/content/drive/MyDrive/x cannot be used", "force_remount=True"),
        ("CIFAR-10 is not in data: run `make data`", "run this cell again"),
        ("There is not enough memory", "Restart session"),
    ],
)
def test_colab_adds_what_can_be_done_there(colab, sentence, remedy):
    shown = shown_in_a_notebook(RAISE.format(sentence))
    assert shown.startswith(sentence) and remedy in shown and "Traceback" not in shown


def test_elsewhere_nothing_is_said_of_colab():
    assert "Colab" not in shown_in_a_notebook(RAISE.format("There is no device 'cuda' here"))


# --- on the command line ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error, status, words",
    [
        (UserError("Not so."), 1, "Not so.\n"),
        (OSError(errno.EROFS, "x", "f"), 1, "f cannot be used, because the disk is read-only"),
        (KeyboardInterrupt(), 130, "goes on from there"),
    ],
)
def test_a_command_ends_with_a_sentence(capsys, error, status, words):
    def work():
        raise error

    assert run_command(work) == (status, None)
    assert words in capsys.readouterr().err
    assert run_command(lambda: 5) == (0, 5)


def test_a_terminal_of_few_letters_shows_numbers(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    assert run_command(lambda: print("café → \udcff"))[0] == 0
    sys.stdout.flush()
    assert raw.getvalue() == b"caf\\xe9 \\u2192 \\udcff\n"


def test_a_command_whose_output_nobody_reads_says_nothing():
    code = (
        "import sys; from utils.errors import run_command\n"
        "sys.exit(run_command(lambda: [print('x' * 1000, flush=True) for _ in range(1000)])[0])"
    )
    command = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    command.stdout.read(10)
    command.stdout.close()
    assert command.wait() == 1 and command.stderr.read() == b""
    command.stderr.close()


def test_matplotlib_is_imported_where_an_unknown_backend_becomes_a_sentence():
    """Indented, because it stands in a `with plainly()`."""
    found = [
        file.name
        for file in (REPOSITORY / "utils").rglob("*.py")
        if re.search(r"^(import|from) matplotlib", file.read_text(encoding="utf-8"), re.M)
    ]
    assert not found


def test_an_unknown_backend_of_matplotlib_is_a_sentence():
    command = [sys.executable, "-c", "import utils.plotting"]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=os.environ | {"MPLBACKEND": "crayons"},
        capture_output=True,
        text=True,
    )
    sentence = "MPLBACKEND names a backend that matplotlib does not have here: unset MPLBACKEND."
    assert done.stderr.rstrip().endswith(f"UserError: {sentence}")


# --- in a training ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_full_disk_costs_at_most_an_epoch(undisturbed, tmp_path, few_digits, monkeypatch, call):
    """Whatever call meets it; the partial file is gone, and training goes on as if nothing had been."""
    fit(RECIPE, few_digits, tmp_path, PRECISION, stop_after=1, **OPTIONS)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if call in ("fsync", "replace"):
            patch.setattr(files.os, call, full)
        elif call == "open":
            patch.setattr(files, "open", full, raising=False)
        else:
            full_file = type("FullFile", (io.BytesIO,), {"write": full})
            patch.setattr(files, "open", lambda *_: full_file(), raising=False)
        with pytest.raises(UserError, match="o space is left there: free some space.*goes on"):
            fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)
    assert len(load_run(tmp_path).history) == 1
    assert call == "replace" or not list(tmp_path.glob("*.tmp"))
    fit(RECIPE, few_digits, tmp_path, PRECISION, **OPTIONS)
    assert_same_run(tmp_path, undisturbed)


def test_a_file_where_the_folder_belongs(tmp_path, few_digits):
    (tmp_path / "run").write_text("")
    with pytest.raises(UserError, match="run cannot be used, because a file is where a folder"):
        fit(RECIPE, few_digits, tmp_path / "run", PRECISION, **OPTIONS)


def test_a_name_that_is_too_long(tmp_path, few_digits):
    with pytest.raises(UserError, match="because the name is too long: choose a shorter one"):
        fit(RECIPE, few_digits, tmp_path / ("x" * 300), PRECISION, **OPTIONS)


def test_explaining_never_fails():
    for error in (OSError(), OSError(None, None), OSError(5, None, None), MemoryError("x")):
        assert explain(error)
    assert errors.explain(RuntimeError()) is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with a name")
@pytest.mark.parametrize(
    "name", ["config.json", "history.csv", "model.pt", "checkpoint.pt", "config.json.tmp", ".lock"]
)
def test_a_pipe_in_a_runs_folder_is_not_waited_for(name, tmp_path, few_digits):
    folder = tmp_path / "run"
    fit(RECIPE, few_digits, folder, PRECISION, **OPTIONS | {"stop_after": 1})
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    signal.alarm(60)  # ends the tests where it waits
    try:
        record = fit(RECIPE, few_digits, folder, PRECISION, **OPTIONS)
        if name == "model.pt":
            record.load_model()
    except UserError as error:
        assert str(folder / name) in str(error) and "\n" not in str(error)
    else:
        assert record.complete and name not in ("config.json", "history.csv")
    finally:
        signal.alarm(0)


@pytest.mark.parametrize("variable", ["RESULTS_DIR", "CIFAR10_ROOT", "SOFT_LABELS"])
def test_a_home_that_is_not_there_is_named(variable, monkeypatch):
    monkeypatch.setenv(variable, "~nobody-of-this-name/x")
    with pytest.raises(UserError, match=f"^{variable}=~nobody-of-this-name/x: there is no such"):
        from_environment(variable, "results")


@pytest.mark.parametrize(
    "trouble, sentence",
    [
        ("KeyboardInterrupt", "Stopped."),
        ("ModuleNotFoundError('x', name='torch')", "torch is not installed: run `make setup`"),
        ("ImportError('libtorch.so: failed to map segment')", "There is not enough memory: close"),
    ],
)
def test_what_stops_a_command_while_it_is_imported_is_a_sentence(trouble, sentence, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Troubled:\n"
        "    def find_spec(self, name, *rest):\n"
        f"        if name == 'torch': raise {trouble}\n"
        "sys.meta_path.insert(0, Troubled())\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "utils.train", "era9"],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode and done.stderr.strip().startswith(sentence)
    assert len(done.stderr.strip().splitlines()) == 1


# --- streams and devices -------------------------------------------------------------------------------------------------


def test_a_report_goes_to_a_device_and_does_not_replace_it(tmp_path):
    read, pipe = "", tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    files.put(pipe, "a report\n")
    read = os.read(reader, 100)
    os.close(reader)
    assert read == b"a report\n" and pipe.is_fifo()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    files.put(tmp_path / "link", "another\n")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "another\n"


@pytest.mark.parametrize("folder", ["report.json", "report.json.tmp"])
def test_the_folder_that_is_in_the_way_is_named(folder, tmp_path):
    (tmp_path / folder).mkdir()
    with pytest.raises(UserError) as caught, plainly():
        files.write_whole(tmp_path / "report.json", "{}")
    assert str(caught.value).startswith(f"{tmp_path / folder} cannot be used, because")


@pytest.mark.parametrize("closed", ["1>&-", "2>&-", "1>/dev/full"])
@pytest.mark.parametrize(
    "command", ["utils.make.handout --folder {} --rubric absent", "utils.grading {}"]
)
def test_a_closed_or_full_stream_ends_in_no_traceback(command, closed, tmp_path):
    (tmp_path / "net.py").write_text("")
    line = f"{sys.executable} -m {command.format(tmp_path)} {closed}"
    done = subprocess.run(
        line, shell=True, cwd=REPOSITORY, capture_output=True, text=True, timeout=120
    )
    assert "Traceback" not in done.stderr and "unexpected" not in done.stderr
    assert done.returncode in (1, 2, 3)
