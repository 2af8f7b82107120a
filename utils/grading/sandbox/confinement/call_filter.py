"""In the child: the system calls that are left to it, by Linux's seccomp; every other one fails with EPERM.

They are those that PyTorch's work on a CPU and Python's imports need, no more: no other process or thread can be started,
signalled or changed, no file be changed, no socket be made. Which they are was measured on x86-64, with the networks of the
tests and some whole submissions; the numbers of the other chips are those of the same names. It needs no privilege, and
nothing that runs afterwards can take it off again.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

_FREE = """
    read readv pread64 preadv preadv2 write writev lseek close close_range dup dup2 dup3 fadvise64
    stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat getcwd getdents getdents64
    statfs fstatfs
    mmap munmap mprotect mremap madvise brk membarrier
    futex get_robust_list set_robust_list rseq set_tid_address sched_yield restart_syscall exit exit_group
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times poll ppoll select pselect6
    getpid getppid gettid getpgid getpgrp getsid getuid geteuid getgid getegid getresuid getresgid getgroups
    getpriority getrlimit getrusage sched_getaffinity sched_getparam sched_getscheduler getcpu get_mempolicy
    uname sysinfo getrandom capget arch_prctl riscv_flush_icache riscv_hwprobe
""".split()
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0x400000  # __O_TMPFILE
_OWN = "this process"
# Call: the place of the argument that decides, and the values of it that are allowed.
_BY_VALUE = {
    "fcntl": (
        1,
        (0, 1, 2, 3, 1030),
    ),  # copies, close-on-exec, what the flags are; no owner, no lock
    "ioctl": (1, (0x5401, 0x802C542A, 0x5413, 0x541B, 0x5450, 0x5451)),  # "is it a terminal", sizes
    "prctl": (
        0,
        (15, 16, 51, 0x53564D41),
    ),  # a thread's name, the width of ARM's vectors, a memory's name
    "prlimit64": (0, (0,)),  # this process
    "tgkill": (0, (_OWN,)),  # abort()
}
# Call: the place of its flags; with one of _WRITING it is refused.
_READ_ONLY = {"open": 1, "openat": 2}
_ABSENT = ("clone3", "openat2")  # the C library then takes the older one
# What `platform` says: what the kernel says, and what the package system_calls says.
_CHIPS = {
    "x86_64": (0xC000003E, "x86_64"),
    "aarch64": (0xC00000B7, "arm64"),
    "riscv64": (0xC00000F3, "riscv64"),
}
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_REFUSE, _UNKNOWN = 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_NUMBER, _CHIP, _ARGUMENTS = 0, 4, 16  # where these stand in what the filter sees, in bytes
NO_NEW_PRIVS, _SET_FILTER, _EVERY_THREAD = 38, 1, 1


def has_filter() -> bool:
    """Whether this system and chip are such that system calls can be filtered."""
    return sys.platform == "linux" and platform.machine() in _CHIPS


def filter_calls() -> bool:
    """Leave this process and all its threads the calls above; False where that cannot be."""
    if not has_filter():
        return False
    number, libc = _numbers(), ctypes.CDLL(None, use_errno=True)
    made = _program(number)
    held = ctypes.create_string_buffer(made)
    described = struct.pack("<HxxxxxxQ", len(made) // 8, ctypes.addressof(held))
    return (
        libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        and libc.syscall(number["seccomp"], _SET_FILTER, _EVERY_THREAD, described) == 0
    )


def _numbers() -> dict[str, int]:
    """The number of every system call of this chip, by its name."""
    from system_calls import syscalls

    return syscalls().load_arch_table(_CHIPS[platform.machine()][1])


def _program(number: dict[str, int]) -> bytes:
    """The filter as instructions of the kernel's packet filter: (code, jump if true, jump if false, operand).

    A call has its number in the accumulator until the filter looks at its arguments, of which the lower half decides: the
    kernel itself takes no more of these.
    """
    chip = _CHIPS[platform.machine()][0]
    program = [
        (_LOAD, 0, 0, _CHIP),
        (_EQUAL, 1, 0, chip),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    for name in [name for name in _FREE if name in number]:
        program += [(_EQUAL, 0, 1, number[name]), (_RETURN, 0, 0, _ALLOW)]
    for name in [name for name in _ABSENT if name in number]:
        program += [(_EQUAL, 0, 1, number[name]), (_RETURN, 0, 0, _UNKNOWN)]
    for name, (place, values) in _BY_VALUE.items():
        tests = [
            step
            for value in values
            for step in (
                (_EQUAL, 0, 1, os.getpid() if value is _OWN else value),
                (_RETURN, 0, 0, _ALLOW),
            )
        ]
        program += _looking_at(number[name], place, [*tests, (_RETURN, 0, 0, _REFUSE)])
    for name in [name for name in _READ_ONLY if name in number]:
        tests = [(_ANY_BIT, 0, 1, _WRITING), (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
        program += _looking_at(number[name], _READ_ONLY[name], tests)
    program.append((_RETURN, 0, 0, _REFUSE))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def _looking_at(number: int, argument: int, tests: list[tuple]) -> list[tuple]:
    return [
        (_EQUAL, 0, len(tests) + 1, number),
        (_LOAD, 0, 0, _ARGUMENTS + 8 * argument),
        *tests,
    ]
