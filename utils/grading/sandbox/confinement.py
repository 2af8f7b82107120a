"""What a child process gives up before it meets a stranger's code: memory, time, new processes, sockets, changes to files.

The filter is Linux's seccomp (x86-64 and ARM64): system calls that it refuses fail with EPERM, whatever library makes them.
It needs no privilege, and nothing that runs afterwards can take it off again.
"""

import ctypes
import errno
import platform
import struct
import sys

# Name: number on x86-64 and on ARM64; None where that machine has no such call.
_PROCESSES = {
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "setsid": (112, 157),
    "setpgid": (109, 154),
    "kill": (62, 129),
    "tkill": (200, 130),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
}
_NETWORK = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "io_uring_setup": (425, 425),
}
# What would hold memory outside of the limit, or outlive the process.
_SHARED_MEMORY = {
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
}
_SYSTEM = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "fsopen": (430, 430),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "userfaultfd": (323, 282),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "open_by_handle_at": (304, 265),
    "capset": (126, 91),
}
_FILE_OWNERS = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
_FILE_CHANGES = {
    "creat": (85, None),
    "truncate": (76, 45),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "mknod": (133, None),
    "mknodat": (259, 33),
}
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_CLONE, _CLONE3, _OPEN, _OPENAT, _OPENAT2, _SECCOMP = (
    (56, 220),
    (435, 435),
    (2, None),
    (257, 56),
    (437, 437),
    (317, 277),
)
_THREAD = 0x10000
_WRITING = (
    0x1 | 0x2 | 0x40 | 0x200 | 0x400 | 0x400000
)  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND, __O_TMPFILE
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
_UNKNOWN_CALL = 0x00050000 | errno.ENOSYS


def has_filter() -> bool:
    """Whether system calls can be filtered on this system and chip."""
    return sys.platform == "linux" and platform.machine() in _ARCHITECTURES


def confine(memory: int, seconds: int, file_size: int, read_only: bool) -> bool:
    """Give up everything but `memory` more bytes, `seconds` of CPU time and files of `file_size` bytes each.

    With `read_only` no file can be changed at all. False where this machine has no such filter: then only the limits hold.
    """
    _limit(memory, seconds, file_size)
    if not has_filter():
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    _drop_capabilities(libc)
    return libc.prctl(38, 1, 0, 0, 0) == 0 and _install(
        libc, _program(read_only)
    )  # 38: no new privileges


def _limit(memory: int, seconds: int, file_size: int) -> None:
    import resource  # not on every system, and not needed where there is no child

    used, spent = _address_space(), int(sum(resource.getrusage(resource.RUSAGE_SELF)[:2])) + 1
    limits = {
        "RLIMIT_AS": used + memory if used else None,
        "RLIMIT_CPU": spent + seconds,
        "RLIMIT_FSIZE": file_size,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 128,
        "RLIMIT_MSGQUEUE": 0,
    }
    if sys.platform != "linux":  # elsewhere the filter sees to it
        limits["RLIMIT_NPROC"] = 0
    for name, value in limits.items():
        number = getattr(resource, name, None)
        if number is not None and value is not None:
            _, hard = resource.getrlimit(number)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(number, (value, value))


def _address_space() -> int:
    """Bytes of address space in use; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * 4096
    except OSError:
        return 0


def _drop_capabilities(libc) -> None:
    """An administrator's process could otherwise lift its own limits again."""
    header, nothing = struct.pack("<Ii", 0x20080522, 0), bytes(24)
    libc.capset(header, nothing)


def _program(read_only: bool) -> bytes:
    """The filter as instructions of the kernel's packet filter: (code, jump if true, jump if false, operand)."""
    column, architecture = _ARCHITECTURES[platform.machine()]
    refused = (
        _PROCESSES
        | _NETWORK
        | _SHARED_MEMORY
        | _SYSTEM
        | _FILE_OWNERS
        | (_FILE_CHANGES if read_only else {})
    )
    program = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
    ]
    if column == 0:  # the numbers of the x32 interface
        program += [(_AT_LEAST, 0, 1, 0x40000000), (_RETURN, 0, 0, _REFUSE)]
    for numbers in refused.values():
        if numbers[column] is not None:
            program += [(_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _REFUSE)]
    program += [
        (_EQUAL, 0, 1, _CLONE3[column]),
        (_RETURN, 0, 0, _UNKNOWN_CALL),
    ]  # the C library then uses clone
    program += [
        (_EQUAL, 0, 4, _CLONE[column]),
        (_LOAD, 0, 0, 16),
        (_ANY_BIT, 0, 1, _THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    if read_only:
        program += [(_EQUAL, 0, 1, _OPENAT2[column]), (_RETURN, 0, 0, _UNKNOWN_CALL)]
        for numbers, flags in ((_OPEN, 24), (_OPENAT, 32)):
            if numbers[column] is not None:
                program += [
                    (_EQUAL, 0, 4, numbers[column]),
                    (_LOAD, 0, 0, flags),
                    (_ANY_BIT, 0, 1, _WRITING),
                    (_RETURN, 0, 0, _REFUSE),
                    (_RETURN, 0, 0, _ALLOW),
                ]
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def _install(libc, program: bytes) -> bool:
    """For all threads of this process, and whatever they start."""
    column, _ = _ARCHITECTURES[platform.machine()]
    held = ctypes.create_string_buffer(program)
    described = struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(held))
    return libc.syscall(_SECCOMP[column], 1, 1, described) == 0  # set the filter, in every thread
