"""A network whose constructor tries everything that must not succeed, and raises an exception that names what did."""

# {victim}: a process of the same user; {place}: a folder with secret.txt and a neighbour's model.py in it; {file}: a file
# that a child may read.
TRIES = '''
import ctypes, fcntl, glob, os, resource, signal, socket, struct, sys, threading
from torch import nn

LIBC = ctypes.CDLL(None, use_errno=True)
VICTIM, PLACE, FILE, NUMBER = {victim!r}, {place!r}, {file!r}, {number!r}
IN, BUFFER = -100, ctypes.create_string_buffer(4096)


def call(name, *arguments):
    """A system call by its number; -1 and what it cannot do is an OSError."""
    done = LIBC.syscall(NUMBER[name], *arguments)
    if done < 0:
        raise OSError(ctypes.get_errno(), name)
    return done


def neighbour():
    sys.path.insert(0, PLACE)
    import neighbour_model
    if neighbour_model.MARK != "executed":  # but a stand-in for a module that is not there
        raise ImportError


def natively(path):
    import torch
    return torch.from_file(path, size=4, dtype=torch.uint8)


def descriptor():
    return os.open(FILE, os.O_RDONLY)


def thread():
    threading.Thread(target=print).start()


HERE = PLACE.encode()
SECRET = HERE + b"/secret.txt"
ATTEMPTS = dict(
    tgkill=lambda: call("tgkill", VICTIM, VICTIM, 15),
    tkill=lambda: call("tkill", VICTIM, 15),
    kill=lambda: call("kill", VICTIM, 15),
    all_killed=lambda: call("kill", -1, 0),
    sigqueue=lambda: call("rt_sigqueueinfo", VICTIM, 15, BUFFER),
    pidfd=lambda: call("pidfd_open", VICTIM, 0),
    prlimit=lambda: call("prlimit64", VICTIM, resource.RLIMIT_CPU, struct.pack("QQ", 1, 1), None),
    priority=lambda: call("setpriority", 0, VICTIM, 19),
    affinity=lambda: call("sched_setaffinity", VICTIM, 8, struct.pack("Q", 1)),
    ptrace=lambda: call("ptrace", 16, VICTIM, 0, 0),
    memory=lambda: call("process_vm_readv", VICTIM, None, 0, None, 0, 0),
    owner=lambda: fcntl.fcntl(descriptor(), fcntl.F_SETOWN, VICTIM),
    signal=lambda: fcntl.fcntl(descriptor(), 10, 9),
    async_io=lambda: fcntl.fcntl(1, fcntl.F_SETFL, os.O_ASYNC),
    lease=lambda: fcntl.fcntl(descriptor(), 1024, fcntl.F_RDLCK),
    lock=lambda: fcntl.lockf(descriptor(), fcntl.LOCK_SH),
    flock=lambda: fcntl.flock(descriptor(), fcntl.LOCK_SH),
    flags=lambda: fcntl.ioctl(descriptor(), 0x40086602, struct.pack("L", 0)),
    terminal=lambda: fcntl.ioctl(1, 0x5412, b"x"),
    shm=lambda: call("shmget", 0, 4096, 0o1600),
    shmctl=lambda: call("shmctl", 0, 0, None),
    semctl=lambda: call("semctl", 0, 0, 0, 0),
    msgctl=lambda: call("msgctl", 0, 0, None),
    memfd=lambda: call("memfd_create", b"x", 0),
    pipes=os.pipe,
    fork=lambda: call("clone", 17, 0, 0, 0, 0),
    thread=thread,
    bare_thread=lambda: call("clone", 0x50F00, 0, 0, 0, 0),
    exec=lambda: call("execve", b"/bin/true", None, None),
    socket=lambda: call("socket", 2, 1, 0),
    pair=lambda: call("socketpair", 1, 1, 0, BUFFER),
    ring=lambda: call("io_uring_setup", 1, BUFFER),
    unshare=lambda: call("unshare", 0x10000000),
    mount=lambda: call("mount", b"none", b"/", b"tmpfs", 0, None),
    chroot=lambda: call("chroot", b"/"),
    seccomp=lambda: call("seccomp", 1, 0, None),
    survive=lambda: call("prctl", 1, 0, 0, 0, 0),
    dumpable=lambda: call("prctl", 4, 1, 0, 0, 0),
    clock=lambda: call("timer_delete", 0),
    alarm=lambda: call("setitimer", 0, bytes(32), None),
    limits=lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
    write=lambda: call("openat", IN, HERE + b"/new", os.O_CREAT | os.O_WRONLY, 0o600),
    unnamed=lambda: call("openat", IN, HERE, 0o20200000 | os.O_RDWR, 0o600),
    overwrite=lambda: call("openat", IN, SECRET, os.O_TRUNC),
    truncate=lambda: call("truncate", SECRET, 0),
    unlink=lambda: call("unlinkat", IN, SECRET, 0),
    rename=lambda: call("renameat2", IN, SECRET, IN, SECRET + b"2", 0),
    link=lambda: call("linkat", IN, SECRET, IN, SECRET + b"2", 0),
    mkdir=lambda: call("mkdirat", IN, HERE + b"/new", 0o700),
    node=lambda: call("mknodat", IN, HERE + b"/new", 0o10600, 0),
    mode=lambda: call("fchmodat", IN, SECRET, 0o777),
    owned=lambda: call("fchownat", IN, SECRET, 1, 1, 0),
    times=lambda: call("utimensat", IN, SECRET, None, 0),
    attribute=lambda: call("setxattr", SECRET, b"user.x", b"x", 1, 0),
)
READS = dict(
    secret=lambda: open(PLACE + "/secret.txt").read(),
    listing=lambda: os.listdir(PLACE),
    neighbour=neighbour,
    host=lambda: open("/etc/hostname").read(),
    users=lambda: open("/etc/passwd").read(),
    root=lambda: os.listdir("/"),
    others=lambda: os.listdir("/proc"),
    environment=lambda: open(f"/proc/{{VICTIM}}/environ").read(),
    parents=lambda: open(f"/proc/{{os.getppid()}}/environ").read(),
    through=lambda: open(f"/proc/self/root{{PLACE}}/secret.txt").read(),
    native=lambda: natively(PLACE + "/secret.txt"),
)


def succeeded(attempts):
    names = []
    for name, attempt in attempts.items():
        try:
            attempt()
            names.append(name)
        except (OSError, RuntimeError, ImportError, ValueError):
            pass
    return names


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        raise ValueError(f"done: {{succeeded(ATTEMPTS)}}, read: {{succeeded(READS)}}")
'''
