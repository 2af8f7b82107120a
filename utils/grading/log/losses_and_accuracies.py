"""The losses and accuracies that a line of a log prints, each with the split that it is of."""

import re
from dataclasses import replace

from utils.grading.log.averaged_weights import AVERAGED, NAMED, WORD, stretches
from utils.grading.log.number import REAL, Number, number_of

# No quantifier below meets another that takes the same characters without a bound: a line that matches nothing is done with
# in time that grows with its length. Blanks come one at a time (read_line sees to that).
SPLIT = r"(?:train(?:ing)?|test(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?)"
_SEVERAL = rf"{SPLIT}(?:\s?(?:[/,&|]|and\s)\s?{SPLIT}){{1,2}}"
_COUNT = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,12}"
_TOKEN = re.compile(
    rf"""(?<![a-z])(?P<several>{_SEVERAL})(?![a-z])
      |(?<![a-z])(?P<split>{SPLIT})(?![a-z])
      |(?P<of_network>accuracy\s+of\s+the\s+(?:network|model)\s+on\s+(?:the\s+)?(?:{_COUNT})\s+(?P<split2>train|test)\w*\s+images)
       \s*[:=]?\s*(?P<percent_of>{REAL})\s*%
      |(?<![a-z])(?P<average>(?:average|avg\.?|mean)[\s_]{{0,3}})?
       (?P<key>loss|(?:top[-_ ]?(?P<k1>\d{{1,2}})[-_ ]?)?acc(?:uracy)?(?:@(?P<k2>\d{{1,2}})|(?P<k3>[15])(?![\d.]))?
         |(?:top|prec)[-_@ ]?(?P<k4>\d{{1,2}})|prediction)
       (?:[_ ](?:epoch|step))?(?:[_ /-](?P<suffix>{WORD}))?(?![a-z])
       (?:\s?[(\[](?P<aside>[^()\[\]]{{1,30}})[)\]]|\s(?P<among>{_SEVERAL})(?![a-z]))?
       (?P<filler>\s+(?:after|of|on|at|for|in)\s[^:=|│]{{0,60}}?(?=\s*[:=|│]))?
       [\s"'`*]{{0,6}}(?P<mark>[:=|│┃]|->|→|is\s|-(?=\s))?[\s"'`*|│┃]{{0,6}}(?:tensor\()?\s?
       (?:(?P<correct>{_COUNT})\s*/\s*(?P<total>{_COUNT})(?![\d.])(?:\s*[(=]?\s*(?P<percent>{REAL})\s*(?P<sign1>%)?)?
         |(?P<real>{REAL})(?!\w)\s*(?P<sign>%)?(?:\s*\(\s*(?P<correct2>{_COUNT})\s*/\s*(?P<total2>{_COUNT})\s*\))?)""",
    re.I | re.X,
)
_SPLITS = {"tr": "train", "te": "test", "ts": "test", "va": "val", "ev": "val"}

# What may stand in brackets between the word and its number; with anything else there it is another quantity.
_ASIDE = re.compile(
    rf"\W*(?:in\s)?(?:%|percent(?:age)?|overall|total|full|whole|all|raw|top[-_ ]?1|(?P<averaged>{WORD})|"
    rf"(?P<splits>{_SEVERAL})|(?P<split>{SPLIT})(?:\s(?:set|data))?|[\d,]+\s(?:test\s)?images)\W*",
    re.I,
)
# Accuracies that are not the share of all images that is classified rightly.
_OTHER = (
    r"(?:balanced|class(?:es|[-_ ]?wise)?|(?:mini-?)?batch|top[-_ ]?(?:[2-9]|\d\d)|macro|weighted|robust|adversarial|"
    r"noisy|(?:air)?planes?|automobiles?|cars?|birds?|cats?|deers?|dogs?|frogs?|horses?|ships?|trucks?)"
)
_OTHER_BEFORE = re.compile(
    rf"(?<![a-z]){_OTHER}[\s_:'\"-]{{0,3}}(?:{SPLIT}[\s_]?(?:set\s)?)?$", re.I
)
OTHER = re.compile(rf"(?<![a-z]){_OTHER}(?![a-z])", re.I)
_ON_SPLIT = re.compile(
    rf"\s(?:on|of|for|in)\s(?:the\s)?({SPLIT})(?:\s(?:set|data|dataset|images))?\s?", re.I
)
ANY_SPLIT = re.compile(rf"(?<![a-z]){SPLIT}(?![a-z])", re.I)

