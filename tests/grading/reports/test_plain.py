"""An entry as plain text: all of it, and nothing that is not in it."""

from tests.grading.reports.samples import graded, perfect
from utils.grading.reports import plain


def test_what_is_no_pass_is_to_be_changed_where_it_was_seen():
    entry = graded(text="86.54 %").entry
    text = plain.to_change(entry)
    for one in entry["criteria"]:
        line = f"{one['id']} ({one['verdict']}): {one['advice']}"
        assert (line in text) == (one["verdict"] != "pass")
    field = text[text.index("receptive_field (fail)") :].splitlines()
    assert field[1:3] == ["    86.54 %.py:3", "    86.54 %, cell 4"]
    assert plain.to_change(perfect().entry) == "Nothing: all 9 criteria pass."


def test_every_criterion_has_its_verdict():
    lines = plain.verdicts(graded().entry).splitlines()
    assert lines[0] == "40 of 100 points" and len(lines) == 3 + 9
    assert [line.split() for line in lines if line.startswith("receptive_field")] == [
        ["receptive_field", "fail", "0", "of", "10"]
    ]


def test_claims_are_counted_and_the_false_ones_shown():
    entry = graded(text="at 85 %").entry
    entry["claims"].append(entry["claims"][0] | {"verdict": "true", "text": "this one holds"})
    lines = plain.claims(entry).splitlines()
    assert lines[0] == "3 claims were checked; 1 are true."
    assert lines[1:3] == ["false: 'at 85 %' (at 85 %.py:3)", "    at 85 %"] and lines[3].startswith(
        "unverifiable: "
    )
    assert not any("this one holds" in line for line in lines)
    assert plain.claims(perfect().entry) == (
        "No sentence was found that is certainly about this attempt and can be checked."
    )


def test_a_fact_has_its_value_or_its_reason():
    facts = dict(
        line.split(maxsplit=1)
        for line in plain.facts(graded(text="who knows").entry).splitlines()[1:]
    )
    assert facts["receptive_field"] == "43" and facts["depthwise_separable"] == "no"
    assert facts["blocks"] == "who knows" and facts["epochs"] == "No audit established it."
    assert (
        facts["effective_transforms"] == "name: who knows, fill: 0.5; not established"
    )  # in words, as on the pages
    assert set(facts) == set(graded().entry["facts"]) - {"why"}
