"""The words of which a statement about a submission's own result is made, each as a letter; any other word is a "?".

Whoever reads a sentence by a closed vocabulary knows when it has not understood it: "a tiny network", "with TTA" and "in
block 2" are conditions, and no list of all conditions would ever be complete.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SENSES = {
    "around": r"around|about|approx(?:imately|\.)?|roughly|nearly|almost|close to|circa|near",
    "at_least": r"at ?least|minimum of",
    "at_most": r"at most|up ?to",
    "over": r"over|above|more than|greater than|higher than|beyond",
    "below": r"under|below|less(?:er)? than|fewer than|lower than|within",
}
_SIGNS = {
    "~": "around",
    "≈": "around",
    ">=": "at_least",
    "≥": "at_least",
    "<=": "at_most",
    "≤": "at_most",
    ">": "over",
    "<": "below",
}
NOT_MET = "❌✗✘✖☐⬜🔲"  # marks of what was not reached
_PASSED = re.compile("cross|exceed|surpass", re.I)  # verbs that say "over" of what follows
_GAP = r"global[\s-]*av(?:era)?ge?[\s-]*pool\w*(?:\s*\(\s*gap\s*\))?|(?-i:GAP)"
PROPERTIES = {
    "depthwise_separable": r"depth[\s-]?wise(?:[\s-]+sep[ea]r[ae]ble)?(?:[\s-]+(?:conv\w*|layers?))?",
    "dilated": r"(?:dilated|dialated|atrous)(?:[\s-]+(?:conv\w*|kernels?|layers?))?|dilations?(?:\s+rates?)?",
    "max_pooling": r"(?:(?:no|without|instead of|not us(?:e|ing))(?:\s+(?:any|the))?|replac(?:ed|es|ing)(?:\s+(?:all|the))?)"
    r"\s+max[\s-]*pool\w*(?:\s+layers?)?",
    "global_average_pooling": rf"(?:{_GAP})(?:\s+layer)?",
    "horizontal_flip": r"(?:random\s+)?horizontal[\s-]*flip\w*",
    "shift_scale_rotate": r"shift[\s,]*scale[\s,&]*(?:and\s+)?rotat\w*",
}
_NTH = r"(?:\d{1,4}\s?(?:st|nd|rd|th)\s+epoch|epoch\s*(?:no\.?|number|num)?\s?[:=-]?\s?\d{1,4}(?!\w|\.\d|\s?%))"
_PLACE = (
    rf"(?:at|before|until)\s+(?:the\s+)?(?:(?:end|output|input|start)\s+of\s+(?:the\s+)?(?:{_GAP}|network|model)|"
    rf"(?:{_GAP})(?:\s+(?:input|layer))?|(?:very\s+)?(?:end|output)|(?:last|final|output)\s+(?:conv\w*\s+)?layer|it)"
)

# The first that fits counts. What begins and ends with letters or digits stands between others than these.
_LEXICON = (
    ("?", r"to\s+be"),  # a demand
    ("?", rf"[{NOT_MET}]|\[\s?\]|~~"),  # not met, or struck out
    ("l", _PLACE),  # where in the network
    (
        "q",
        rf"by\s+(?:the\s+)?{_NTH}|(?:in|within|under)\s+(?:(?:under|less than|fewer than)\s+)?(?:the\s+)?"
        r"(?:just\s+|only\s+)?\d{1,4}\s+epochs",
    ),  # not later than an epoch
    (
        "a",
        rf"after\s+(?:the\s+)?{_NTH}|after\s+(?:training\s+)?(?:(?:it|the model|the network)\s+)?(?:for\s+)?(?:the\s+)?"
        r"\d{1,4}\s+epochs?",
    ),  # after so many
    (
        "n",
        r"(?:(?:for|over|using|with|of)\s+(?:a\s+total\s+of\s+)?(?:just\s+|only\s+)?)?(?<![\d./–-])\d{1,4}\s+epochs|"
        r"(?:for|over)\s+\d{1,4}\s+epoch|(?:(?:total\s+)?(?:number|no\.?|num)\s+of\s+|total\s+|training\s+)?"
        r"(?:epochs(?:\s+(?:trained|run|count))?|epoch\s+count)\s*(?:[:=|-]|is|was|are)\s*\d{1,4}"
        r"(?!\w|\.\d|\s?[%/–-])",
    ),  # so many
    ("k", rf"(?:(?:at|on|in|during)\s+)?(?:the\s+)?{_NTH}|at\s+\d{{1,4}}\s+epochs?"),  # at an epoch
    (
        ".",
        r"count(?:ed|ing)\s+from\s+(?:0|1|zero|one)|for\s+the\s+first\s+time",
    ),
    (
        "o",
        r"(?:with|using)\s+(?:the\s+)?(?:adam\w?|sgd|rmsprop|adadelta|one\s?cycle\w*)",
    ),  # how it was trained
    ("%", r"\d{1,3}(?:\.\d{1,6})?\s?(?:%|per ?cent(?:age)?)(?:\s?\+)?"),
    ("z", r"(?P<side>\d{1,4})\s?[x×]\s?(?P=side)"),
    ("#", r"(?:\d{1,3}(?:,\d{3})+|\d{1,9}(?:\.\d{1,6})?)(?:\s?(?:k|m|million|thousand))?"),
    *(("D", words) for words in PROPERTIES.values()),
    ("P", r"param(?:eter)?s?"),
    ("R", r"receptive\s+fi?e?i?lds?|RF"),
    ("A", r"acc(?:ura\w{1,4}|\.)?"),
    ("T", r"train(?:ing)?"),
    ("S", r"test(?:ing)?|val(?:idation)?|eval(?:uation)?"),
    ("d", r"sets?|datasets?|data|images"),
    ("e", "epoch"),
    (
        "p",
        r"(?:in order\s+)?to\s+(?:reduce|decrease|minimi[sz]e|lower|increase|enlarge|improve|keep|save|avoid|prevent|"
        r"extract|capture)",
    ),  # a purpose
    ("s", "|".join(f"(?P<{sense}>{words})" for sense, words in SENSES.items())),
    ("s", ">=|<=|[~≈≥≤<>]"),
    ("B", r"best|highest|max(?:imum)?|peak"),
    ("F", r"final|last|end(?:s|ed)|finish(?:es|ed)"),
    ("f", r"first(?=\s+(?:reached|achieved|attained|crossed|passed|hit)\b)"),
    ("g", "target"),
    (
        "v",
        r"reach(?:es|ed)|ach(?:ie|ei|i|e)v(?:es|ed)|attain(?:s|ed)|hits?|got|gets|gives|gave|obtain(?:s|ed)|yield(?:s|ed)|"
        r"scores|scored|touched|delivers|delivered|"
        r"cross(?:es|ed)|exceed(?:s|ed)|surpass(?:es|ed)",
    ),
    ("I", r"reach|ach(?:ie|ei|i|e)ve|attain|obtain|get|use|apply"),
    ("t", r"trained|ran|run"),
    ("b", r"is|are|was|were|be|been|being"),
    (
        "u",
        r"us(?:es|ed|ing)|appl(?:ies|ied)|has|have|had|having|contain(?:s|ed)|includ(?:es|ed)|employ(?:s|ed)|"
        r"incorporat(?:es|ed)|utili[sz](?:es|ed)|implemented|added|features|followed\s+by|consists\s+of",
    ),
    ("w", r"we|i|our|my|it|its|models?|network|net|architecture|cnn|classifier|here|this"),
    ("c", r"can|able|manage[sd]|seen"),
    ("y", r"only|just"),
    ("X", r"no|not"),
    ("Y", r"yes|done"),
    ("r", r"which"),
    ("&", r"and|but|&"),
    (
        ".",
        r"an?|the|of|to|in|on|at|for|from|by|as|with|also|any|both|there|overall|total|number|count|"
        r"value|score|results?|top(?:[\s-]?1)?|cifar[\s-]?10|trainable|learnable|does|do|did|finally|successfully|current|proposed|custom|entire|"
        r"whole|convolutional|neural|deep|lightweight|efficient|compact|image|classification|mark|pixels|size|kernels?|layers?|"
        r"'s|’s",
    ),
    (":", r"[:=|→–—-]|->|=>"),
    (",", "[,;]"),
    ("(", r"[(\[]"),
    (")", r"[)\]]"),
    ("", "[.!]"),
)
_TOKEN = re.compile(
    "|".join(
        f"(?P<_{place}>(?<![\\w.])(?:{words})(?![\\w])(?!\\.\\d))"
        if re.search(r"\w", re.sub(r"\\.", "", words))
        else f"(?P<_{place}>{words})"
        for place, (_, words) in enumerate(_LEXICON)
    )
    + r"|[^\W_]+|\S",
    re.I,
)
_IMAGE = re.compile(r"!\[[^\]]{0,300}\]\([^)]{0,500}\)|</?[a-z][^<>]{0,300}>", re.I)
_LINK = re.compile(r"\]\([^)]{0,500}\)")
_MARKUP = re.compile(r"[*`_#\"“”]|[^\w\s!-~≥≤≈×–—→’" + NOT_MET + "]")


@dataclass(frozen=True)
class Token:
    """A word, or a phrase that counts as one, from `start` to `end` of its sentence; `letter` is its part of speech."""

    letter: str
    start: int
    end: int
    text: str
    sense: str = ""  # a key of SENSES, of words that say in what sense a number is meant


def tokens(sentence: str, names: Sequence[re.Pattern] = ()) -> list[Token]:
    """The words of `sentence` in order; what `names` match is the network that is spoken of."""
    text = _without_markup(sentence)
    for name in names:
        text = name.sub(lambda match: "it".ljust(len(match[0])), text)
    return list(_tokens(text))


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind = next(
            (
                name
                for name, held in match.groupdict().items()
                if held is not None and name[0] == "_"
            ),
            "",
        )
        letter = _LEXICON[int(kind[1:])][0] if kind else "?"
        if letter:
            yield Token(letter, *match.span(), match[0], _sense(letter, match))


def _sense(letter: str, match: re.Match) -> str:
    if letter == "v":
        return "over" if _PASSED.match(match[0]) else ""
    return (
        next((name for name in SENSES if match[name]), "") or _SIGNS.get(match[0], "")
        if letter == "s"
        else ""
    )


def _without_markup(sentence: str) -> str:
    """`sentence` with blanks where its markup was, so that places stay what they are."""
    for markup in (_IMAGE, _LINK, _MARKUP):
        sentence = markup.sub(lambda match: " " * len(match[0]), sentence)
    return sentence
