"""Downloads that wait, break off, stall or bring something else: patience where it helps, one sentence where it does not."""

import http.server
import socket
import threading
import time
from pathlib import Path

import pytest
from torchvision.datasets import CIFAR10

from utils.data import cifar10 as files
from utils.data import download
from utils.data.download import Patience

SHORT = Patience(network=2, silence=0.4, tries=2, pause=0.01)


@pytest.fixture
def server(tiny_cifar10, tmp_path, monkeypatch):
    """A web server that has the tiny archive, and one plan for each request; its `asked` lists where these began."""

    class Handler(http.server.BaseHTTPRequestHandler):
        asked: list[int] = []
        plans: list[dict] = []  # of the requests to come: {} is one that goes well
        content = (tmp_path / "served" / CIFAR10.filename).read_bytes()
        knows_range = True

        def do_GET(self):
            plan = {"wait": 0, "cut": None, "stall": 0, "code": None, "nonsense": False}
            plan |= Handler.plans.pop(0) if Handler.plans else {}
            time.sleep(plan["wait"])
            if plan["nonsense"]:
                self.wfile.write(b"what?\r\n\r\n")
                return
            wanted = self.headers.get("Range") if Handler.knows_range else None
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
            Handler.asked.append(start)
            code = plan["code"] or (206 if start else 200)
            if start >= len(Handler.content):
                code = 416
            rest = Handler.content[start:] if code in (200, 206) else b""
            self.send_response(code)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: plan["cut"]])
            self.wfile.flush()
            time.sleep(plan["stall"])

        def log_message(self, *_):
            pass

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setattr(CIFAR10, "url", f"http://127.0.0.1:{web.server_port}/{CIFAR10.filename}")
    yield Handler
    web.shutdown()
    web.server_close()


def fetch(root: Path, **changes):
    """The training set under `root`, with little patience."""
    return files.open_files(root, patience=Patience(**vars(SHORT) | changes))[0]


def test_download_fetches_checks_and_leaves_only_the_data(server, tmp_path, capsys):
    root = tmp_path / "new"
    assert len(fetch(root)) == 50
    assert [path.name for path in root.iterdir()] == [CIFAR10.base_folder]
    said = capsys.readouterr()
    assert CIFAR10.url in said.out and "100%" in said.err


def test_a_server_that_waits_and_breaks_off_once_costs_nothing_but_time(server, tmp_path, capsys):
    server.plans = [{"wait": 0.2, "cut": 2000}]
    assert len(fetch(tmp_path / "new")) == 50
    assert server.asked == [0, 2000]
    assert "closed after 2,000 of" in capsys.readouterr().out


def test_patience_grows_no_longer_than_the_download_does(server, tmp_path):
    """Each break brings something new, so that more of them than `tries` are borne."""
    server.plans = [{"cut": 300}] * 8
    assert len(fetch(tmp_path / "new")) == 50
    assert server.asked == [300 * number for number in range(9)]


def test_what_came_is_kept_for_the_next_time(server, tmp_path):
    root = tmp_path / "new"
    server.plans = [{"cut": 2000}] + [{"cut": 0}] * 2
    with pytest.raises(
        files.NoCifar10, match="closed after 2,000 of .* goes on from what has come"
    ):
        fetch(root)
    assert not (root / CIFAR10.base_folder).exists()
    assert len(fetch(root)) == 50
    assert server.asked == [0, 2000, 2000, 2000]


def test_a_server_that_cannot_go_on_begins_again(server, tmp_path):
    server.knows_range = False
    server.plans = [{"cut": 2000}]
    assert len(fetch(tmp_path / "new")) == 50


@pytest.mark.parametrize("length", [1500, 10**6])
def test_the_beginning_of_something_else_is_not_gone_on_with(server, tmp_path, length):
    root = tmp_path / "new"
    (root / files.STAGING).mkdir(parents=True)
    (root / files.STAGING / CIFAR10.filename).write_bytes(b"x" * length)
    assert len(fetch(root)) == 50
    assert server.asked == [length, 0]


def test_another_file_under_its_name_is_noticed(server, tmp_path):
    server.content = b"<html>log in first</html>" * 100
    with pytest.raises(files.NoCifar10, match="md5 sum of what came is not the published one"):
        fetch(tmp_path / "new")
    assert server.asked == [0, 0]


