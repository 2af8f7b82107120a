"""Results of averaged weights (EMA, SWA), which stand beside those of the trained weights and are not theirs."""

import re

AVERAGED = {
    "loss": "averaged loss",
    "accuracy": "averaged accuracy",
}  # quantity → the same, of averaged weights
PLAIN = {held: plain for plain, held in AVERAGED.items()}

WORD = r"(?:ema|swa|(?:exponential\s)?moving[- _]average[ds]?|averaged\s(?:weights|model))"
NAMED = re.compile(rf"(?<![a-z]){WORD}(?![a-z])", re.I)
# "EMA: test loss 0.5, acc 20.0 | …": from the word on, up to the next bar or the end of its brackets; "ema_acc: 20.0": one
# number. A number that follows directly belongs to a name with that end, and a setting says nothing of what was measured.
_SETTING = r"[\W_]{0,4}(?:\d|decay|momentum|beta|start|true|false|none|on\b|off\b)"
_STRETCH = re.compile(
    rf"(?<![a-z]){WORD}(?![a-z])(?!{_SETTING})"
    r"(?:_\D{0,80}\d[\d.]*|(?!_)\D{0,80}\d(?:[^|│;()\[\]]|\([^()]{0,80}\)|\[[^\[\]]{0,80}\])*)",
    re.I,
)


def stretches(text: str) -> list[tuple[int, int]]:
    """Where the numbers of averaged weights stand in a line: from, to. A second one of the same name is plain again."""
    return [match.span() for match in _STRETCH.finditer(text)]
