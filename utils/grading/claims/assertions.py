"""The numbers and properties that one sentence asserts, and the words by which it does."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MARKS = ",;:()"
_NUMBER = r"\d{1,3}(?:,\d{3})+|\d{1,9}(?:\.\d{1,6})?"
_SENSES = {"around": r"around|about|approx(?:imately|\.)?|roughly|nearly|almost|close to|circa|~|≈|up ?to|near",
           "over": r"over|above|more than|greater than|beyond|exceed(?:s|ed|ing)?|cross(?:ed|es|ing)|>|surpass(?:ed|ing)?",
           "at_least": r"at ?least|>=|≥|minimum of",
           "below": r"under|below|less(?:er)? than|fewer than|within|<", "at_most": r"at most|<=|≤"}
_ANY_SENSE = "(?P<sense>(?:" + "|".join(_SENSES.values()) + r")\s*)?"
SENSE_BEFORE = re.compile("(?:" + "|".join(f"(?P<{name}>{words})" for name, words in _SENSES.items())
                          + r")\s*(?:the\s+)?(?:target\s+of\s+)?[*`_]*\s*$", re.I)
ACCURACY_WORDS = re.compile(r"acc|reach|achiev|target|cross|test|val|result", re.I)
PER_CENT = re.compile(r"(?<![\d.,])(?P<number>\d{1,3}(?:\.\d{1,6})?)[\s*`_]{0,6}(?:%|per ?cent)(?P<plus>\s*\+)?", re.I)
ACCURACY = re.compile(r"\bacc(?:uracy|\.)?(?![a-z])[\s*`_|:=\-–(]{0,12}(?:(?:score\s+)?(?:of|is|was|at)\s+)?" + _ANY_SENSE +
                      r"[*`_\s|]{0,6}(?P<number>\d{2}(?:\.\d{1,6})?|0\.\d{2,6})"
                      r"(?![\d.]*[\d%])(?!\s*(?:%|epoch|st\b|nd\b|rd\b|th\b))", re.I)
# Beside these, a percentage is no accuracy.
CHANGE = re.compile(r"dropout|\brate|parameter|increase|decrease|gain|improve|drop|reduc|fell|probab|gap\b|differ|"
                    r"of the (?:data|im)", re.I)
# What these sentences say is of single classes, or of both sets at once.
DIVIDED = re.compile(r"\b(?:(?:air)?plane|automobile|car|bird|cat|deer|dog|frog|horse|ship|truck|classe?)s?\b|"
                     r"train\w*\s*[/,&]\s*(?:test|val)|test\w*\s*[/,&]\s*train", re.I)
SPLIT = re.compile(r"\btrain(?:ing)?\s+(?:set\s+|data\s+)?acc|\btrain(?:ing)?\b(?=[\s:=*|_-]*$)|\btest|\bval", re.I)
EPOCH = re.compile(
    r"(?P<ordinal>\d{1,4})\s*(?:st|nd|rd|th)\s+epoch\b"
    r"|(?<!per )\bepoch\s*(?:no\.?|number|num|#)?\s*[:=#\-]?\s*(?P<plain>\d{1,4})\b"
    r"|\b(?P<within>in|within|under|after|by|using|over|for)\s+(?:the\s+)?(?:first\s+|just\s+|only\s+|about\s+)?"
    r"(?P<count>\d{1,4})\s+epochs?\b", re.I)
EPOCHS = re.compile(
    r"\bepochs\s*(?:trained|run|count)?[\s*`_)]{0,6}[:=|\-–][\s*`_]{0,6}(?P<after>\d{1,4})\b(?!\s*(?:st|nd|rd|th|[-–]\s*\d|/))"
    r"|(?<![\d.\-–])(?P<before>\d{1,4})\s+epochs\b", re.I)
# Before these, a number of epochs is not how long the training was.
NO_TOTAL = re.compile(r"\b(?:within|under|after|by|in|first|last|every|each|around|final|next|from|additional|more|until|"
                      r"till|than|warm-?up|patience)\s+(?:the\s+|just\s+|only\s+|first\s+|last\s+){0,3}$", re.I)
REACHED = re.compile(r"reach|achiev|cross|attain|hit\b|target|touch|surpass|exceed|got\b|obtain", re.I)
BEST = re.compile(r"best|highest|top|max", re.I)
PARAMETERS = re.compile(
    rf"(?<![\w.,])(?P<before>{_NUMBER})\s?(?P<unit1>[km]|million|thousand)?[*`_]{{0,4}}\s+"
    r"(?:(?:total|trainable|learnable|model|network)\s+){0,3}param(?:eter)?s?\b"
    r"|\bparam(?:eter)?s?(?:\s+count)?\b(?:\s*\((?![^)]*MB)[^)]{0,30}\))?[*`_\s]{0,6}(?:[:=|\-–]|\bis\b|\bare\b|\bof\b)?[*`_\s|]{0,6}"
    + _ANY_SENSE + rf"(?P<after>{_NUMBER})\s?(?P<unit2>[km]\b|million|thousand)?", re.I)
FIELD = re.compile(
    r"\b(?:receptive\s+fi?e?i?lds?|RF)\b(?:\s+of\s+(?:the|this|our|my)\s+(?:\w{1,20}\s)?(?:network|model|net|architecture)\b)?"
    r"(?:\s*\([^)]{0,20}\))?[*`_\s]{0,6}(?:[:=|\-–]|\bis\b|\bof\b|\bwas\b|\bequals\b)?"
    r"[*`_\s|]{0,6}" + _ANY_SENSE + r"(?P<number>\d{1,4})(?:\s?[x×*]\s?(?P=number)(?!\d))?"
    r"(?![\d.]*\d|\s*%|\s*[x×]|\s*(?:images?|inputs?|pictures?)\b)", re.I)
# A sentence with none of these explains a notion rather than this network.
USED = re.compile(r"\b(?:we|our|i|used|using|uses|use|applied|apply|model|network|net|with|here|has|have|contains?|"
                  r"includes?|included|instead|replaced|added|employs?|layers?|blocks?)\b", re.I)
PROPERTIES = (("depthwise_separable", r"depth[\s-]*wise"), ("dilated", r"\bdilat(?:ed|ion)\b|\batrous\b"),
              ("global_average_pooling", r"global[\s-]*av(?:era)?g(?:e)?[\s-]*pool|\bGAP\b"),
              ("horizontal_flip", r"horizontal[\s_]*flip"),
              ("shift_scale_rotate", r"shift[\s_,]*scale[\s_,&]*(?:and\s+)?rotat"))
PLACE_BEFORE = re.compile(r"\b(?:at|before|until|up to)\s+(?:the\s+)?(?:(?:input|end|start)\s+of\s+(?:the\s+)?)?$", re.I)
PLACE_AFTER = re.compile(r"(?:ing)?(?:'s)?\s+(?:layer\s+)?(?:input|window|kernel)", re.I)
NO_POOLING = re.compile(r"\b(?:no|without|any|instead of|not using|replac\w+)\b[^.]{0,20}\bmax[\s-]*pool", re.I)


@dataclass(frozen=True)
class Assertion:
    """What is asserted: `kind`, its number (or truth), in what `sense` ("exact", "around", "over", "at least", "below" or
    "at most"); `unit` is the size of the number's last digit.

    The kinds "reached" and "accuracy_at" have an `epoch`; `within` marks "in 54 epochs". `text` is the excerpt that says so.
    """
    kind: str
    number: float | bool
    unit: float = 0.0
    sense: str = "exact"
    epoch: int | None = None
    within: bool = False
    text: str = ""


def assertions(sentence: str) -> Iterator[Assertion]:
    """What `sentence` asserts; accuracies in per cent."""
    taken: list[tuple[int, int]] = []
    if ACCURACY_WORDS.search(sentence) and not DIVIDED.search(sentence):
        yield from _accuracies(sentence, taken)
    for match in EPOCHS.finditer(sentence):
        before = sentence[:match.start("before")] if match["before"] else ""
        if not any(start <= match.start() < end for start, end in taken) and not NO_TOTAL.search(before):
            yield Assertion("epochs", int(match["before"] or match["after"]), 1, text=_excerpt(sentence, match))
    for match in PARAMETERS.finditer(sentence):
        yield from _parameters(sentence, match)
    for match in FIELD.finditer(sentence):
        sense, text = _sense(match["sense"] or ""), _excerpt(sentence, match)
        yield Assertion("receptive_field", int(match["number"]), 1, sense, text=text)
    if USED.search(sentence):
        for kind, words in PROPERTIES:
            places = kind == "global_average_pooling"
            found = (one for one in re.finditer(words, sentence, re.I) if not (places and _names_place(sentence, one)))
            if match := next(found, None):
                denied = re.search(rf"\b(no|not|without)\b[^,.]{{0,15}}(?:{words})", sentence, re.I)
                if not denied or denied[1].lower() != "without":  # "without dilation" tells of another network
                    yield Assertion(kind, not denied, text=_clause(sentence, match))
    if match := NO_POOLING.search(sentence):
        yield Assertion("max_pooling", False, text=_clause(sentence, match))


def _accuracies(sentence: str, taken: list[tuple[int, int]]) -> Iterator[Assertion]:
    """Accuracies, each with the epoch that belongs to it; `taken` collects where those epochs stand."""
    found = sorted([*PER_CENT.finditer(sentence), *ACCURACY.finditer(sentence)], key=lambda match: match.start("number"))
    for place, match in enumerate(found):
        begin = found[place - 1].end() if place else 0
        end = found[place + 1].start() if place + 1 < len(found) else len(sentence)
        before, after = sentence[begin:match.start("number")], sentence[match.end():end]
        number, unit = float(match["number"]), 10.0 ** -len(match["number"].partition(".")[2])
        if number < 1:
            number, unit = 100 * number, 100 * unit
        if not 10 <= number <= 100 or CHANGE.search(sentence[max(match.start() - 40, 0):match.start()] + "|" + after[:12]):
            continue
        split = _split(before, after)
        sense = "at least" if match.groupdict().get("plus") else _sense(match.groupdict().get("sense") or before)
        text = _excerpt(sentence, match)
        epoch = _epoch(before, after)
        whole = epoch is None or (epoch["within"] or "").lower() in ("for", "over", "using")
        if whole:
            kind = "final_accuracy" if re.search(r"\b(?:final|last|end)\b", before, re.I) else "accuracy"
            yield Assertion(kind if split == "test" else f"train_{kind}", number, unit, sense, text=text)
            continue
        shift = match.end() if epoch.string is after else begin
        taken.append((shift + epoch.start(), shift + epoch.end()))
        reached = epoch["within"] or (REACHED.search(sentence) and not BEST.search(before))
        if split == "test":
            yield Assertion("reached" if reached else "accuracy_at", number, unit, sense,
                            int(epoch["ordinal"] or epoch["plain"] or epoch["count"]), bool(epoch["within"]), text)


def _excerpt(sentence: str, match: re.Match) -> str:
    """The words around a match, none of them cut."""
    begin, end = match.start() - 60, match.end() + 40
    begin = sentence.rfind(" ", 0, begin) + 1 if begin > 0 else 0
    end = sentence.find(" ", end) if end < len(sentence) else -1
    return sentence[begin:end if end > 0 else len(sentence)]


def _names_place(sentence: str, match: re.Match) -> bool:
    """Whether the pooling is named only to say where something else is: "63 at the input of the GAP", "the GAP window"."""
    return bool(PLACE_BEFORE.search(sentence[max(match.start() - 40, 0):match.start()]) or
                PLACE_AFTER.match(sentence, match.end()))


def _clause(sentence: str, match: re.Match) -> str:
    """The part of the sentence, between commas or brackets, that says so; what the others say has verdicts of its own."""
    begin = max(sentence.rfind(mark, 0, match.start()) for mark in _MARKS) + 1
    ends = [end for end in (sentence.find(mark, match.end()) for mark in _MARKS) if end >= 0]
    return sentence[begin:min(ends, default=len(sentence))].strip()


def _epoch(before: str, after: str) -> re.Match | None:
    """The epoch nearest to an accuracy: the one that follows it, else the one that stands before it."""
    following = EPOCH.search(after)
    if following and following.start() < 60:
        return following
    preceding = list(EPOCH.finditer(before))
    return preceding[-1] if preceding and len(before) - preceding[-1].end() < 60 else None


def _split(before: str, after: str) -> str:
    """Whether an accuracy is of the test or the training set, from the words beside it."""
    words = [match[0].lower() for match in SPLIT.finditer(before)]
    if words:
        return "train" if words[-1].startswith("tr") else "test"
    return "train" if re.match(r"[\s*`_)]*(?:on\s+)?(?:the\s+)?train", after, re.I) else "test"


def _parameters(sentence: str, match: re.Match) -> Iterator[Assertion]:
    printed, text = match["before"] or match["after"], _excerpt(sentence, match)
    factor = {"k": 1e3, "t": 1e3, "m": 1e6}.get((match["unit1"] or match["unit2"] or "").lower()[:1], 1)
    number = float(printed.replace(",", "")) * factor
    sense = _sense(match["sense"] or (sentence[:match.start()] if match["before"] else ""))
    if number >= 1_000:
        yield Assertion("parameters", number, 10.0 ** -len(printed.partition(".")[2]) * factor, sense, text=text)


def _sense(before: str) -> str:
    match = SENSE_BEFORE.search(before)
    return match.lastgroup.replace("_", " ") if match else "exact"
