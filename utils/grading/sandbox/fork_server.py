"""A confined process that has imported PyTorch once, and forks itself for each job.

It meets no job: the descriptors of one go straight to the fork, which then is a child like any other, with limits, clock and
filter of its own. What one submission's code does to its process, the next never sees.
"""

import os
import socket
import struct
from collections.abc import Callable

from utils.grading.sandbox.confinement.apply import address_space, end_after, end_with_grader

READY = b"+"  # it is confined and has imported everything
STATUS = struct.Struct("<i")  # how a child ended: its exit status, or minus a signal's number
ENDS = 4  # the descriptors of a job: what it reads, prints to twice, and answers through


def serve(given: dict) -> None:
    """Fork a child for each message from "channel", a socket, and send back how it ended; end with the grader."""
    from utils.grading.sandbox.child import main  # not for the grader, which needs the names above

    end_after(None)
    asked = socket.socket(fileno=given["channel"])
    given = {
        **given,
        "used": address_space(),
    }  # Landlock lets a process read only its own, not its fork's
    asked.sendall(READY)
    while True:
        message, ends, _, _ = socket.recv_fds(asked, 1, ENDS)
        if not message:
            os._exit(0)
        child = os.fork()
        if not child:
            _become_child(main, given, ends)
        for end in ends:
            os.close(end)
        asked.sendall(STATUS.pack(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))


def _become_child(main: Callable[[dict], None], given: dict, ends: list[int]) -> None:
    """Do one job; it ends this process."""
    try:
        *streams, answer = (os.dup(end) for end in ends)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        channel = len(streams)
        os.dup2(answer, channel)
        os.closerange(channel + 1, os.sysconf("SC_OPEN_MAX"))
        end_with_grader(channel, given["start"])
        main({**given, "channel": channel})
    finally:
        os._exit(1)
