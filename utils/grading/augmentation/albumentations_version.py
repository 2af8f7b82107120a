"""Which albumentations a submission was made for, as its requirements, its install lines and its outputs tell."""

import re

from utils.grading.submission.contents import Submission
from utils.grading.submission.files import PACKAGE_FILES

_PIN = re.compile(r"albumentations\s*(?:\[[^\]]*\])?\s*(==|~=|>=|<=|<|=)\s*v?(\d+)\.(\d+)")
_POETRY = re.compile(
    r"^[ \t]{0,20}[\"']?albumentations[\"']?\s?=\s?[\"'](\^|~|[<>=~]{0,2})\s?(\d+)\.(\d+)", re.M
)
_NEEDS = re.compile(
    r"(?:require|environment|constraints).*(?<!\.py)$|"
    rf"(?:^|/)(?:{'|'.join(map(re.escape, (*PACKAGE_FILES, 'setup.py')))})$",
    re.I,
)
_INSTALLED = re.compile(
    r"Successfully installed[^\n]*\balbumentations-(\d+)\.(\d+)"
    r"|already satisfied: albumentations\S* in [^\n]*?\((\d+)\.(\d+)[\d.a-z]*\)[^\S\n]*$",
    re.M,
)
_NOT_VALID = re.compile(r"Argument\(s\) '[^']*' are not valid for transform (\w+)")


def pinned_version(submission: Submission) -> tuple[str | None, str]:
    """ "1" or "2" and where it says so, the outputs of its own cells first; (None, "") where nothing does."""
    cells = [
        (notebook.path, cell)
        for notebook in submission.notebooks
        for cell in notebook.cells
        if cell.kind == "code"
    ]
    for path, cell in cells:
        if match := _NOT_VALID.search(cell.output):
            return (
                "2",
                f"the output of cell {cell.index} of {path} warns that arguments of {match[1]} are not valid",
            )
    for path, cell in cells:
        if installed := _INSTALLED.findall(cell.output):
            major, minor = (part for part in installed[-1] if part)
            return _major(
                major
            ), f"cell {cell.index} of {path} found or installed albumentations {major}.{minor}"
    for path, cell in cells:
        if found := _pin(cell.source):
            return found[0], f"cell {cell.index} of {path} asks for albumentations {found[1]}"
    for text in (*submission.texts, *submission.configs, *submission.sources):
        if _NEEDS.search(text.path) and (found := _pin(text.text)):
            return found[0], f"{text.path} asks for albumentations {found[1]}"
    return None, ""


def _pin(text: str) -> tuple[str, str] | None:
    """The major version that a requirement leaves open no doubt about."""
    for operator, major, minor in _PIN.findall(text) + _POETRY.findall(text):
        if operator in ("==", "~=", "=", "^", "~", "") or operator == ">=" and int(major) >= 2:
            return _major(major), f"{operator}{major}.{minor}"
        if operator in ("<", "<=") and (int(major), int(minor)) <= (2, 0):
            return "1", f"{operator}{major}.{minor}"
    return None


def _major(number: str) -> str:
    return "2" if int(number) >= 2 else "1"
