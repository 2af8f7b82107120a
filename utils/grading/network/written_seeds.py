"""The seeds that a submission writes down: with their random numbers, its network must be the one that was recorded."""

import re

from utils.grading.submission.contents import Submission

_SEED = re.compile(r"seed\w*\W{1,12}(\d{1,9})\b", re.IGNORECASE)
_MOST = 3  # each costs an execution


def written_seeds(submission: Submission) -> list[int]:
    """The numbers that stand beside the word in its code: `torch.manual_seed(1)`, `SEED = 1`."""
    found = {int(number): None for text, _ in submission.code() for number in _SEED.findall(text)}
    return list(found)[:_MOST]