_ANOTHER = re.compile(
    r"\s?/\s?\d|,\d"
)  # after a number: it is one of several, or has a decimal comma
_STEP_OF_TEST = re.compile(rf"{SPLIT}:?\s?\[\s?\d{{1,6}}\s?/\s?\d{{1,6}}\s?\]", re.I)
# What makes a number that of another set of images: how many there are, or that it is one batch.
_IMAGES = re.compile(
    rf"({_COUNT})\s(?:(?:test|train\w*|val\w*)\s)?(?:images|samples|examples)(?![a-z])", re.I
)
_IMAGES_BEHIND = re.compile(rf"\s?[(\[]\s?(?:on\s|of\s|over\s)?{_IMAGES.pattern}", re.I)
_BATCH_BEHIND = re.compile(
    r"\s?[(\[]\s?(?:(?:one|of|on|last|first|mini-?)\s?){0,2}batch(?![a-z]*\s?size)", re.I
)
# Between the name of a split and the quantity that is its own: no mark, after which it would be a heading.
_BESIDE = re.compile(r"[\s_/.-]{0,3}")
_METER = re.compile(rf"\s?\(\s?(?:{REAL})\s?%?\s?\)", re.I)


def read_numbers(text: str, strict: bool) -> dict[tuple[str, str], Number]:
    """The numbers of a line without runs of blanks, by split ("train", "test", "val" or "") and quantity ("loss",
    "accuracy", or one of AVERAGED); `strict` takes a lone one only where a colon or an equals sign introduces it, or its
    name is one of a program.

    Of several of one split and quantity the first counts.
    """
    line = _Line(text)
    for match in _TOKEN.finditer(text):
        if match["split"] or match["several"]:
            line.enter(match)
        elif match["of_network"]:
            line.take_sentence(match)
        else:
            line.take_quantity(match)
    return {} if strict and not line.marked and len(line.found) == 1 else line.found


class _Line:
    """A line that is being read from left to right, and what was `found` in it so far."""

    def __init__(self, text: str):
        self.text, self.averaged = text, stretches(text)
        # What names no split in a line of Keras, "loss: … - val_loss: …", is of the training set.
        self.of_keras = "val_" in text and "test" not in text.lower()
        self.found: dict[tuple[str, str], Number] = {}
        self.marked = False
        self._inherited: set[tuple[str, str]] = set()
        self._splits, self._splits_end, self._end = ("",), -1, 0

    def enter(self, match: re.Match) -> None:
        """What follows is of the splits that `match` names."""
        self._splits, self._splits_end = _splits(match[0]), match.end()

    def take_sentence(self, match: re.Match) -> None:
        """ "Accuracy of the network on the 10000 test images: 86 %"."""
        number = replace(number_of(match["percent_of"], True), images=_images(match[0]))
        self.found.setdefault((match["split2"].lower(), "accuracy"), number)
        self.marked = True

    def take_quantity(self, match: re.Match) -> None:
        """A loss or an accuracy with its numbers."""
        text, start = self.text, match.start()
        before, self._end = text[max(self._end, start - 40) : start], match.end()
        own = _own_splits(match, before, self._splits)
        if not own:
            return
        beside = self._splits_end >= 0 and _BESIDE.fullmatch(text, self._splits_end, start)
        stated = bool(beside) or own != self._splits
        quantity = self._quantity(match, own)
        average = bool(match["average"]) or self.of_keras
        for split, number in _numbers(text, match, own, average).items():
            if _is_loss(match) and number.total is not None:
                continue
            key = ("train" if self._of_training(match) else split), quantity
            self._keep(key, number, stated)
            named = text[:start].endswith("_")  # test_acc: no word of a sentence
            self.marked = self.marked or named or bool(match["mark"] or match["filler"])

    def _quantity(self, match: re.Match, splits: tuple[str, ...]) -> str:
        quantity = "loss" if _is_loss(match) else "accuracy"
        averaged = AVERAGED[quantity]
        stands = any(begin < match.start("key") < end for begin, end in self.averaged)
        first = stands and not any((split, averaged) in self.found for split in splits)
        return averaged if first or _names_averaged(match) else quantity

    def _of_training(self, match: re.Match) -> bool:
        start = match.start("key")
        before = self.text[max(start - 6, 0) : start].lower()
        return self.of_keras and not before.endswith(("val_", "val ", "train_", "train "))

    def _keep(self, key: tuple[str, str], number: Number, stated: bool) -> None:
        """Keep `number`; its split is `stated` beside it, or inherited from the number before."""
        if stated and key in self._inherited:
            # "Test Loss: … Accuracy: … Test Accuracy: …": what has the name of the split is of it, the other is not.
            self.found.setdefault(("train", key[1]), self.found.pop(key))
            self._inherited.discard(key)
        if key not in self.found and not stated:
            self._inherited.add(key)
        self.found.setdefault(key, number)


