"""A cohort graded by a Dask cluster on this machine; skipped where `distributed` is not installed."""

import json
import os
import signal
import sys

import pytest

from tests.grading.submissions import Parts, flat, write
from tests.living_processes import lives, wait_until
from utils.errors import UserError
from utils.grading.__main__ import main
from utils.grading.cohort import cluster
from utils.grading.cohort.cluster import spread_over

ADDRESS = "tcp://127.0.0.1:1"  # where nothing listens


@pytest.fixture(scope="module")
def workers():
    """A cluster of two workers, each a process with one thread."""
    distributed = pytest.importorskip("distributed")
    options = {"dashboard_address": None, "host": "127.0.0.1", "processes": True}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, **options) as started:
        with distributed.Client(started) as client:
            yield started.scheduler_address, client


def test_two_workers_grade_and_the_loss_of_one_changes_nothing(workers, tmp_path, capsys):
    address, client = workers
    paths = [str(write(flat(Parts()), tmp_path / "in" / f"copy {index}")) for index in range(4)]

    def graded(folder, *options):
        asked = [*paths, "--format", "json", "--folder", str(tmp_path / folder), *options]
        assert main(asked) == 1  # nothing was executed, so some of it is unverifiable
        return json.loads(capsys.readouterr().out)

    pids = client.run(os.getpid)
    assert len(set(pids.values()) - {os.getpid()}) == 2
    victim = next(iter(pids.values()))
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: not lives(victim))
    spread = graded("spread", "--backend", "dask", "--scheduler", address)
    assert [entry["path"] for entry in spread["submissions"]] == paths
    imported = client.run(lambda: "utils.grading.grade" in sys.modules)
    assert any(imported.values()) and spread == graded("here", "--jobs", "1")


def test_a_cluster_that_is_not_there_is_said(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "SECONDS", 1)
    with pytest.raises(UserError, match=f"no scheduler at {ADDRESS}"), spread_over(ADDRESS):
        pass


def test_without_distributed_it_is_asked_for(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UserError, match="pip install distributed"), spread_over(ADDRESS):
        pass
