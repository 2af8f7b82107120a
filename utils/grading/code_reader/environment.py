"""Which variables a submission gives the environment of its programs."""

import re

from utils.grading.submission.contents import Submission


def sets_variable(submission: Submission, name: str) -> bool:
    """Whether a script, a README or the code gives the environment a variable of this name."""
    word = re.escape(name)
    in_a_shell = re.compile(
        rf"(?:^|[\s;&|(`$])(?:env:)?{word}\s?=(?!=)|\bENV\s+{word}\b", re.MULTILINE
    )
    in_code = re.compile(
        rf"^\s*!.*\b{word}=|%(?:set_)?env\s+{word}\b|putenv\(\s*['\"]{word}['\"]|"
        rf"environ\s*(?:\[|\.setdefault\()\s*['\"]{word}['\"]\s*(?:\]\s*=(?!=)|,)|environ\.update",
        re.MULTILINE,
    )
    pages = (*submission.scripts, *submission.readmes)
    return any(in_a_shell.search(one.text) for one in pages) or any(
        in_code.search(text) for text, _ in submission.code()
    )
