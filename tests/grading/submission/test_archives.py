"""Submissions in a zip or tar: read as the folder that they hold, and harmless whatever they hold."""

import io
import os
import stat
import struct
import tarfile
import tempfile
import time
import zipfile

import pytest

from tests.grading.submissions import Parts, flat, write
from utils.grading.audits import Options
from utils.grading.grade import grade
from utils.grading.rubrics.rubric import load_rubric
from utils.grading.submission import archives
from utils.grading.submission.contents import read_submission

FILES = {
    "README.md": "# Net\n",
    "src/train.py": "import torch\n",
    "logs/run.log": "Epoch 0 acc 50\n",
}


@pytest.fixture(autouse=True)
def temporary_files_are_seen(tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


def zipped(files, **options) -> bytes:
    """A zip of texts or bytes by name; a ZipInfo may stand for a name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files, mode="w:gz") -> bytes:
    """A tar of texts by name; a TarInfo may stand for a name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for name, content in files.items() if isinstance(files, dict) else files:
            data = content.encode() if isinstance(content, str) else content
            info = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.size = info.size or len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def read(tmp_path, data: bytes, name="work.zip", folder=False):
    """The submission that is this archive, or the folder in which it lies alone; nothing may be left behind."""
    (tmp_path / "in").mkdir(exist_ok=True)
    (tmp_path / "in" / name).write_bytes(data)
    before = sorted(tmp_path.rglob("*"))
    began = time.process_time()
    submission = read_submission(tmp_path / "in" if folder else tmp_path / "in" / name)
    assert time.process_time() - began < 30
    assert before == sorted(tmp_path.rglob("*"))
    return submission


def paths(submission) -> list[str]:
    return sorted(
        file.path
        for kind in (submission.notebooks, submission.sources, submission.texts, submission.configs)
        for file in kind
    )


def in_folder(top, files=FILES):
    return {f"{top}/{name}": content for name, content in files.items()}


@pytest.mark.parametrize("folder", [False, True])
@pytest.mark.parametrize(
    "pack, name, files, root",
    [
        (zipped, "work.zip", FILES, "work"),
        (zipped, "WORK.ZIP", in_folder("net-main"), "net"),
        (tarred, "work.tar.gz", in_folder("./net-master"), "net"),
        (tarred, "work.tgz", FILES, "work"),
        (lambda files: tarred(files, "w"), "work.tar", in_folder("net"), "net"),
        (lambda files: tarred(files, "w:bz2"), "work.tar.bz2", FILES, "work"),
        (tarred, "misnamed.zip", FILES, "misnamed"),
        (
            zipped,
            "windows.zip",
            {f"net\\{name}".replace("/", "\\"): text for name, text in FILES.items()},
            "net",
        ),
        (
            zipped,
            "mac.zip",
            in_folder("net") | {"__MACOSX/net/._README.md": "x", "net/.DS_Store": "x"},
            "net",
        ),
    ],
)
def test_an_archive_is_the_folder_that_it_holds(tmp_path, pack, name, files, root, folder):
    submission = read(tmp_path, pack(files), name, folder)
    assert paths(submission) == sorted(FILES) and not submission.warnings
    assert submission.root.name == root


def test_a_graded_archive_is_graded_as_its_folder_is(tmp_path):
    folder = write(flat(Parts()), tmp_path / "work")
    packed = {
        f"work-main/{file.relative_to(folder)}": file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }
    (tmp_path / "work.zip").write_bytes(zipped(packed))
    graded = [
        grade(path, load_rubric("era_s9"), Options()) | {"path": ""}
        for path in (folder, tmp_path / "work.zip")
    ]
    assert graded[0] == graded[1] and graded[0]["facts"]["best_test_accuracy"] == 86.52


def test_a_package_keeps_the_name_that_its_imports_use(tmp_path):
    files = {"net/__init__.py": "", "net/model.py": "x = 1"}
    assert paths(read(tmp_path, zipped(files))) == [*files]


def test_an_archive_in_an_archive_is_unpacked_once(tmp_path):
    inner = zipped(in_folder("net"))
    once = read(tmp_path, zipped({"net.zip": inner, "report.pdf": "x"}))
    assert paths(once) == sorted(FILES) and once.root.name == "net"
    assert paths(read(tmp_path, tarred({"a/b/net.zip": inner}), "work.tgz")) == sorted(FILES)
    twice = read(tmp_path, zipped({"outer.zip": zipped({"net.zip": inner})}))
    assert not paths(twice) and "an archive inside an archive" in twice.warnings[0]


def test_an_archive_beside_texts_is_a_folder_and_beside_code_it_is_none(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "README.md").write_text("mine")
    assert paths(read(tmp_path, zipped(FILES), folder=True)) == sorted(
        ["README.md", *(f"work/{name}" for name in FILES)]
    )
    (tmp_path / "in" / "train.py").write_text("import torch")
    submission = read(tmp_path, zipped(FILES), folder=True)
    assert (
        paths(submission) == ["README.md", "train.py"]
        and "work.zip is not unpacked" in submission.warnings[0]
    )
    (tmp_path / "in" / "train.log").write_text("Epoch 1 loss 0.3 accuracy 50.2\n" * 5)
    assert not read(tmp_path, zipped(FILES), folder=True).warnings


def test_the_data_set_beside_the_code_is_no_submission(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "cifar-10-python.tar.gz").write_bytes(b"")
    assert paths(read(tmp_path, zipped(FILES), folder=True)) == sorted(FILES)


def of_mode(name, mode) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def special(name, kind, target="") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def encrypted(name) -> bytes:
    """A zip that says that its only member is encrypted."""
    data = bytearray(zipped({name: "secret"}))
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + offset] |= 1
    return bytes(data)


