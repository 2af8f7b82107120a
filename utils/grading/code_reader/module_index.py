"""The submission's modules while a program is read: the folders that it adds to its import path come to the others."""

import posixpath
import re

from utils.grading.submission.contents import Submission
from utils.grading.submission.module_files import ModuleFiles

_CONTENT = re.compile(r"^(?:/content(?:/g?drive/My ?Drive)?|/kaggle/working|\.|~)/+")
_USUAL = ("", "src", "code", "scripts")


class ModuleIndex(ModuleFiles):
    """The modules of a submission for a program in the folder `start`.

    `outside` is a folder beside the submission that the program adds to its import path.
    """

    def __init__(self, submission: Submission, start: str = ""):
        super().__init__({source.path: source.text for source in submission.sources}, [start, *_USUAL],
                         [submission.root.name])
        self.start = start
        self.outside = ""

    @property
    def used_roots(self) -> tuple[str, ...]:
        """The folders from which an import was resolved, in the order in which Python would look into them."""
        return tuple(root for root in self.roots if root in self.used)

    def add_root(self, folder: str, first: bool = True) -> None:
        """What sys.path, %cd or !git clone makes importable.

        Of a path that begins outside of the submission the longest end counts that is a folder of it.
        """
        folder = folder.strip().strip("\"'")
        inside = posixpath.normpath(_CONTENT.sub("", f"{folder}/").strip("/") or ".")
        if inside.startswith(".."):
            inside = posixpath.normpath(posixpath.join(self.start, inside))
        if inside.startswith(".."):
            self.outside = inside
            return
        found = self.known_end(inside, self.has_folder)
        if found is None:
            return
        if found in self.roots and first and found:
            self.roots.remove(found)
        if found not in self.roots:
            self.roots.insert(0 if first else len(self.roots), found)

    def known_end(self, path: str, known) -> str | None:
        """The path here for one on the machine where the program ran; `known` tells whether a path exists.

        The submission may be a folder of the repository that was cloned there, or the path may begin anywhere; so it is the
        path itself, the path from the program's folder, or its longest end.
        """
        parts = [part for part in path.split("/") if part not in ("", ".")]
        ends = ["/".join(parts[start:]) for start in range(len(parts))]
        places = [*ends[:1], *(posixpath.normpath(posixpath.join(self.start, end)) for end in ends), *ends[1:]]
        found = next((place for place in places if known(place)), None)
        return "" if found is None and (not parts or parts[0] in self.clones) else found
