"""A line of a log divided into its numbers, each with the words of its label, whether short, long or of other languages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from utils.grading.log.decimal_commas import with_points
from utils.grading.log.log_line import LINE_LIMIT
from utils.grading.log.number import REAL
from utils.grading.log.usual_words import message

MOST_NUMBERS = 12
_NUMBER = re.compile(
    rf"(?<![\w.])(?:(\d{{1,9}})\s?(?:/|of|out of|von|de|sur)\s?(\d{{1,9}})(?![\w.])|({REAL})(?![\w.]*[^\W\d])\s?(%?))",
    re.I,
)
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]+")
# Between the label of a number and that of the next; a bracket without a blank before it belongs to its word: "acc(test)".
_PART = re.compile(r"[,;|│┃]|::|(?<=\s)[(\[{<]")
_BRACKETED = re.compile(r"\s*[(\[]([^()\[\]\d]*)[)\]]")  # right behind a number
SPLITS = ("train", "test", "val")
# What stands for a split or a quantity, as it may be written.
_MEANINGS = {
    "train": r"train\w{0,3}|trn?|trainings?|entra[iî]nement|entrenamiento|treino|treinamento",
    "test": r"test\w{0,3}|tst|te|teste|prueba",
    "val": r"val(?:id\w{0,6})?|va|eval\w{0,6}",
    "loss": r"loss(?:es)?|verlust|perte|p[eé]rdida|perda",
    "accuracy": r"acc(?:u\w{0,3}r\w{0,6})?s?|genauigkeit|précision|precisión|exactitude?|acur[aá]cia|right(?:ly)?|"
    r"correct(?:ly)?|hits?|treffer",
    "error": r"err(?:ors?)?|wrong(?:ly)?|incorrect|misclassified|mistakes|fehler|erreur",
    "epoch": r"[eé]p(?:o(?:che?|que|ca))?s?|e",
}
_MEANING = re.compile("|".join(f"(?P<{name}>{words})" for name, words in _MEANINGS.items()))
_COMPOUND = re.compile(
    rf"({_MEANINGS['train']}|{_MEANINGS['test']}|{_MEANINGS['val']})({_MEANINGS['loss']}|{_MEANINGS['accuracy']}|{_MEANINGS['error']})"
)
_FILLING = frozenset(
    "a all an and at data dataset for images in is now of on overall percent phase samples set split the total".split()
)


@dataclass(frozen=True)
class Field:
    """A number of a line as it is written, with the words before and `behind` it and the split that was named last."""

    text: str
    value: float
    of: int | None
    percent: bool
    words: tuple[str, ...]
    behind: tuple[str, ...]
    split: str


def fields_of(text: str) -> list[Field]:
    """The numbers of a line; none where it has none or many, or is a frame of a progress bar."""
    text = text[:LINE_LIMIT].lstrip("\ufeff")
    if "%|" in text or "it/s" in text or "s/it" in text:
        return []
    text = with_points(message(text.strip()))
    matches = list(islice(_NUMBER.finditer(text), MOST_NUMBERS + 1))
    if len(matches) > MOST_NUMBERS:
        return []
    fields, split = [], ""
    for match, before, after in zip(matches, *_labels(text, matches)):
        words = label_words(before)
        split = split_in(words) or split
        own = label_words(before.rpartition("|")[2]) if match is matches[0] else words
        number, of, real, percent = match.groups()
        total = int(of) if of else None
        written = f"{number}/{of}" if of else real
        fields.append(
            Field(
                written,
                float(number or real),
                total,
                bool(percent),
                tuple(own),
                tuple(label_words(after)),
                split,
            )
        )
    return fields


def label_words(label: str) -> list[str]:
    """The words of a label that say something, those of SPLITS, "loss", "accuracy", "error" and "epoch" in English."""
    found = []
    for word in _LETTERS.findall(label.lower()):
        compound = _COMPOUND.fullmatch(word)
        found += [_meaning(part) for part in compound.groups()] if compound else [_meaning(word)]
    return [word for word in found if word not in _FILLING]


def split_in(words: Sequence[str]) -> str:
    """The last of `words` that is one of SPLITS, "" where none is."""
    return next((word for word in reversed(words) if word in SPLITS), "")


def _meaning(word: str) -> str:
    match = _MEANING.fullmatch(word)
    return match.lastgroup if match else word


def _labels(text: str, matches: list[re.Match]) -> tuple[list[str], list[str]]:
    """What stands before and after each number as its label: the text between two is divided at a bracket or comma."""
    ends = [0, *(match.end() for match in matches)]
    begins = [*(match.start() for match in matches), len(text)]
    before, after = [text[: begins[0]]], []
    for end, begin in zip(ends[1:], begins[1:]):
        gap = text[end:begin]
        bracketed = _BRACKETED.match(gap)
        parted = None if bracketed else _PART.search(gap)
        if bracketed:
            after.append(bracketed[1])
        elif parted or begin == len(text):
            after.append(_DIGIT.split(gap[: parted.start()] if parted else gap)[0])
        else:
            after.append("")
        before.append(
            gap[bracketed.end() :] if bracketed else gap[parted.start() :] if parted else gap
        )
    return before, after
