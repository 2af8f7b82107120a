"""Losses and accuracies that stand side by side after the name of the split alone: "Test: 0.42 (86.20%)"."""

import re
from dataclasses import replace

from utils.grading.log.averaged_weights import AVERAGED, stretches
from utils.grading.log.losses_and_accuracies import SPLIT, split_named
from utils.grading.log.number import REAL, Number, number_of

_BOTH = r"(?:loss\s?[/,&|(+]\s?acc(?:uracy)?\s?\)?|acc(?:uracy)?\s?[/,&|(+]\s?loss\s?\)?)"
_NAMES = re.compile(rf"(?<![a-z]){_BOTH}", re.I)
_PAIR = re.compile(
    rf"""(?<![a-z])(?P<split>{SPLIT})(?![a-z])(?:[\s_](?:set|data|results?)(?![a-z]))?
         (?:[\s_:]{{0,2}}\(?(?:{_BOTH}|(?:(?P<average>avg|average|mean)\s)?(?P<loss_word>loss)(?![a-z])))?
         [\s:=(\[>-]{{0,5}}(?<![a-z0-9.])(?P<loss>{REAL})(?![\w.])\s?(?P<sign>%)?\s?(?:[/|,;]\s?|(?P<opened>[(\[])\s?)?
         (?:(?P<accuracy_word>acc)(?:uracy)?\s?[:=]?\s?)?(?P<accuracy>{REAL})(?![\w.])\s?(?P<percent>%)?(?!\s?/\s?\d)(?(opened)\s?[)\]])""",
    re.I | re.X,
)
# With one of these words the share may be another than that of the right answers.
_OTHER_SHARE = re.compile(
    r"(?<![a-z])(?:err(?:or)?s?|top[-_ @]?[2-9]|improve\w*|better|worse|less|more|lower|higher|"
    r"progress|done|best|split|share|ratio|f1|recall|precision|m?iou)(?![a-z])",
    re.I,
)


def read_pairs(text: str) -> tuple[dict[tuple[str, str], Number], str]:
    """The losses and accuracies that stand in pairs, by split and quantity, and the line without them.

    Without a word for them they are told apart by a per cent sign that the second alone has. A share beside a training loss
    may also be how far the epoch is: it counts beside a test loss. A round one counts where both splits have it.
    """
    if _OTHER_SHARE.search(text):
        return {}, text
    names = _NAMES.search(text)
    swapped = bool(names) and names[0][:1].lower() == "a"
    pairs = [match for match in _PAIR.finditer(text) if _plausible(match, bool(names), swapped)]
    splits = {split_named(match["split"]) for match in pairs}
    exact = len(splits) > 1 or any("." in match["accuracy"] for match in pairs)
    if not names and (
        splits <= {"train"} or not exact or (len(splits) > 1 and all(map(_twice, pairs)))
    ):
        return {}, text
    found, averaged = {}, stretches(text)
    for match in pairs:
        loss, accuracy = (
            (match["accuracy"], match["loss"]) if swapped else (match["loss"], match["accuracy"])
        )
        split = split_named(match["split"])
        stands = any(begin <= match.start() < end for begin, end in averaged)
        held = AVERAGED if stands and (split, AVERAGED["accuracy"]) not in found else {}
        found.setdefault(
            (split, held.get("loss", "loss")),
            replace(number_of(loss, False), average=bool(match["average"])),
        )
        signed = bool(match["percent"] or match["sign"])
        found.setdefault((split, held.get("accuracy", "accuracy")), number_of(accuracy, signed))
    rest, end = [], 0
    for match in pairs:
        rest.append(text[end : match.start()])
        end = match.end()
    return found, " ".join((*rest, text[end:]))


def _plausible(match: re.Match, named: bool, swapped: bool) -> bool:
    """Whether two numbers can be a loss and an accuracy; those with words of their own are read elsewhere."""
    if match["loss_word"] and match["accuracy_word"]:
        return False
    share = float(match["loss"] if swapped else match["accuracy"])
    if (
        not 0 <= share <= 100
        or (match["loss"] + match["accuracy"]).startswith(("+", "-"))
        or match["accuracy"][0] in "+-"
    ):
        return False
    if named:
        return not (match["percent"] if swapped else match["sign"])
    return bool(match["percent"]) and not match["sign"] and not match["loss"].isdigit()


def _twice(match: re.Match) -> bool:
    """Whether both numbers are one share, as a fraction and in per cent."""
    fraction, share = number_of(match["loss"], False), number_of(match["accuracy"], True)
    return abs(100 * fraction.value - share.value) <= (100 * fraction.unit + share.unit) / 2