def _is_loss(match: re.Match) -> bool:
    return match["key"].lower() == "loss"


def split_named(word: str) -> str:
    """The split that a word or its abbreviation means: "training" → "train", "tst" → "test"."""
    return _SPLITS[word[:2].lower()]


def _splits(words: str) -> tuple[str, ...]:
    return tuple(split_named(match[0]) for match in ANY_SPLIT.finditer(words))


def _names_averaged(match: re.Match) -> bool:
    """Whether the name of the quantity says that it is of averaged weights: "test_acc_ema", "accuracy of the EMA model"."""
    return bool(
        match["suffix"]
        or any(match[part] and NAMED.search(match[part]) for part in ("aside", "filler"))
    )


def _own_splits(match: re.Match, before: str, splits: tuple[str, ...]) -> tuple[str, ...]:
    """The splits whose numbers follow; none where it is another quantity than it seems."""
    rank = next((int(match[name]) for name in ("k1", "k2", "k3", "k4") if match[name]), 1)
    aside, filler = match["aside"], match["filler"] or ""
    inside = _ASIDE.fullmatch(aside) if aside else None
    if rank != 1 or (aside and not inside) or _OTHER_BEFORE.search(before) or OTHER.search(filler):
        return ()
    if match["k4"] and splits == ("",):  # "top 1" alone is too little to go by
        return ()
    if match["among"] or (inside and (inside["splits"] or inside["split"])):
        splits = _splits(match["among"] or aside)
    elif on := _ON_SPLIT.fullmatch(filler):
        splits = _splits(on[1])
    elif not filler.lstrip().lower().startswith("after") and set(_splits(filler)) - set(splits):
        return ()
    return splits


def _numbers(
    text: str, match: re.Match, splits: tuple[str, ...], average: bool
) -> dict[str, Number]:
    """The number of each split; none where there are more or fewer numbers than splits."""
    if match["key"].lower() == "prediction" and not match["total"]:
        return {}
    if len(splits) > 1:
        each = rf"\s?({REAL})\s?(%?)\s?"
        values = re.compile(r"(?:[/,|&]|and)".join([each] * len(splits)) + r"(?![\w/,])", re.I)
        row = values.match(text, match.start("real" if match["real"] else "correct"))
        return (
            {
                split: replace(
                    number_of(row[2 * place + 1], bool(row[2 * place + 2])), average=average
                )
                for place, split in enumerate(splits)
            }
            if row
            else {}
        )
    if match["real"] and not match["total2"]:
        after = _ANOTHER.match(text, match.end())
        if after and (after[0][0] != "," or "." not in match["real"]):
            return {}
        if _BATCH_BEHIND.match(text, match.end()):
            return {}
        if _METER.match(text, match.end()) and _STEP_OF_TEST.search(
            text
        ):  # of one batch, and in brackets of those so far
            return {}
    number = _measured(match, average)
    if number and number.total is None:
        behind = _IMAGES_BEHIND.match(text, match.end())
        said = _images(behind[0] if behind else f"{match['filler'] or ''} {match['aside'] or ''}")
        number = replace(number, images=said)
    return {splits[0]: number} if number else {}


def _images(text: str) -> int | None:
    """The number of images that `text` speaks of."""
    match = _IMAGES.search(text)
    return int(match[1].replace(",", "")) if match else None


def _measured(match: re.Match, average: bool) -> Number | None:
    correct, total = match["correct"] or match["correct2"], match["total"] or match["total2"]
    correct, total = (int(part.replace(",", "")) if part else None for part in (correct, total))
    printed = match["percent"] if match["correct"] else match["real"]
    if printed is None and not total:
        return None
    number = (
        number_of(printed, bool(match["sign"] or match["sign1"] or match["correct"]))
        if printed
        else None
    )
    if total is not None and total < 100:  # "Accuracy: 3/5" is no count of images
        return None if match["correct"] else number
    if total is None:
        return replace(number, average=average)
    printed, unit = (number.value, number.unit) if number else (None, 0.0)
    return Number(100 * correct / total, unit, True, printed, correct, total, average)