def zipped_twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return zipped([("good.md", "first"), GOOD])


OUTSIDE, GOOD = (
    ("/etc/notes.md", "../up.md", "a/../../up.md", "C:\\Windows\\x.md", "..\\up.md"),
    ("good.md", "text"),
)


@pytest.mark.parametrize(
    "data, said",
    [
        (
            zipped([GOOD, *((name, "x") for name in OUTSIDE)]),
            "/etc/notes.md and 4 more are not read: would lie outside",
        ),
        (
            tarred([GOOD, *((name, "x") for name in OUTSIDE)]),
            "/etc/notes.md and 4 more are not read: would lie outside",
        ),
        (
            zipped([GOOD, (of_mode("link.md", stat.S_IFLNK | 0o777), "/etc/passwd")]),
            "link.md is not read: links",
        ),
        (
            tarred(
                [
                    GOOD,
                    (special("link.md", tarfile.SYMTYPE, "/etc/passwd"), ""),
                    (special("hard.md", tarfile.LNKTYPE, "good.md"), ""),
                ]
            ),
            "link.md and 1 more are not read: links",
        ),
        (
            zipped([GOOD, (of_mode("pipe.md", stat.S_IFIFO), "")]),
            "pipe.md is not read: no plain file",
        ),
        (
            tarred(
                [
                    GOOD,
                    (special("null.md", tarfile.CHRTYPE), ""),
                    (special("pipe.md", tarfile.FIFOTYPE), ""),
                ]
            ),
            "null.md and 1 more are not read: no plain file",
        ),
        (
            zipped([GOOD, ("d/" * 1000 + "a.md", "x"), ("e/" * 40 + "a.md", "x")]),
            "1 more are not read: more than 30 folders",
        ),
        (tarred([GOOD, ("d/" * 1000 + "deep.md", "x")]), "is not read: more than 30 folders"),
        (zipped_twice(), "holds good.md more than once; the last of them is read"),
        (
            tarred([("good.md", "first"), GOOD]),
            "holds good.md more than once; the last of them is read",
        ),
    ],
)
def test_what_is_refused_is_one_warning_and_the_rest_is_read(tmp_path, data, said):
    submission = read(tmp_path, data)
    assert [(text.path, text.text) for text in submission.texts] == [GOOD]
    assert (
        len(submission.warnings) == 1
        and said in submission.warnings[0]
        and "work.zip" in submission.warnings[0]
    )


@pytest.mark.parametrize(
    "data, said",
    [
        (encrypted("a.md"), "a.md is not read: encrypted: make the archive without a password"),
        (b"", "cannot be unpacked"),
        (b"Rar!\x1a\x07\x00" + bytes(200), "cannot be unpacked: it is not a zip or tar archive"),
        (b"PK", "cannot be unpacked"),
        (
            zipped({f"{number}.md": os.urandom(2000) for number in range(30)})[:-300],
            "cannot be unpacked",
        ),
        (b"\x1f\x8b" + os.urandom(500), "cannot be unpacked"),
        (b"BZh9" + os.urandom(500), "cannot be unpacked"),
        (os.urandom(5000), "cannot be unpacked"),
    ],
    ids=range(8),
)
@pytest.mark.parametrize("name", ["work.zip", "work.tar.gz"])
def test_what_is_no_archive_is_a_warning(tmp_path, data, said, name):
    submission = read(tmp_path, data, name)
    assert not paths(submission) and any(said in warning for warning in submission.warnings)


