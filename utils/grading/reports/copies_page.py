"""The page on what is equal between submissions: a card for each group, and in it what is equal in whom."""

from collections.abc import Sequence

from utils.grading.reports import html

# What is equal → a sentence about two or more names that ends in a detail.
WORDS = {
    "log": "The log of {first} equals that of {others}",
    "network": "The executed network of {first} equals that of {others}",
    "code": "The code of {first} equals that of {others}",
}


def copies_page(groups: Sequence, names: Sequence[str], links: Sequence[str], handout: str) -> str:
    """`groups` are of copies.groups; `handout` is the name of what was not counted, empty where none was given."""
    shown = [
        {
            "members": [(names[index], links[index]) for index in group.members],
            "sentences": [(_sentence(one, names), one.detail) for one in group.equal],
        }
        for group in groups
    ]
    return (
        html.environment()
        .get_template("copies.html")
        .render(groups=shown, handout=handout, style=html.trusted("style.css"))
    )


def _sentence(equal, names: Sequence[str]) -> str:
    first, *others = [names[index] for index in equal.members]
    return WORDS[equal.kind].format(first=first, others=" and ".join(others))
