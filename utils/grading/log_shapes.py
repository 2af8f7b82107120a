"""One line of a training log, in the many shapes that students print: epoch number, progress bar, losses, accuracies."""

import re
from dataclasses import dataclass, field, replace

LINE_LIMIT = 2_000  # characters; what comes later in a line is no log


@dataclass(frozen=True)
class Number:
    """A printed number: `unit` is the size of its last digit (0.01 for "86.54"); `average` where the log calls it one.

    Where the log counts, as in 8654/10000 (86.54%), `value` follows from the counts, in per cent, and `printed` is what
    stands beside them.
    """
    value: float
    unit: float
    percent: bool = False
    printed: float | None = None
    correct: int | None = None
    total: int | None = None
    average: bool = False


@dataclass(frozen=True)
class Bar:
    """A progress bar: steps done of all, seconds shown, and the steps a second that it shows (None where it does not)."""
    done: int
    steps: int
    seconds: float
    rate: float | None


@dataclass(frozen=True)
class LogLine:
    """What a line says. `numbers` are keyed by split ("train", "test", "val" or "") and quantity ("loss" or "accuracy").

    `remark`: the line comments on an epoch (a checkpoint saved, a learning rate set) and neither begins nor measures one.
    `counted`: an accuracy is given as correct/total, which prose does not do.
    """
    epoch: int | None = None
    of: int | None = None
    numbers: dict[tuple[str, str], Number] = field(default_factory=dict)
    bar: Bar | None = None
    batch: int | None = None
    remark: bool = False
    counted: bool = False


_HINT = re.compile(r"ep(?:och)?\W{0,4}\d|acc|loss|/s\]|s/it|\d+/\d+ \[", re.I)
_EPOCH = re.compile(r"(?<![a-z_])ep(?:och)?(?![a-z])['\"]?\s*(?:no\.?|number|num|#)?\s*[:=#\-]?\s*[\[(]?\s*(\d{1,5})"
                    r"(?![\d.]\d|%)\s*(?:(?:/|of|out of)\s*(\d{1,5}))?", re.I)
_BRACKETED = re.compile(r"^\s*\[\s*(\d{1,5})\s*(?:/\s*(\d{1,5})\s*)?\]\s*(?=train|test|val|loss|acc)", re.I)
# What may stand before the word "epoch" of a line that begins one, and after its number.
_BEFORE = re.compile(r"(?:[^a-z]|info|debug|it/s|s/it|train(?:ing)?|valid(?:ation)?|test(?:ing)?|start(?:ing|ed)?|running|"
                     r"results?|end|finished|completed?|current(?:ly)?|begin(?:ning)?|for|root|main|trainer|logger|log)*",
                     re.I)
_MEASURED = re.compile(r"\W*(?:train\w*|test\w*|val\w*)?\s*(?:set\s*)?(?:loss|acc\w*)\s+(?:after|at|for|in|of|on)\s+", re.I)
_AFTER = re.compile(r"\s*(?:$|[^\w\s]|\d|train|test|val|loss|acc|lr|learning|time|took|result|summary|done|complete|"
                    r"finish|avg|average|batch|global)", re.I)

_BAR = re.compile(r"(?<!\d)(\d{1,9})/(\d{1,9})\s*\[(?:(\d{1,4}):)?(\d{1,4}):(\d{1,4})<[^\],]*"
                  r"(?:,\s*(\d{1,9}(?:\.\d{1,9})?)\s*(it/s|s/it|batch/s|s/batch))?")
_KERAS_BAR = re.compile(r"(?<!\d)(\d{1,9})/(\d{1,9})\s*(?:\[[=>.]*\]|[━╸╺\s]{5,60})(?:\s*-)?\s*(?:(\d{1,4}):)?(\d{1,6})s\b")
_HALF_BAR = re.compile(r"\d{1,3}%\s*\|[^|]*\|?\s*\d+/\d+\s*\[[^\]]*\]?")
_BATCH = re.compile(r"batch(?:[_ ]?id)?\s*[:=]\s*(\d+)", re.I)

# Where a line stops to measure and begins to comment.
_COMMENT = re.compile(r"(?<![a-z])(?:best|highest|max(?:imum)?|improv|increas|decreas|sav(?:ed|ing)|checkpoint|early.?stop|"
                      r"patience|target|threshold|goal|previous|setting learning|adjusting|reducing|reached|achieved|"
                      r"did not)", re.I)
_LIGHTNING = re.compile(r"'(\w+)' reached ")
_COUNT = r"\d{1,3}(?:,\d{3}){1,3}|\d{1,12}"
_REAL = r"[-+]?(?:\d{1,15}(?:\.\d{0,25})?|\.\d{1,25})(?:e[-+]?\d{1,3})?|nan|[-+]?inf"
_TOKEN = re.compile(
    rf"""(?<![a-z])(?P<split>train(?:ing)?|test(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?)(?![a-z])
      |(?P<of_network>accuracy\s+of\s+the\s+(?:network|model)\s+on\s+(?:the\s+)?(?:{_COUNT})\s+(?P<split2>train|test)\w*\s+images)
       \s*[:=]?\s*(?P<percent_of>{_REAL})\s*%
      |(?<![a-z])(?P<average>(?:average|avg\.?|mean)[\s_]*)?(?P<key>loss|acc(?:uracy)?|prediction)
       (?:[_ ](?:epoch|step))?(?![a-z])
       (?:\s*\((?:%|in\ %|percent)\))?
       (?P<filler>\s+(?:after|of|on|at|for|in)\s[^:=|│]{{0,60}}?(?=\s*[:=|│]))?
       [\s"'`*]*(?P<mark>[:=|│┃]|->|→|is\s|-(?=\s))?[\s"'`*|│┃]*(?:tensor\()?\s*
       (?:(?P<correct>{_COUNT})\s*/\s*(?P<total>{_COUNT})(?![\d.])(?:\s*[(=]?\s*(?P<percent>{_REAL})\s*(?P<sign1>%)?)?
         |(?P<real>{_REAL})(?![\w/])\s*(?P<sign>%)?(?:\s*\(\s*(?P<correct2>{_COUNT})\s*/\s*(?P<total2>{_COUNT})\s*\))?)""",
    re.I | re.X)
