"""Which data set a logged run is of, where something in or around it says so."""

import re
from collections.abc import Iterator

from utils.data.data_sets import CIFAR10
from utils.grading.log.epochs import Run

# Name → how it is written, between characters that are no letters. What stands first takes its words from those below it.
_WRITTEN = {
    "Fashion-MNIST": r"fashion[-_ ]?mnist|f[-_]?mnist",
    "EMNIST": r"e[-_]?mnist",
    "KMNIST": r"k(?:uzushiji)?[-_ ]?mnist",
    "MNIST": r"q?mnist",
    "CIFAR-100": r"cifar[-_ ]?100",
    CIFAR10.title: r"cifar(?:[-_ ]?10(?!\d)|(?![-_ ]?\d))",
    "Tiny ImageNet": r"tiny[-_ ]?image[-_ ]?net",
    "Imagenette": r"imagenette",
    "ImageNet": r"image[-_ ]?net(?:[-_ ]?(?:1k|21k))?",
    "SVHN": r"svhn|street[-_ ]view house numbers",
    "STL-10": r"stl[-_ ]?10",
    "CINIC-10": r"cinic[-_ ]?10",
    "CelebA": r"celeb[-_ ]?a",
    "Food-101": r"food[-_ ]?101",
    "Flowers-102": r"(?:oxford[-_ ]?)?flowers[-_ ]?102",
    "Caltech-101": r"caltech[-_ ]?101",
    "Iris": r"iris (?:data|flowers)",
}
_NAMES = [
    (name, re.compile(rf"(?<![a-z])(?:{written})(?![a-z])", re.I))
    for name, written in _WRITTEN.items()
]
# scikit-learn's handwritten digits; the word alone may also mean those of a number, or MNIST's.
_DIGITS = re.compile(
    r"(?<![a-z])(?:hand-?written[-_ ]digits?|load_digits|(?:sklearn|scikit-learn)(?:'?s)?[-_ ]digits|"
    r"digits[-_ ]data(?:[-_ ]?set)?|data(?:[-_ ]?set)?['\"]?\s?[:=]\s?['\"]?digits)(?![a-z])",
    re.I,
)
_DIGITS_ALONE = re.compile(
    r"(?<![a-z])(?<!decimal )(?<!significant )(?<!\d )(?<!of )(?<!more )digits(?![a-z])", re.I
)
# A data set that is named only to say what came before, or what it is compared with.
_OTHER_ONE = re.compile(
    r"(?:after|before|than|unlike|like|instead of|not|without|beyond|pre-?trained on|as on|as in|"
    r"compared to)\s+(?:the\s+)?$",
    re.I,
)
# ImageNet's weights, mean and augmentation policy are used on other images.
_OF_IT = re.compile(
    r"['’]?s?[-_ ]{0,2}(?:pre-?train|weights|normali[sz]|mean|std|stat|polic|init|style|like|\d?k?_v\d)",
    re.I,
)
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_COUNTS = {60_000: "MNIST", 73_257: "SVHN", 26_032: "SVHN", 1_797: "digits", 1_281_167: "ImageNet"}


def data_set_of(run: Run) -> str | None:
    """The data set that `run` is of: "CIFAR-10", or the name of another one; None where nothing says so.

    The nearest words decide: what was printed just before the run, the heading above it, those above that, the names of the
    file and of its folders; last the number of images. Where the nearest ones name two data sets, nothing is known.
    """
    for names in _nearest_first(run):
        if names:
            return names.pop() if len(names) == 1 else None
    totals = {number.total for epoch in run.epochs for number in epoch.numbers.values()}
    counted = {_COUNTS[total] for total in totals & _COUNTS.keys()}
    return counted.pop() if len(counted) == 1 else None


def _nearest_first(run: Run) -> Iterator[set[str]]:
    yield {name for line in run.before for name in data_sets_named(line, False)}
    for heading in reversed(run.headings):
        yield data_sets_named(heading)
    for part in reversed(run.source.split("/")):
        yield data_sets_named(part)


def data_sets_named(text: str, title: bool = True) -> set[str]:
    """The data sets that a short text speaks of. In brackets they count only where none stands outside of them; `title`: the
    text is a heading or a file's name, where the word "digits" alone says enough."""
    outside = _named(_BRACKETS.sub(" ", text), title)
    return outside or _named(text, title)


def _named(text: str, title: bool) -> set[str]:
    found = set()
    for name, written in _NAMES:
        for match in written.finditer(text):
            if not _OTHER_ONE.search(
                text[max(match.start() - 24, 0) : match.start()]
            ) and not _OF_IT.match(text, match.end()):
                found.add(name)
        text = written.sub(lambda match: "-" * len(match[0]), text)
    if not found and (
        _DIGITS.search(text) or (title and _DIGITS_ALONE.search(text.replace("_", " ")))
    ):
        return {"digits"}
    return found
