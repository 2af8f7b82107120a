"""The quantities of a clause that is understood: each with its value and what the words beside it say of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from utils.grading.claims.vocabulary import PROPERTIES, Token

# What a sentence says in letters of vocabulary.py. A number belongs to the quantity beside it.
_PARAMETERS = re.compile(
    r"(?P<s>s?)\.?y?(?P<n>#)[.wF]{0,4}P|P(?:\([.Td]{1,3}\))?[.wFbv:]{0,8}(?P<s2>s?)y?\.?(?P<n2>#)"
)
_FIELD = re.compile(
    r"R(?:\([.wl]{1,3}\))?[.wFbv:l]{0,9}(?P<s>s?)y?\.?(?P<n>[#z])(?!d)|(?P<s2>s?)(?P<n2>[#z])\.?R"
)
_BARE = re.compile(r"A(?:\([.STdBFe]{1,4}\))?[.wFbv:]{0,9}(?P<s>s?)y?\.?(?P<n>#)")
_PER_CENT = re.compile(r"(?P<s>s?)[.y]{0,2}(?P<n>%)")
_TRAIN_BEFORE = re.compile(r"T(?:[.d]{0,2}A|[.d]{0,2}(?=[:(b]))")
_TEST_BEFORE = re.compile(r"S(?:[.d]{0,2}A|[.d]{0,2}(?=[:(b]))|A[.w]{0,3}Sd?")
_SPLIT_AFTER = re.compile(
    r"[.(]{0,3}(?P<split>[TS])(?:[.d]{0,2}A|d|\)|:k|$)|A?[.w]{0,3}(?P<on>[TS])d"
)
_BEST = re.compile(r"B\)?[.wSTdA]{0,6}[.wbv:k]{0,7}$")
_FINAL = re.compile(r"F[.STd]{0,3}A|Fe|F[.bvu]{0,3}$|A[.w]{0,2}l[.bvu:]{0,3}$")  # l: "at the end"
_TARGET = re.compile(r"v\.{0,3}g\.{0,2}A?\.{0,2}s?%|g\.{0,2}A?\.{0,2}%b\.{0,2}f?v")
SAID = re.compile(r"[vbutn]")
# A clause whose subject is a layer.
_OF_A_LAYER = re.compile(
    r"(?:(?:the|this|that|these|each|every|an?|one|our|its|single|final|last|first|output|input|linear|normal|standard|no|"
    r"\d+|x|dilated|dialated|atrous|depth[\s-]?wise|separable|point[\s-]?wise|fully|connected)[\s-]+)*"
    r"(?:layers?|kernels?|filters?|classifiers?|heads?|bias(?:es)?|dilations?|dilated|atrous|depth[\s-]?wise|max[\s-]?pool\w*|"
    r"(?:no|without)\s+max|conv\w*(?![\s-]+(?:neural|net)))(?!\w)",
    re.I,
)
# Two splits before one word for what is measured, with two numbers behind: "train and test accuracy: 82 % and 86 %".
_BOTH_SPLITS = re.compile(r"([TS])[.d]{0,2}[&,][.]{0,2}(?!\1)([TS])[.d]{0,2}A[.bv:(]{0,4}$")


@dataclass(frozen=True)
class Part:
    """One quantity with its value, from `start` to `end` of the sentence.

    `kind` is "accuracy", "epochs", "parameters", "receptive_field" or a property. `number` is the value (accuracies in per
    cent; a truth for a property), `unit` the size of its last digit, `sense` a key of SENSES or "" where it is exact,
    `figures` how many digits it has. An accuracy is on the `split` "test", "train" or "" (not said), in the `role` "best",
    "final" or ""; `epoch` is the epoch that it belongs to and `when` says how: "at", "after" or "within". `reached`: the
    sentence says that it was reached, or that nothing is higher; of epochs, that they were trained. `round`: a number that
    may be a limit rather than a result.
    """

    kind: str
    number: float
    start: int
    end: int
    unit: float = 1.0
    sense: str = ""
    figures: int = 0
    split: str = ""
    role: str = ""
    epoch: int | None = None
    when: str = ""
    borrowed: bool = False  # the epoch stands beside the accuracy on the other split
    reached: bool = False
    round: bool = False
    loose: bool = False  # "the best" stands in the sentence, but not beside this accuracy
    validated: bool = False  # of an accuracy: the sentence speaks of a validation
    somewhere: bool = False  # of a property: that only a part of the network has it
    separable: bool = True  # of depthwise convolutions: the words say that they are separable


def quantities(words: list[Token], letters: str, passing: bool = False) -> list[Part] | None:
    """The quantities of a clause; None where a number (unless `passing`) or an epoch has no place in them."""
    taken: set[int] = set()
    parts = [
        *_counts(words, letters, taken),
        *_accuracies(words, letters, taken),
        *_properties(words, letters),
    ]
    if any(letters[place] in "#%zg" for place in range(len(letters)) if place not in taken):
        if not passing:
            return None
        parts = [one for one in parts if one.kind == "parameters"]  # "in number 41, with 87.32 %"
    parts = _with_epochs(words, letters, parts)
    results = {one.kind for one in parts or ()} - PROPERTIES.keys()
    if "h" in letters and results:
        return None  # "block 3 has 90,000 parameters"
    if results & {"parameters", "receptive_field"} and _OF_A_LAYER.match(_said(words)):
        return None  # "this layer has 1,152 parameters"
    return parts


def _said(words: list[Token]) -> str:
    """The words of a clause, without the marks before it."""
    return " ".join(word.text for word in words if word.letter not in ":,&()")


def _figure(word: Token) -> tuple[float, float, int]:
    """A number in words or digits as (value, size of its last digit, how many digits tell)."""
    text = word.text.replace(",", ".") if word.letter == "%" else word.text
    match = re.match(r"(\d[\d,'’]*(?:\s\d{3})*(?:\.\d+)?)\s?([kmt]?)", text, re.I)
    digits = re.sub(r"[^\d.]", "", match[1])
    factor = {"k": 1e3, "t": 1e3, "m": 1e6}.get(match[2].lower(), 1) if word.letter == "#" else 1
    decimals = len(digits.partition(".")[2])
    figures = len(digits.replace(".", "").lstrip("0")) if decimals else len(digits.rstrip("0"))
    return float(digits) * factor, 10.0**-decimals * factor, figures


def _sense(words: list[Token], match: re.Match, name: str) -> str:
    return words[match.start(name)].sense if match[name] else ""


def _counts(words: list[Token], letters: str, taken: set[int]) -> Iterator[Part]:
    for kind, pattern in (("parameters", _PARAMETERS), ("receptive_field", _FIELD)):
        for match in pattern.finditer(letters):
            held, sense = ("n", "s") if match["n"] else ("n2", "s2")
            place = match.start(held)
            if place in taken:
                continue
            number, unit, figures = _figure(words[place])
            if (
                kind == "parameters"
                and not 1_000 <= number
                or kind == "receptive_field"
                and not 1 <= number < 2_000
            ):
                continue
            taken.add(place)
            is_round = kind == "parameters" and figures <= 1 and not SAID.search(letters)
            yield Part(
                kind,
                number,
                words[match.start()].start,
                words[match.end() - 1].end,
                unit,
                _sense(words, match, sense),
                figures,
                round=is_round,
            )


def _accuracies(words: list[Token], letters: str, taken: set[int]) -> Iterator[Part]:
    found = [
        match
        for pattern in (_BARE, _PER_CENT)
        for match in pattern.finditer(letters)
        if match.start("n") not in taken
    ]
    found.sort(key=lambda match: match.start("n"))
    if not found or not re.search("[AvST]|Bb?k|Bkb?|Fe?[.wbu]", letters):
        return
    for target in _TARGET.finditer(letters):
        taken.update(place for place in range(*target.span()) if letters[place] == "g")
    at_last, end, order = bool(re.search("Fe", letters)), 0, []
    for place, match in enumerate(found):
        at = match.start("n")
        following = found[place + 1].start("n") if place + 1 < len(found) else len(letters)
        before, after = letters[end : match.start()], letters[at + 1 : following]
        if match["n"] == "#":
            before = letters[end:at]
        end = at + 1
        number, unit, figures = _figure(words[at])
        bare_fraction = match["n"] == "#" and number <= 1 and unit < 0.1
        if number < 1:
            number, unit = 100 * number, 100 * unit
        if not 10 <= number <= 100 or (match["n"] == "#" and unit > 1 and not bare_fraction):
            continue
        both = _BOTH_SPLITS.search(before)
        if both and not re.fullmatch(r"[&,.:s]*[%#][).]*", letters[at + 1 : following + 1]):
            continue
        order = list(both.groups()) if both else order
        split = {"T": "train", "S": "test"}[order.pop(0)] if order else _split(before, after)
        if split is None:
            continue
        taken.add(at)
        best = bool(_BEST.search(before)) or bool(re.match(r"B[STd]{0,2}A", after))
        final = at_last or bool(_FINAL.search(before)) or bool(re.match(r"F[STd]{0,2}A", after))
        plus = words[at].text.rstrip().endswith("+")
        already = any(word.text.lower() == "already" for word in words)
        first = _first(words, match, end=at)
        verb = letters[: match.start()].rstrip(".")
        passed = words[len(verb) - 1].sense if verb.endswith("v") else ""
        threshold = unit >= 1 and number % 5 == 0
        sense = _sense(words, match, "s") or ("at_least" if plus or already else passed)
        yield Part(
            "accuracy",
            number,
            first,
            words[at].end,
            unit,
            sense,
            figures,
            split,
            "best" if best else "final" if final else "",
            reached=("v" in letters and not already) or plus,
            round=threshold and not SAID.search(letters),
            loose="B" in letters and not best,
            validated=any(
                word.text.lower().startswith("val") for word in words if word.letter == "S"
            ),
        )


def _first(words: list[Token], match: re.Match, end: int) -> int:
    """Where the words begin that belong to a number: at the sense before it."""
    return words[match.start("s") if match["s"] else end].start


def _split(before: str, after: str) -> str | None:
    """On which images: "train", "test", "" where nothing is said; None where both are."""
    trained, tested = _TRAIN_BEFORE.search(before), _TEST_BEFORE.search(before)
    if trained and tested:
        return None
    if trained or tested:
        return "train" if trained else "test"
    match = _SPLIT_AFTER.match(after)
    if match and not re.match(r"[,&]", after):
        return {"T": "train", "S": "test"}[match["split"] or match["on"]]
    return ""


def _properties(words: list[Token], letters: str) -> Iterator[Part]:
    said = re.search("[uw]|h.*[bI]|b.*h", letters)
    tested = "S" in letters and "T" not in letters
    seen = set()
    for place, word in enumerate(words):
        if word.letter != "D" or not (said or re.search(r"\bnot\b", word.text, re.I)):
            continue
        kind = next(
            name for name, shape in PROPERTIES.items() if re.fullmatch(shape, word.text, re.I)
        )
        if tested and kind in ("horizontal_flip", "shift_scale_rotate"):
            continue  # what the training images get is another thing
        denied = bool(re.search(r"X[.uI]{0,4}$", letters[:place]))
        rate = kind == "dilated" and bool(re.search(r"\d", word.text))
        if kind not in seen:
            seen.add(kind)
            yield Part(
                kind,
                kind != "max_pooling" and not denied,
                word.start,
                word.end,
                somewhere="h" in letters or (rate and denied),
                separable="sep" in word.text.lower() or denied,
            )


def _with_epochs(words: list[Token], letters: str, parts: list[Part]) -> list[Part] | None:
    """The parts with the epochs that the clause names; None where an epoch belongs to nothing."""
    accuracies = [place for place, one in enumerate(parts) if one.kind == "accuracy"]
    parts, given = list(parts), {}
    for place, word in enumerate(words):
        if word.letter not in "qakn":
            continue
        number = int(re.search(r"\d+", word.text)[0])
        if word.letter == "n" or (word.letter == "q" and not accuracies and "t" in letters):
            before = letters[:place]
            sense = words[place - 1].sense if before.endswith("s") else ""
            if re.search(r"F\.?$|y\.?F$", before) or (
                before.endswith("s") and sense not in ("below", "at_most")
            ):
                return None
            if sense == "at_most" or (
                before.endswith("s") and not accuracies and "t" not in letters
            ):
                return None
            if "B" in before or "g" in before:
                return None  # "max epochs: 50" is a plan
            ran = "t" in letters
            parts.append(Part("epochs", number, word.start, word.end, sense=sense, reached=ran))
        elif not accuracies:
            return None
        else:  # the nearest accuracy, rather one that stands before it
            near = min(accuracies, key=lambda one: _distance(parts[one], word))
            if near in given:
                return None
            given[near] = {"q": "within", "a": "after", "k": "at"}[word.letter], number, word
    for near, (when, number, word) in given.items():
        others = [
            place
            for place in accuracies
            if place not in given
            and parts[place].split != parts[near].split
            and (parts[place].role != "final" or parts[near].role == "final")  # a time of its own
        ]
        for place in (near, *others):
            one = parts[place]
            start, end = (
                (min(one.start, word.start), max(one.end, word.end))
                if place == near
                else (one.start, one.end)
            )
            parts[place] = replace(
                one, epoch=number, when=when, start=start, end=end, borrowed=place != near
            )
    return parts


def _distance(part: Part, word: Token) -> int:
    """How far an epoch stands from an accuracy in characters; what follows the number is nearer."""
    return word.start - part.end if word.start >= part.end else 2 * (part.start - word.end) + 5
