"""The submission's modules while a program is read: the folders that it adds to its import path come to the others."""

import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager

from utils.grading.submission.contents import Submission
from utils.grading.submission.module_files import ModuleFiles

_CONTENT = re.compile(r"^(?:/content(?:/g?drive/My ?Drive)?|/kaggle/working|\.|~)/+")
_QUOTES = "\"'"
_USUAL = ("", "src", "code", "scripts")


class ModuleIndex(ModuleFiles):
    """The modules of a submission for a program in the folder `start`.

    `outside` is a folder beside the submission that the program adds to its import path.
    """

    def __init__(self, submission: Submission, start: str = ""):
        super().__init__(
            {source.path: source.text for source in submission.sources},
            [start, *_USUAL],
            [submission.root.name],
        )
        self.start = start
        self.here: str | None = (
            start  # the working folder; None where it is outside of the submission
        )
        self.outside = ""

    @property
    def used_roots(self) -> tuple[str, ...]:
        """The folders from which an import was resolved, in the order in which Python would look into them."""
        return tuple(root for root in self.roots if root in self.used)

    def add_root(self, folder: str, first: bool = True) -> None:
        """What sys.path, %cd or !git clone makes importable.

        Of a path that begins outside of the submission the longest end counts that is a folder of it.
        """
        self._add(self._inside(folder), first)

    def enter(self, folder: str) -> None:
        """What %cd and os.chdir() do: the folder becomes the working folder, and is looked into first."""
        self.here = self._add(self._inside(folder), True)

    def _inside(self, folder: str) -> str | None:
        """The folder from the submission's top; None where it is above that, or nothing is known of it."""
        inside = posixpath.normpath(
            _CONTENT.sub("", f"{folder.strip().strip(_QUOTES)}/").strip("/") or "."
        )
        if inside.startswith(".."):
            if self.here is None:
                return None
            inside = posixpath.normpath(posixpath.join(self.here, inside))
        if inside.startswith(".."):
            self.outside = self.outside or inside
            return None
        return self.known_end(inside, self.has_folder)

    def _add(self, folder: str | None, first: bool) -> str | None:
        if folder in self.roots and first and folder:
            self.roots.remove(folder)
        if folder is not None and folder not in self.roots:
            self.roots.insert(0 if first else len(self.roots), folder)
        return folder

    def known_end(self, path: str, known) -> str | None:
        """The path here for one on the machine where the program ran; `known` tells whether a path exists.

        The submission may be a folder of the repository that was cloned there, or the path may begin anywhere; so it is the
        path itself, the path from the working folder, or its longest end.
        """
        if path.startswith(".."):
            return None
        parts = [part for part in path.split("/") if part not in ("", ".")]
        ends = ["/".join(parts[start:]) for start in range(len(parts))]
        places = [
            *ends[:1],
            *(posixpath.normpath(posixpath.join(self.here or "", end)) for end in ends),
            *ends[1:],
        ]
        found = next((place for place in places if known(place)), None)
        return "" if found is None and (not parts or parts[0] in self.clones) else found

    def place(self, name: str, known) -> str | None:
        """The file that a command names: in a folder that it was started from, or at the longest known end of its path."""
        near = [posixpath.normpath(posixpath.join(root, name)) for root in self.roots]
        found = next((path for path in near if known(path)), None) or self.known_end(
            posixpath.normpath(name), known
        )
        if not found and all(path.startswith("..") for path in near[:1]):
            self.outside = self.outside or posixpath.dirname(near[0])
        return found

    @contextmanager
    def same_folder(self) -> Iterator[None]:
        """Afterwards the working folder is what it was: another process entered others."""
        here, roots = self.here, list(self.roots)
        try:
            yield
        finally:
            self.here, self.roots[:] = here, roots

    @contextmanager
    def first(self, folder: str) -> Iterator[None]:
        """Look into `folder` before all others, as Python does for the script that is started."""
        before = list(self.roots)
        self.roots[:] = [folder, *(root for root in before if root != folder)]
        try:
            yield
        finally:
            self.roots[:] = before + [root for root in self.roots if root not in before]

    def missing(self) -> str:
        """Why something is not found, as the end of a sentence."""
        if not self.outside:
            return "which the submission does not contain"
        return (
            f"which is not in the folder that was given; the program also uses {self.outside}, a folder beside it: "
            "give the folder above"
        )
