"""A line of a log in the words that its readers know: without what a logger puts before it, abbreviations written out."""

import re

from utils.grading.log.losses_and_accuracies import ANY_SPLIT, SPLIT

_LEVEL = r"(?:info|debug|warn(?:ing)?|notice|error|critical)(?![a-z])"
_STAMP = re.compile(
    r"[\s\[(]*(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?(?:[-/.]\d{2,4})?)?[T\s]?\s?\d\d?:\d\d(?::\d\d)?(?:[.,]\d{1,9})?"
    r"(?:\s?[AP]M)?(?:Z|[+-]\d\d:?\d\d)?(?![\d<:])",
    re.I,
)
# A part of what stands before a message: a level, or the name of a logger or file with a separator behind it.
_PART = re.compile(
    rf"[\s\[\]()|:>,-]*(?:{_LEVEL}|(?!(?:ep(?:och)?s?(?![a-z0-9])|train|test|val|eval|dev|loss|acc|avg|aver|best)(?!\w*\.py))"
    r"[a-z_][\w./<>]{0,60}(?::\d{1,6})?(?=\s?(?:[\]|>]|:(?!\d)|-\s)))",
    re.I,
)
_BEGINS = re.compile(rf"[\s\[]*{_LEVEL}", re.I)
_SAYS = re.compile(r"loss|acc|err|correct|prec|top", re.I)

_NAMED = r"(?=[\s_.]?(?:set[\s_])?(?:loss|acc|err))"
_RESULT = r"(?:loss|acc(?:uracy)?)"
# Written otherwise → as the readers know it.
_REWRITTEN = [
    (re.compile(pattern, flags), words)
    for pattern, words, flags in (
        (r"(?:sparse_)?(?:categorical|binary|multiclass)_(?=acc)", "", re.I),  # Keras, torchmetrics
        (r"(?<=[a-z])(?=(?:Loss|Acc)(?:uracy)?(?![a-z]))", " ", 0),  # TrainLoss
        (rf"(?<![a-z])trn?{_NAMED}", "train", re.I),
        (rf"(?<![a-z])(?:te|tst){_NAMED}", "test", re.I),
        (rf"(?<![a-z])(?:va|dev){_NAMED}", "val", re.I),
        (
            rf"(?<![a-z])({_RESULT})[\s_/-]?\(?({SPLIT})\)?(?=\s?[:=])",
            r"\2 \1",
            re.I,
        ),  # loss_train:
        # As PyTorch's example for ImageNet sums up a test.
        (r"^\W{0,4}\*\s?(?:acc|prec)@1\s?:?(?=\s?\d)", "test accuracy:", re.I),
        (r"(?<![a-z])correct\W{1,4}(?=\d[\d,]{0,12}\s?/\s?\d)", "accuracy: ", re.I),
    )
]
_BEHIND = re.compile(
    rf"(?<![\w.])(\d{{1,3}}\.\d{{1,4}})\s?% ({SPLIT}) acc(?:uracy)?(?![a-z]|\s?[:=(])", re.I
)
_PER_CENT = re.compile(r"\d\s?%")
_ERROR = re.compile(
    rf"(?<![a-z])({SPLIT})[\s_](?:top-?1\s)?err(?:or)?(?:[\s_]rate)?\s?[:=]?\s?(\d{{1,3}}(?:\.(\d{{1,6}}))?)\s?%",
    re.I,
)
_COUNT = re.compile(
    r"(?<![\[\d/.,])(\d[\d,]{0,12})\s?(?:/|(?:out )?of(?: the)?)\s?(\d[\d,]{3,12})(?![\d.])"
    rf"(?: (?:({SPLIT}) )?(?:(?:images|samples) )?(?:(?:are|were) )?(?:correct|right)(?:ly)?(?: classified)?)?"
    r"\s?[(=]\s?(\d{1,3}(?:\.\d{1,6})?)\s?%",
    re.I,
)
_SHARE = re.compile(rf"(?<![a-z])({SPLIT})\s?[:=]?\s?(\d{{1,3}}\.\d{{1,4}})\s?%", re.I)
_ACCURACY_BEFORE = re.compile(r"(?:acc(?:uracy)?|prec\w*|top\W?1)[^a-z]{0,12}$", re.I)


def message(text: str) -> str:
    """What was logged: `text` without a time stamp, a level and the names of loggers and files before it."""
    stamp = _STAMP.match(text) or _BEGINS.match(text)
    if not stamp:
        return text
    rest = text[stamp.end() :]
    while part := _PART.match(rest):
        rest = rest[part.end() :]
    return rest.lstrip(" []()|:>,-")


def in_usual_words(text: str) -> str:
    """`text`, whose blanks come one at a time, as the readers of losses and accuracies know it."""
    text = message(text)
    if not _SAYS.search(text) and "%" not in text:
        return text
    for pattern, words in _REWRITTEN:
        text = pattern.sub(words, text)
    text = _labels_before(text)
    return _shares(_COUNT.sub(_counted, _ERROR.sub(_right, text)))


def _labels_before(text: str) -> str:
    """`text` with "86.20% test acc" the other way round, unless its labels stand before their numbers: then the last label
    has a number behind it."""
    *_, last = (None, *_BEHIND.finditer(text))
    if last is None or _PER_CENT.search(text, last.end()):
        return text
    return _BEHIND.sub(r"\2 accuracy: \1%", text)


def _shares(text: str) -> str:
    """`text` with its shares of right answers called so, where nothing but a split stands before each of several."""
    splits = {match[1][:2].lower() for match in _SHARE.finditer(text)}
    return _SHARE.sub(r"\1 accuracy: \2%", text) if len(splits) > 1 else text


def _right(match: re.Match) -> str:
    """An error in per cent as the accuracy that it leaves."""
    return f"{match[1]} accuracy {100 - float(match[2]):.{len(match[3] or '')}f}%"


def _counted(match: re.Match) -> str:
    """A count of images as an accuracy, where the share beside it is theirs and a split is named."""
    correct, total = (int(match[place].replace(",", "")) for place in (1, 2))
    before = match.string[: match.start()]
    named = match[3] or ANY_SPLIT.search(before)
    fits = total and abs(100 * correct / total - float(match[4])) <= 0.51
    if not named or not fits or _ACCURACY_BEFORE.search(before):
        return match[0]
    return f"{match[3] or ''} accuracy {correct}/{total} ({match[4]}%"
