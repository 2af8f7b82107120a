"""Write the address of this repository on GitHub into the notebooks and texts: `make publish OWNER=name`.

The address stands in their links, their badges and the first code: as https://github.com/<owner>/<repository>, and
with the branch behind /tree/ or /blob/. The first notebook says which address that is now.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from utils.errors import UserError, run_command
from utils.files import write_whole
from utils.paths import REPOSITORY

PRESENT = re.compile(r'ADDRESS = \\"https://github\.com/([^/"\\]+)/([^/"\\]+)/tree/([^"\\]+)\\"')
REMOTE = re.compile(r"github\.com[:/]([^/\s]+)/([^/\s]+?)(?:\.git)?/?$")
END = r"(?![\w-]|\.\w)"  # a name ends here, though a full stop may follow
# What GitHub allows as (the name of an owner, of a repository, of a branch).
ALLOWED = {
    "OWNER": r"[A-Za-z0-9](?:-?[A-Za-z0-9])*",
    "REPO": r"(?!\.+$)[A-Za-z0-9._-]+",
    "BRANCH": r"(?![-/])(?!.*(?:\.\.|//|/$))[A-Za-z0-9._/-]+",
}


@dataclass(frozen=True)
class Address:
    """Where a repository is on GitHub."""

    owner: str
    repository: str
    branch: str

    def __str__(self) -> str:
        return f"https://github.com/{self.owner}/{self.repository}, branch {self.branch}"


def files(root: Path) -> list[Path]:
    """The files under `root` that hold the address."""
    patterns = ("notebooks/*.ipynb", "README.md", "docs/*.md")
    return [file for pattern in patterns for file in sorted(root.glob(pattern))]


def present_address(root: Path) -> Address:
    """The address in the first notebook; UserError where it has none."""
    first = next(iter(sorted(root.glob("notebooks/*.ipynb"))), None)
    found = first and PRESENT.search(first.read_text(encoding="utf-8"))
    if not found:
        raise UserError(
            f"The first notebook in {root / 'notebooks'} has no line with ADDRESS in its set-up cell: restore it."
        )
    return Address(*found.groups())


def readdressed(text: str, old: Address, new: Address) -> str:
    """`text` with `new` wherever it has `old`, with and without a branch."""
    place = r"(https://(?:github\.com|colab\.research\.google\.com/github)/)"
    name = rf"{re.escape(old.owner)}/{re.escape(old.repository)}(?:(?=\.git(?!\w))|{END})"
    branch = rf"(?:(/(?:tree|blob)/){re.escape(old.branch)}{END})?"

    def put(match: re.Match) -> str:
        ending = f"{match[2]}{new.branch}" if match[2] else ""
        return f"{match[1]}{new.owner}/{new.repository}{ending}"

    return re.sub(place + name + branch, put, text)


def publish(root: Path, new: Address) -> list[Path]:
    """Put `new` in the place of the present address; the files that changed."""
    old, changed = present_address(root), []
    for file in files(root):
        text = file.read_text(encoding="utf-8")
        if (other := readdressed(text, old, new)) != text:
            write_whole(file, other)
            changed.append(file)
    return changed


def address_of_remote(root: Path) -> tuple[str, str] | None:
    """Owner and repository of the remote "origin", where that is on GitHub."""
    command = ["git", "-C", str(root), "remote", "get-url", "origin"]
    done = subprocess.run(command, capture_output=True, text=True)
    found = REMOTE.search(done.stdout.strip())
    return found.groups() if found else None


def asked_address(root: Path, owner: str, repository: str, branch: str) -> Address:
    """What OWNER, REPO and BRANCH say; what they leave out is that of the remote, else as it is now."""
    present, remote = present_address(root), address_of_remote(root)
    if not owner and remote is None:
        raise UserError(
            "Whose copy is it? Say make publish OWNER=name, with your name on GitHub; this folder has no "
            "remote there from which it could be taken."
        )
    if not owner:
        owner, repository = remote[0], repository or remote[1]
    address = Address(owner, repository or present.repository, branch or present.branch)
    for (what, pattern), value in zip(ALLOWED.items(), vars(address).values()):
        if not re.fullmatch(pattern, value):
            raise UserError(f"{what}={value} cannot be a name on GitHub: see how it is spelled.")
    return address


def main() -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m utils.make.publish", description=__doc__)
    for option in ("--owner", "--repository"):
        parser.add_argument(option, default="", help="default: that of `git remote`")
    parser.add_argument("--branch", default="", help="default: the one that stands there now")
    asked = parser.parse_args()
    return run_command(lambda: _publish_here(asked.owner, asked.repository, asked.branch))[0]


def _publish_here(*asked: str) -> None:
    address = asked_address(REPOSITORY, *asked)
    changed = publish(REPOSITORY, address)
    names = ", ".join(str(file.relative_to(REPOSITORY)) for file in changed)
    print(f"The address is {address}. Changed: {names or 'nothing, it was there already'}.")
    if changed:
        print("Commit and push these files: then the badges open the notebooks in Colab.")


if __name__ == "__main__":
    sys.exit(main())
