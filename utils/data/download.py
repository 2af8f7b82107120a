"""A file from the web, with patience: what came before a break is kept, and the next try goes on from there."""

import http.client
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

AGENT = "cifar10-under-200k"
CHUNK = 2**16  # bytes


class Unreachable(Exception):
    """There is no network, or the server does not give the file; the message is the reason, in a few words."""


@dataclass(frozen=True)
class Patience:
    """Seconds to wait, and how often."""

    network: float = 8  # for a connection, before anything else
    silence: float = 60  # for the next byte, the first one too; some servers take that long
    tries: int = 3  # in a row that bring nothing new
    pause: float = 2  # between two tries


def download_file(url: str, file: Path, patience: Patience) -> None:
    """Bring `file` up to what `url` has, from where it ends; Unreachable, and `file` kept, when that cannot be done."""
    print(f"Downloading {url}; the server may take a minute to answer.", flush=True)
    failures = 0
    while True:
        before = _size(file)
        try:
            _fetch_rest(url, file, patience.silence)
            return
        except _Broken as error:
            failures = 1 if _size(file) > before else failures + 1
            if error.final or failures >= patience.tries:
                raise Unreachable(str(error)) from None
            kept = f", {_size(file):,} bytes are kept" if _size(file) else ""
            print(f"The download broke off ({error}){kept}: trying again.", flush=True)
            time.sleep(patience.pause)


class _Broken(Exception):
    """A try that ended early; `final` where another one would end alike."""

    def __init__(self, reason: Exception | str, final: bool = False):
        super().__init__(_in_short(reason))
        self.final = final


def _fetch_rest(url: str, file: Path, silence: float) -> None:
    start = _size(file)
    request = urllib.request.Request(url, headers={"User-Agent": AGENT})
    if start:
        request.add_header("Range", f"bytes={start}-")
    try:
        answer = urllib.request.urlopen(request, timeout=silence)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing comes after what we have, so it is whole, or nothing of it
            error.close()
            return
        raise _Broken(str(error), final=error.code in (401, 403, 404, 410)) from None
    except (OSError, http.client.HTTPException) as error:  # URLError and time-outs are OSErrors
        raise _Broken(error) from None
    with answer:
        if answer.status != 206:  # the server begins at the beginning
            start = 0
        length = None if answer.length is None else start + answer.length
        with (
            open(file, "ab" if start else "wb") as out,
            tqdm(total=length, initial=start, unit="B", unit_scale=True, desc=file.name) as bar,
        ):
            while chunk := _next(answer):
                out.write(chunk)
                bar.update(len(chunk))
        if length is not None and _size(file) < length:
            raise _Broken(f"the connection was closed after {_size(file):,} of {length:,} bytes")


def _next(answer: http.client.HTTPResponse) -> bytes:
    """The bytes that are there, at least one; none at the end. Apart, so that a full disk is not taken for the network."""
    try:
        return answer.read1(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _Broken(error) from None


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def _in_short(reason: Exception | str) -> str:
    text = str(getattr(reason, "reason", None) or reason).strip() or type(reason).__name__
    return text.splitlines()[0].rstrip(".")


def require_network(url: str, seconds: float) -> None:
    """Raise Unreachable unless the server of `url`, or the proxy before it, takes a connection within `seconds`.

    In a thread, because a name look-up has no time-out and each address of a name would get the full time again.
    """
    outcome: list[OSError | None] = []

    def probe() -> None:
        try:
            socket.create_connection(_first_hop(url), timeout=seconds).close()
            outcome.append(None)
        except OSError as error:
            outcome.append(error)

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome or isinstance(outcome[0], TimeoutError):
        raise Unreachable(f"no network: no connection within {seconds} seconds")
    if outcome[0] is not None:
        raise Unreachable(f"no network: {outcome[0].strerror or outcome[0]}")


def _first_hop(url: str) -> tuple[str, int]:
    """Host and port that a request for `url` goes to first: a proxy of the environment, else the server."""
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname):
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return parts.hostname, parts.port or {"https": 443}.get(parts.scheme, 80)
