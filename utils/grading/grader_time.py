"""A limit on the processor time that the grader itself spends on one submission."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

AGAIN = 5.0  # seconds until the next reminder, should the first one be lost where Python ignores exceptions


class TookTooLong(BaseException):
    """Not an Exception: what catches those, to go on with the rest of a submission, must not catch this."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """TookTooLong after `seconds` of this process's own processor time; the processes that it starts have their own limits.

    Where there are no such signals (on Windows, outside of the main thread, as in a cluster's worker) nothing is limited.
    """

    def stop(*_) -> None:
        raise TookTooLong

    try:
        before = signal.signal(signal.SIGVTALRM, stop)
    except (AttributeError, ValueError):
        yield
        return
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
