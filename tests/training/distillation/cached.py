"""Soft labels made for the student of the tests."""

from dataclasses import replace

from tests.small_run import PRECISION, TAUGHT
from utils.teach import make_soft_labels

QUIET = {"report": lambda text: None}


def cached(data, epochs=3, **change):
    """The cache of the one teacher."""
    (cache,) = make_soft_labels(replace(TAUGHT, **change), data, PRECISION, epochs, **QUIET)
    return cache
