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
    "below": r"under|below|less(?:er)? than|fewer than|lower than|within|inside(?: of)?",
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
# What says "over" of what follows.
_PASSED = re.compile("cross|exceed|surpass|pass|first time", re.I)
_GAP = r"global[\s-]*av(?:era)?ge?[\s-]*pool\w*(?:\s*\(\s*gap\s*\))?|(?-i:GAP)"
PROPERTIES = {
    "depthwise_separable": r"depth[\s-]?wise(?:[\s-]+sep[ea]r[ae]ble)?(?:[\s-]+(?:conv\w*|layers?))?",
    "dilated": r"(?:dilated|dialated|atrous)(?:[\s-]+(?:conv\w*|kernels?|layers?))?|"
    r"dilations?(?:\s+(?:rates?|factors?))?(?:(?:\s+of)?\s*=?\s*(?:[2-9]|1\d)(?!\.?\d))?",
    "max_pooling": r"(?:(?:no|without|instead of|not us(?:e|ing))(?:\s+(?:any|the))?|replac(?:ed|es|ing)(?:\s+(?:all|the))?)"
    r"\s+max[\s-]*pool\w*(?:\s+layers?)?|"
    r"max[\s-]*pool\w*(?:\s+layers?)?\s+(?:is|are|was|were|does|do)\s+not\s+(?:used|occur|appear|present)",
    "global_average_pooling": rf"(?:{_GAP})(?:\s+layer)?",
    "horizontal_flip": r"(?:random\s+)?horizontal[\s-]*flip\w*",
    "shift_scale_rotate": r"shift[\s,]*scale[\s,&]*(?:and\s+)?rotat\w*",
}
_NTH = (
    r"(?:\d{1,4}\s?(?:st|nd|rd|th)\s+epoch|"
    r"(?:epoch|ep\.)\s*(?:(?:is|was)\s+)?(?:no\.?|number|num)?\s?[:=-]?\s?\d{1,4}(?!\w|\.\d|\s?%))"
)
_POOL = (
    rf"(?:{_GAP}|(?:(?:final|last|global|average|avg\.?)\s+)*pool(?:ing)?)(?:\s+(?:input|layer))?"
)
_PLACE = (
    r"(?:just\s+|right\s+)?(?:at|before|until|in\s+front\s+of)\s+(?:the\s+)?(?:"
    rf"(?:end|output|input|start|entrance)\s+of\s+(?:the\s+)?(?:{_POOL}|network|model)|{_POOL}|"
    r"(?:very\s+)?(?:end|output)|(?:last|final|output)\s+(?:conv\w*\s+)?layer|it)|"
    rf"input\s+of\s+(?:the\s+)?{_POOL}"
)
# How a network was trained: of several trainings these words may set one apart.
_AMOUNT = r"(?:\s+(?:of|from|is|was))?\s*[:=]?\s*(?:\d+(?:\.\d+)?|\.\d+)(?:e[-+]?\d+)?"
_OPTIMISER = r"adam\w?|n?sgd|rmsprop|adadelta|adagrad"
OPTIMISERS = re.compile(rf"\b(?:{_OPTIMISER})\b", re.I)
_SETTING = (
    rf"{_OPTIMISER}|"
    r"nesterov|one[\s-]?cycle\w*|reducelronplateau|\w+lr|schedule[rd]?|policy|"
    r"(?:cosine|step)(?:\s+(?:annealing|decay|schedule))?|mixed\s+precision|"
    rf"(?:(?:max\w*|initial|peak|base|constant|fixed)\.?\s+)?(?:learning[\s-]+rate|lr)(?:{_AMOUNT})?|"
    rf"(?:weight[\s-]+decay|wd|momentum|label[\s-]+smoothing|batch(?:es)?(?:[\s-]?size)?|bs)(?:{_AMOUNT})?"
)
_MACHINE = r"(?:colab|kaggle|gpu|cpu|laptop|t4|p100|v100|a100|(?:rtx|gtx)\s?\d{3,4}(?:\s?ti)?)"
# A part of the network, which may be the only one of which something is so.
_NTH_OF = r"(?:one|two|three|first|second|third|fourth|last|inner|middle|other)"
_WHERE = (
    r"(?!(?:the\s+)?last\s+(?:conv\w*\s+)?(?:layers?|conv\w*)(?!\s+(?:of|in)\s))"  # where all of it ends
    r"(?:the\s+|every\s+|each\s+|all\s+|both\s+)*(?:c\d|(?:blocks?|stages?)(?:\s?\d(?!\.?\d))?|head|"
    rf"{_NTH_OF}\s+(?:of\s+the\s+)?(?:conv\w*|layers?|units?|blocks?|stages?)"
    r"(?:\s+(?:of|in)\s+(?:the\s+)?(?:c\d|blocks?|stages?)(?:\s?\d(?!\.?\d))?)?)"
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
    (".", r"(?:came|comes|occurred)(?=\s+(?:in|at|on|after)\b)"),
    (
        ".",
        r"count(?:ed|ing)\s+from\s+(?:0|1|zero|one)|for\s+the\s+(?:first|1st)\s+time",
    ),
    ("F", r"(?:the\s+)?(?:very\s+)?last\s+one"),
    ("o", rf"(?:(?:with|using|and|by)\s+)?(?:an?\s+|the\s+)?(?:{_SETTING})"),  # how it was trained
    (
        "o",
        r"(?:on|with|using)\s+(?:an?\s+|the\s+|my\s+|one\s+)?"
        rf"(?:(?:single|google|free|nvidia|tesla)\s+)*{_MACHINE}(?:\s+{_MACHINE})*",
    ),
    ("%", r"\d{1,3}(?:[.,]\d{1,6})?\s*(?:%|per ?cent(?:age)?)(?:\s?\+)?"),
    ("z", r"(?P<side>\d{1,4})\s?[x×]\s?(?P=side)"),
    (
        "#",
        r"(?<!\d,)(?:\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:[,\s'’]\d{3})+|\d{1,9}(?:\.\d{1,6})?)(?!,\d)"
        r"(?:\s?(?:k|m|million|thousand))?",
    ),  # 176,522, in India 1,76,522; no part of a number that is grouped in another way
    (".", r"(?:one|two|three|four|an?other)(?=\s+(?:depth|dilat|atrous))"),
    *(("D", words) for words in PROPERTIES.values()),
    ("h", _WHERE),
    ("P", r"param(?:eter|etre)?s?|weights"),
    ("R", r"rec\w{2,5}ive\s+fi?e?i?lds?|RF"),
    ("A", r"acc(?:ura\w{1,4}|\.)?|top[\s-]1(?!\s+(?:test\s+|val\w*\s+|train\w*\s+)?acc)"),
    ("t", r"training\s+(?:lasted|took|ran|went)"),
    ("T", r"train(?:ing)?|trn\.?"),
    ("S", r"tst\.?|test(?:ing)?|val(?:idation)?|eval(?:uation)?"),
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
    ("v", r"first\s+time\s+(?:over|above)"),
    (".", r"first(?=\s+(?:in|at|during)\s+(?:the\s+)?(?:\d|ep))"),
    ("f", r"first(?=\s+(?:reached|achieved|attained|crossed|passed|hit|exceeded)\b)"),
    ("g", "target|objective|goal|required|demanded"),
    (
        "v",
        r"(?:are\s+)?(?:reaching|hitting|getting)|reach(?:es|ed)|ach(?:ie|ei|i|e)v(?:es|ed)|attain(?:s|ed)|hits?|got|gets|gives|gave|obtain(?:s|ed)|yield(?:s|ed)|"
        r"scores|scored|touched|measured|recorded|observed|managed|(?:peak|topp|land|level)ed\s+(?:(?:out|off)\s+)?at|stands\s+at|delivers|delivered|met|arrive[sd]?\s+at|pass(?:es|ed)|"
        r"cross(?:es|ed)|exceed(?:s|ed)|surpass(?:es|ed)",
    ),
    ("I", r"reach|ach(?:ie|ei|i|e)ve|attain|obtain|get|use|apply"),
    ("t", r"trained|ran|run|lasted"),
    (
        "b",
        r"(?:come|turn)s?\s+out\s+(?:to\s+be|at|as)|amounts?\s+to|adds?\s+up\s+to|comes\s+to|equals",
    ),
    ("b", r"is|are|was|were|be|been|being"),
    (
        "u",
        r"us(?:es|ed|ing)|appl(?:ies|ied)|has|have|had|having|contain(?:s|ed)|includ(?:es|ed)|employ(?:s|ed)|"
        r"incorporat(?:es|ed)|utili[sz](?:es|ed)|implemented|added|features|followed\s+by|consists\s+of|"
        r"possess(?:es|ed)|comprises|totals|counts|makes|there\s+(?:is|are)(?=\s+no\s+max)",
    ),
    ("r", r"(?:it|this|they|that)\s+(?:saves?|reduces?|helps?)"),
    ("w", r"(?:each|every|one)\s+output\s+pixel"),
    ("w", r"we|i|our|my|it|its|models?|network|net|architecture|cnn|classifier|here|this"),
    ("c", r"can|able|manage[sd]|seen"),
    ("y", r"only|just"),
    ("X", r"no|not"),
    ("Y", r"yes|done|ok"),
    ("r", r"which"),
    ("H", r"so(?!\s+far)|hence|thus|therefore|i\.e\.?|that\s+(?:is|means)"),
    ("&", r"and|but|&"),
    (
        ".",
        r"an?|the|of|to|in|on|at|for|from|by|as|with|also|any|both|there|overall|total|number|count|"
        r"in\s+other\s+words|altogether|thanks\s+to|now|already|exactly|clearly|"
        r"after(?=\s+(?:the\s+)?(?:last|final)\s+epoch)|input\s+pixels|px|@|"
        r"(?:stays?|remains?|keeps?|lies|is|are)\s+(?:(?:well|just|far|clearly|slightly|a\s+(?:bit|little))\s+)*"
        r"(?:below|under|within|inside|over|above|beyond)\s+the\s+(?:limit|budget)(?:\s+of\s+\d[\d,k]*(?!\s+param))?|"
        r"fractions?|value|score|results?|top(?:[\s-]?1)?|cifar[\s-]?10|trainable|learnable|does|do|did|finally|successfully|current|proposed|custom|entire|"
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

_UNITS = "one two three four five six seven eight nine".split()
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_NUMBER_IN_WORDS = re.compile(
    rf"(?<![\w-])(?<!cifar )({'|'.join(_TEENS + _TENS)})(?:(?<=ty)[\s-]({'|'.join(_UNITS)}))?(?![\w-])",
    re.I,
)


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
    return _NUMBER_IN_WORDS.sub(_digits, sentence)


def _digits(match: re.Match) -> str:
    """A number in words, ten to ninety-nine, in digits, with blanks behind so that places stay what they are."""
    first, unit = match[1].lower(), (match[2] or "").lower()
    number = 10 + _TEENS.index(first) if first in _TEENS else 20 + 10 * _TENS.index(first)
    return str(number + (_UNITS.index(unit) + 1 if unit else 0)).ljust(len(match[0]))
