"""From an import statement to a file of the submission: where its own modules can be."""

import posixpath
import re

from utils.grading.submission.contents import Submission

_CONTENT = re.compile(r"^(?:/content(?:/drive/My ?Drive|/gdrive/My ?Drive)?|/kaggle/working|\.|~)/*")
_USUAL = ("", "src", "code", "scripts")


class ModuleIndex:
    """The Python files of a submission and the folders that its imports are resolved from, in order.

    """

    def __init__(self, submission: Submission, start: str = ""):
        self.sources = {source.path: source.text for source in submission.sources}
        self.roots = list(dict.fromkeys([start, *_USUAL]))
        self.start = start
        self.clones = [submission.root.name]  # folders that stand for the submission's root
        self._used: list[str] = []

    @property
    def used(self) -> tuple[str, ...]:
        """The folders from which an import was resolved, in the order in which Python would look into them."""
        return tuple(root for root in self.roots if root in self._used)

    def add_root(self, folder: str, first: bool = True) -> None:
        """What sys.path, %cd or !git clone makes importable; a folder outside of the submission is passed over."""
        inside = _CONTENT.sub("", folder.strip().strip("\"'")).rstrip("/")
        inside = posixpath.normpath(posixpath.join(self.start, inside)) if inside.startswith("..") else inside
        for candidate in (inside, posixpath.join(self.start, inside), *self._without_repository(inside)):
            candidate = "" if candidate in (".", "/") else posixpath.normpath(candidate) if candidate else ""
            if candidate in self.roots and first and candidate:
                self.roots.remove(candidate)
            if candidate not in self.roots and not candidate.startswith(("..", "/")) and self._has(candidate):
                self.roots.insert(0 if first else len(self.roots), candidate)
                return

    def _without_repository(self, folder: str) -> list[str]:
        """A path into a cloned repository, taken as if the submission were that repository, or a folder of it."""
        parts = folder.split("/")
        inner = ["/".join(parts[count:]) for count in range(1, len(parts))]
        return inner + ([""] if parts[0] and parts[0] in self.clones else [])

    def _has(self, folder: str) -> bool:
        return not folder or any(path.startswith(folder + "/") for path in self.sources)

    def find(self, name: str, package: str = "", level: int = 0) -> tuple[str, bool] | None:
        """The file of module `name` and whether it is a package (then the folder); None where the submission has none.

        `level` counts the dots of a relative import in a module whose package folder is `package`.
        """
        inner = name.replace(".", "/")
        if level:
            base = package
            for _ in range(level - 1):
                base = posixpath.dirname(base)
            return self._at(posixpath.join(base, inner) if inner else base)
        for root in self.roots:
            if found := self._at(posixpath.join(root, inner)):
                self._use(root)
                return found
        top, _, rest = name.partition(".")
        if rest and top.replace("-", "_") in [clone.replace("-", "_") for clone in self.clones]:
            return self.find(rest)  # the cloned repository is the submission itself
        return self._anywhere(inner)

    def find_local(self, top: str) -> tuple[str, bool] | None:
        """Whether one of the usual folders itself holds a module that is called like a library's."""
        return next((found for root in self.roots if (found := self._at(posixpath.join(root, top)))), None)

    def _at(self, path: str) -> tuple[str, bool] | None:
        path = posixpath.normpath(path) if path else ""
        if f"{path}/__init__.py" in self.sources:
            return f"{path}/__init__.py", True
        if f"{path}.py" in self.sources:
            return f"{path}.py", False
        if path and any(source.startswith(path + "/") for source in self.sources):
            return path, True  # a folder without __init__.py
        return None

    def _anywhere(self, inner: str) -> tuple[str, bool] | None:
        """The only file in the whole submission whose path ends in the module's, as when the folder was cloned or copied."""
        ends = [path for path in self.sources
                if path.endswith(f"/{inner}.py") or path.endswith(f"/{inner}/__init__.py")]
        if len(ends) != 1:
            return None
        root = re.sub(rf"/?{re.escape(inner)}(?:/__init__)?\.py$", "", ends[0])
        self.roots.append(root)
        self._use(root)
        return ends[0], ends[0].endswith("__init__.py")

    def _use(self, root: str) -> None:
        if root not in self._used:
            self._used.append(root)
