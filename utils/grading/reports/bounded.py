"""A report of bounded size, however much a submission makes the grader say."""

MOST = 200  # entries of a list
LONGEST = 2_000  # characters of a text
_COMPARED = "fingerprints"  # what other submissions are compared with is bounded where it is made


def bounded(entry: dict) -> dict:
    """`entry` with no list longer than MOST and no text longer than LONGEST; a last remark says what was left out."""
    cut: dict[str, int] = {}
    said = {name: value for name, value in entry.items() if name != _COMPARED}
    whole = entry | _bounded(said, "", cut)
    if cut:
        left_out = ", ".join(f"{count:,} of {name}" for name, count in list(cut.items())[:MOST])
        whole["warnings"] = [
            *whole["warnings"][: MOST - 1],
            f"The report holds the first {MOST} entries of each list; left out are {left_out}."[
                :LONGEST
            ],
        ]
    return whole


def _bounded(value: object, name: str, cut: dict[str, int]) -> object:
    if isinstance(value, str):
        return value if len(value) <= LONGEST else value[:LONGEST] + " …"
    if isinstance(value, dict):
        return {key: _bounded(one, str(key), cut) for key, one in value.items()}
    if isinstance(value, list):
        if len(value) > MOST:
            cut[name] = cut.get(name, 0) + len(value) - MOST
        return [_bounded(one, name, cut) for one in value[:MOST]]
    return value
