"""What a copy of a submission would have in common with it: networks, the numbers of logs, pieces of code."""

from collections.abc import Iterable

from utils.grading.copies.code_pieces import code_pieces
from utils.grading.copies.log_numbers import log_numbers
from utils.grading.log.epochs import Run
from utils.grading.submission.contents import Submission


def fingerprints(
    submission: Submission, runs: Iterable[Run], networks: Iterable[str]
) -> tuple[dict, list[str]]:
    """The "fingerprints" of the JSON interface, or none and a remark: a fault of ours here must not hide what else is known.

    `networks` are the digests of those that were executed.
    """
    try:
        return {
            "networks": sorted({digest for digest in networks if digest}),
            "logs": log_numbers(runs),
            "pieces": code_pieces(submission),
        }, []
    except Exception as error:
        return {}, [
            f"The grader failed at what a copy would share ({type(error).__name__}: {error})."
        ]