@pytest.mark.parametrize(
    "plan, words, requests",
    [
        ({"nonsense": True}, "what\\?", 0),
        ({"code": 404}, "HTTP Error 404", 1),
        ({"code": 503}, "HTTP Error 503", 2),
        ({"wait": 3}, "timed out", 2),
        ({"cut": 0, "stall": 3}, "timed out", 2),
    ],
)
def test_what_the_server_does_wrong_is_said(server, tmp_path, plan, words, requests):
    server.plans = [plan] * 5
    with pytest.raises(files.NoCifar10, match=f"could not be downloaded.*{words}"):
        fetch(tmp_path / "new")
    assert len(server.asked) <= requests


def test_a_stall_is_borne_once(server, tmp_path):
    server.plans = [{"cut": 2000, "stall": 3}]
    assert len(fetch(tmp_path / "new")) == 50


def test_an_archive_that_somebody_put_there_is_used(tiny_cifar10, tmp_path, monkeypatch):
    """Where torchvision looks for it, without a network, and even where nothing may be downloaded."""
    monkeypatch.setattr(CIFAR10, "url", "http://192.0.2.1/never")
    root = tmp_path / "new"
    root.mkdir()
    (tmp_path / "served" / CIFAR10.filename).rename(root / CIFAR10.filename)
    assert len(files.open_files(root, download=False)[0]) == 50
    assert sorted(path.name for path in root.iterdir()) == [
        CIFAR10.base_folder,
        CIFAR10.filename,
    ]


def test_an_archive_that_is_not_whole_is_left_alone(server, tmp_path, capsys):
    root = tmp_path / "new"
    root.mkdir()
    (root / CIFAR10.filename).write_bytes(b"half")
    with pytest.raises(files.NoCifar10, match="is not in"):
        files.open_files(root, download=False)
    assert len(fetch(root)) == 50
    assert (root / CIFAR10.filename).read_bytes() == b"half"
    assert "not the published archive" in capsys.readouterr().out


def test_killed_while_unpacking_is_not_mistaken_for_the_data(server, tmp_path, monkeypatch):
    root = tmp_path / "new"

    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(files, "move", dies)
        with pytest.raises(KeyboardInterrupt):
            fetch(root)
    assert not (root / CIFAR10.base_folder).exists()
    (root / files.STAGING / CIFAR10.base_folder / "test_batch").unlink()
    monkeypatch.setattr(files, "require_network", dies)  # the archive that came whole is used again
    assert len(fetch(root)) == 50


def test_without_a_network_it_is_soon_said(tiny_cifar10, tmp_path, monkeypatch):
    closed = socket.create_server(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    closed.close()
    monkeypatch.setattr(CIFAR10, "url", f"http://127.0.0.1:{port}/{CIFAR10.filename}")
    with pytest.raises(files.NoCifar10, match="no network: Connection refused"):
        fetch(tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_name_that_is_looked_up_for_ever_is_noticed(tiny_cifar10, tmp_path, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(30) and [])
    with pytest.raises(files.NoCifar10, match="no connection within 0.2 seconds"):
        fetch(tmp_path / "new", network=0.2)
    over.set()


def test_the_proxy_is_asked_where_there_is_one(monkeypatch):
    url = "https://www.example.org/file"
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert download._first_hop(url) == ("www.example.org", 443)
    monkeypatch.setenv("https_proxy", "http://proxy.example.org:3128")
    assert download._first_hop(url) == ("proxy.example.org", 3128)
    monkeypatch.setenv("no_proxy", "example.org")
    assert download._first_hop(url) == ("www.example.org", 443)


def test_a_full_disk_is_not_taken_for_the_network(server, tmp_path, monkeypatch):
    (tmp_path / "new").write_bytes(b"")
    with pytest.raises(files.NoCifar10, match="new.* because a file is where a folder belongs"):
        fetch(tmp_path / "new")
    assert server.asked == []


def test_patience_is_what_users_need():
    usual = Patience()
    assert usual.network < 10 and usual.silence >= 60 and usual.tries > 1