def test_what_stands_before_the_cut_is_read(tmp_path):
    data = tarred([("a.md", "first"), ("b.md", os.urandom(9000).hex())])
    submission = read(tmp_path, data[: len(data) // 2], "work.tgz")
    assert (
        paths(submission) == ["a.md"] and "cannot be unpacked completely" in submission.warnings[0]
    )


def test_a_damaged_file_does_not_hide_the_others(tmp_path):
    data = bytearray(zipped({"bad.md": os.urandom(3000).hex(), "good.md": "text"}))
    data[60:400] = bytes(340)
    submission = read(tmp_path, bytes(data))
    assert (
        paths(submission) == ["good.md"] and "bad.md is not read: damaged" in submission.warnings[0]
    )


@pytest.mark.parametrize("pack", [zipped, tarred, lambda files: tarred(files, "w:bz2")])
def test_a_bomb_is_stopped(tmp_path, pack, monkeypatch):
    monkeypatch.setattr(archives, "TOTAL_LIMIT", 5_000_000)
    monkeypatch.setattr(archives, "STREAM_LIMIT", 20_000_000)
    submission = read(tmp_path, pack({f"{number}.log": b"x" * 2_500_000 for number in range(9)}))
    assert len(paths(submission)) == 3 and "more than 5 MB to read" in submission.warnings[0]
    assert sum(len(text.text) for text in submission.texts) == 7_500_000


def test_what_no_one_reads_is_not_unpacked_but_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "STREAM_LIMIT", 20_000_000)
    files = {"weights.bin": bytes(50_000_000), "README.md": "text"}
    assert paths(read(tmp_path, zipped(files))) == ["README.md"]
    assert "unpacks to more than 20 MB" in read(tmp_path, tarred(files)).warnings[0]


def test_thousands_of_members_and_of_archives_in_one_another(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MEMBER_LIMIT", 2000)
    many = read(tmp_path, zipped({f"{number}.bin": "" for number in range(3000)}))
    assert "holds more than 2,000 files" in many.warnings[0]
    nested = b"text"
    for _ in range(1000):
        nested = zipped({"next.zip": nested})
    assert "an archive inside an archive" in read(tmp_path, nested).warnings[0]


def test_declared_sizes_are_not_believed(tmp_path):
    data = bytearray(zipped({"a.md": "text"}))
    for mark, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = data.index(mark) + offset
        data[place : place + 4] = struct.pack("<I", 0xFFFFFFFE)
    submission = read(tmp_path, bytes(data))
    assert (
        not paths(submission)
        and "damaged" in submission.warnings[0]
        or submission.texts[0].text == "text"
    )
    info = tarfile.TarInfo("a.md")
    info.size = 2**40
    header = info.tobuf(tarfile.GNU_FORMAT)
    submission = read(tmp_path, header + b"text".ljust(512, b"\0"))
    assert not paths(submission) and "cannot be unpacked completely" in submission.warnings[0]
    backwards = header[:124] + b"\xff" * 11 + b"\x00" + header[136:]  # a size below 0
    assert not paths(read(tmp_path, backwards + bytes(2048)))


def test_a_table_of_contents_without_end_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "DIRECTORY_LIMIT", 100_000)
    assert (
        "list of files is too large"
        in read(tmp_path, zipped({f"{number}.md": "" for number in range(5000)})).warnings[0]
    )
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 50_000_000
    data = tarred([(header, b"a" * header.size), ("a.md", "x")])
    assert "cannot be unpacked" in read(tmp_path, data, "work.tgz").warnings[0]


def test_names_of_other_systems(tmp_path):
    name = "Übung/Läufe.md"
    mac = zipped({name: "x"}).replace(name.encode(), name.encode())
    data = bytearray(mac)
    for mark, offset in ((b"PK\3\4", 7), (b"PK\1\2", 9)):
        data[data.index(mark) + offset] &= ~8 & 0xFF  # UTF-8 that does not say so
    assert paths(read(tmp_path, bytes(data))) == ["Läufe.md"]
    odd = read(tmp_path, zipped({"a\x1b[31m.md": "x", "good.md": "x"}))
    assert paths(odd) == ["good.md"] and "rename it" in odd.warnings[0]
