"""The words by which sentences assert accuracies, epochs, parameters, receptive fields and properties of networks."""

import re

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