_SPLITS = {"tr": "train", "te": "test", "va": "val", "ev": "val"}


def read_line(text: str) -> LogLine | None:
    """What `text`, one line or one frame of a progress bar, says of training; None where it says nothing."""
    text = text[:LINE_LIMIT]
    if not _HINT.search(text):
        return None
    text = _LIGHTNING.sub(r"\1: ", text)
    bar = _bar(text)
    if bar and bar.done < bar.steps and "poch" not in text.lower():
        return LogLine(bar=bar)  # a frame that was redrawn
    comment = None if bar else _COMMENT.search(text)
    measured = text[:comment.start()] if comment else text
    epoch, of = _epoch(_HALF_BAR.sub(" ", measured) if "|" in measured else measured)
    numbers = _numbers(measured, strict=epoch is None and bar is None)
    if epoch is None and bar is None and not numbers:
        return None
    batch = _BATCH.search(measured)
    remark = comment is not None and not (numbers and epoch is not None)
    counted = any(number.total for number in numbers.values())
    return LogLine(epoch, of, numbers, bar, int(batch[1]) if batch and len(batch[1]) < 10 else None, remark, counted)


def _epoch(text: str) -> tuple[int | None, int | None]:
    """The number of the epoch that a line begins or reports on, and of how many."""
    if match := _BRACKETED.match(text):
        return int(match[1]), int(match[2]) if match[2] else None
    match = _EPOCH.search(text)
    if not match or match.start() > 120:
        return None, None
    before = text[:match.start()]
    if not (_BEFORE.fullmatch(before) and _AFTER.match(text, match.end()) or _MEASURED.fullmatch(before)):
        return None, None
    return int(match[1]), int(match[2]) if match[2] else None


def _bar(text: str) -> Bar | None:
    match = _BAR.search(text)
    if match:
        done, steps, hours, minutes, seconds, rate, unit = match.groups()
        speed = float(rate) if rate else None
        if speed and unit.startswith("s/"):
            speed = 1 / speed
        seconds = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    elif match := _KERAS_BAR.search(text):
        done, steps, minutes, seconds = match.groups()
        speed, seconds = None, int(minutes or 0) * 60 + int(seconds)
    return Bar(int(done), int(steps), float(seconds), speed or None) if match else None


def _numbers(text: str, strict: bool) -> dict[tuple[str, str], Number]:
    """The losses and accuracies of a line; `strict` takes a lone one only where a colon or an equals sign introduces it."""
    found, unmarked, split = {}, 0, ""
    keras = "val_" in text and "test" not in text.lower()
    for match in _TOKEN.finditer(text):
        if match["split"]:
            split = _SPLITS[match["split"][:2].lower()]
            continue
        if match["of_network"]:
            found.setdefault((match["split2"].lower(), "accuracy"), _number(match["percent_of"], True))
            continue
        unmarked += not (match["mark"] or match["filler"])
        quantity = "loss" if match["key"].lower() == "loss" else "accuracy"
        if match["key"].lower() == "prediction" and not match["total"]:
            continue
        number = _measured(match, average=bool(match["average"]) or keras)
        if number and (quantity == "accuracy" or number.total is None):
            # "loss: … - val_loss: …": what has no split of its own in such a line is of the training set
            named = text[:match.start("key")].lower().endswith(("val_", "val ", "train_", "train "))
            found.setdefault((split if named or not keras else "train", quantity), number)
    return {} if strict and unmarked == len(found) == 1 else found


def _measured(match: re.Match, average: bool) -> Number | None:
    correct, total = match["correct"] or match["correct2"], match["total"] or match["total2"]
    correct, total = (int(part.replace(",", "")) if part else None for part in (correct, total))
    printed = match["percent"] if match["correct"] else match["real"]
    if printed is None and not total:
        return None
    number = _number(printed, bool(match["sign"] or match["sign1"] or match["correct"])) if printed else None
    if total is not None and total < 100:  # "Accuracy: 3/5" is no count of images
        return None if match["correct"] else number
    if total is None:
        return replace(number, average=average)
    printed, unit = (number.value, number.unit) if number else (None, 0.0)
    return Number(100 * correct / total, unit, True, printed, correct, total, average)


def _number(printed: str, percent: bool) -> Number:
    mantissa, _, exponent = printed.lower().partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0) if "n" not in mantissa else 0
    return Number(float(printed), 10.0 ** -min(max(decimals, -300), 300), percent)
