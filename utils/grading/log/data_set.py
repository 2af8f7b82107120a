"""Which data set a log is of."""

from utils.grading.log.runs import Run


def data_set_of(run: Run) -> str | None:
    """None: nothing tells."""
    return None
