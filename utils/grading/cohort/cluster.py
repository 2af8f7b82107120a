"""A cohort spread over the workers of a Dask cluster by joblib's own backend; `distributed`, which it needs, is optional."""

from collections.abc import Iterator
from contextlib import contextmanager

from joblib import parallel_config

from utils.errors import UserError

SECONDS = 30  # to find the scheduler, and then one worker
START = "PYTHONPATH=. .venv/bin/dask worker"


@contextmanager
def spread_over(scheduler: str) -> Iterator[None]:
    """What joblib does in this block is done by the cluster whose scheduler has this address, as "tcp://127.0.0.1:8786".

    Its machines must see the submissions and the folder of the results by the same paths. Where there is no address, nothing
    is changed. UserError where the cluster is not there, or cannot import the grader.
    """
    if not scheduler:
        yield
        return
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise UserError(
            f"--backend dask needs {error.name}, which is not installed: .venv/bin/pip install distributed"
        ) from None
    try:
        client = Client(scheduler, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(f"There is no scheduler at {scheduler}: {error}") from None
    with client:
        _check_workers(client, scheduler)
        with parallel_config(backend="dask", client=client):
            yield


def _check_workers(client, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=SECONDS)
        client.submit(_imports, pure=False).result()
    except TimeoutError:
        raise UserError(
            f"The scheduler has no worker: start one with `{START} {scheduler} --nthreads 1`."
        ) from None
    except (ImportError, RuntimeError) as error:  # of a worker, of the scheduler
        why = str(error.__cause__ or error).strip().splitlines()[0]
        raise UserError(
            f"The cluster cannot import the grader ({why}): start scheduler and workers in its folder, with PYTHONPATH=."
        ) from None


def _imports() -> None:
    """Done by a worker, which has to import this module for it."""
    import utils.grading.grade  # noqa: F401
