"""Which of several attempts a README hands in, in the words of READMEs."""

from pathlib import Path

import pytest

from utils.grading.program.attempts import Attempt
from utils.grading.program.counting import named_as_result, set_aside
from utils.grading.submission.contents import Submission, TextFile

FILES = [f"S9_attempt_{number}.ipynb" for number in (1, 2, 3)]
FOLDERS = [f"Attempt_{number}/S9.ipynb" for number in (1, 2, 3)]
SESSIONS = ["Session_7/main.ipynb", "Session_9/S9.ipynb"]


def named(programs: list[str], readme: str) -> str | None:
    """The program of the attempt that the README names."""
    attempts = [Attempt(name=name, reader=None, training_notebook=name) for name in programs]
    texts = (TextFile("README.md", readme),)
    found = named_as_result(Submission(root=Path(), texts=texts), attempts)
    return found[0].program if found else None


@pytest.mark.parametrize("programs", [FILES, FOLDERS])
@pytest.mark.parametrize(
    "sentence",
    [
        "The final submission is attempt 3.",
        "Attempt 3 is the final submission.",
        "Attempt 3 is what I submit.",
        "Attempt #3 (final): 164,234 parameters.",
        "My third attempt is the one that we hand in.",
        "The 3rd attempt (submitted) reaches 84.6 %.",
        "Attempts 1 and 2 were too large. We submit attempt 3.",
        "Final network: attempt-3",
        "**Final attempt:** Attempt 3",
        "Please grade attempt 3: it is in the list below. The submission is in the notebook of Attempt 3.",
        "Attempt 1 was too big, attempt 3 is our final one.",
        "Please grade attempt 3.",
        "**Please mark attempt 3.** Attempt 2 finished after the deadline.",
        "Evaluate only attempt 3, please.",
        "Use attempt 3 for grading.",
        "Consider attempt 3 as my answer.",
        "Only attempt 3 counts.",
        "Attempt 3 is the one that counts.",
        "Attempt 3 is what counts for the grade.",
        "- attempt 3: **final submission**",
        "| attempt 3 | **submitted** |",
        "I submit attempt 3, attempt 2 came too late.",
        "Abgabe ist Attempt 3.",
        "Bitte attempt 3 bewerten.",
        "| attempt | accuracy |\n|---|---|\n| 1 | 83 |\n| 2 | 84 |\n| 3 (submitted) | 84.7 |",
    ],
)
def test_by_its_number(programs, sentence):
    assert named(programs, f"# Work\n\n{sentence}\n") == programs[2]


@pytest.mark.parametrize(
    "sentence",
    [
        "The final submission is in [Attempt_3](Attempt_3/).",
        "Submission: `Attempt_3/S9.ipynb`",
        "The final notebook is in Attempt_3/",
    ],
)
def test_by_its_folder(sentence):
    assert named(FOLDERS, f"# Work\n\n{sentence}\n") == FOLDERS[2]


MODELS = [f"S9_Model_{number}.ipynb" for number in (1, 2, 3, 4)]


@pytest.mark.parametrize(
    "sentence",
    [
        "S9_Model_2.ipynb is my final submission, S9_Model_4.ipynb is only there for comparison.",
        "**Model_2 (S9_Model_2.ipynb) is my final submission**, Model_4 is only there for comparison.",
        "Final model: [Model_2](S9_Model_2.ipynb), the others are my experiments on the way.",
        "My submission is `S9_Model_2.ipynb`; S9_Model_1.ipynb is the baseline.",
        "S9_Model_1.ipynb is the baseline, S9_Model_2.ipynb is the one that I submit.",
        "Please grade [S9_Model_2.ipynb](./S9_Model_2.ipynb), not S9_Model_4.ipynb.",
        "Of S9_Model_1.ipynb to S9_Model_4.ipynb only Model_2 counts.",
    ],
)
def test_by_its_file_beside_others(sentence):
    assert named(MODELS, f"# Work\n\n{sentence}\n") == MODELS[1]


@pytest.mark.parametrize(
    "sentence",
    [
        "The final baseline is S9_Model_2.ipynb, S9_Model_4.ipynb is better.",
        "S9_Model_2.ipynb is not my final submission, and S9_Model_4.ipynb neither.",
        "The final submission is S9_Model_2.ipynb and S9_Model_4.ipynb.",
        "S9_Model_2.ipynb was compared with S9_Model_4.ipynb.",
        "Submitted files: [S9_Model_2.ipynb](a) [S9_Model_4.ipynb](b)",
        "In S9_Model_2.ipynb the final accuracy is 82 %.",
        "S9_Model_2.ipynb never reached a good result.",
    ],
)
def test_several_files_of_which_none_is_handed_in(sentence):
    assert named(MODELS, f"# Work\n\n{sentence}\n") is None


def test_by_its_session():
    readme = "# Course\n\nThe latest submission is [Session 9](Session_9/README.md).\n"
    assert named(SESSIONS, readme) == SESSIONS[1]
    assert named(["Session_9/a.ipynb", "Session_9/b.ipynb"], readme) is None


@pytest.mark.parametrize("programs", [FILES, FOLDERS])
@pytest.mark.parametrize(
    "sentence",
    [
        "The final accuracy of attempt 1 is 82.3 %.",
        "The final test accuracy is in attempt 1.",
        "Attempt 1 is not the final submission.",
        "In attempt 2 the final layer is a 1x1 convolution.",
        "Attempt 2 was the first submission to reach 85 %, but over the limit of attempt 1.",
        "The submission has a higher accuracy than in attempt 1.",
        "The submission holds three notebooks: attempt 1, attempt 2 and attempt 3.",
        "The final submission is attempt 4.",
        "The final learning rate was found in attempt 2.",
        "Attempt 3 counts more parameters.",
        "Attempt 3 counts as a warm-up.",
        "Use attempt 3 as a baseline.",
        "Use attempt 3 for comparison.",
        "attempt 3 (final model diverged, do not use)",
        "The final submission is in this folder, see attempt 3 for the first try.",
        "Please don't grade attempt 3.",
        "We would submit attempt 3 if it were smaller.",
        "I wanted to submit attempt 3 but it was too large.",
        "attempt 3: submitted too late",
        "~~Attempt 3 is the final submission.~~",
        "<!-- The final submission is attempt 3. -->",
        "We evaluate attempt 3 on CIFAR-100.",
        "To evaluate attempt 3 run eval.py.",
    ],
)
def test_what_names_none(programs, sentence):
    assert named(programs, f"# Work\n\n{sentence}\n") is None


@pytest.mark.parametrize(
    "sentence",
    [
        "Attempt 3 finished two days after the deadline, and is here for reference only.",
        "Attempt 3 does not count.",
        "There is also attempt 3, please ignore it.",
        "Attempt 3 is not part of the submission.",
        "Do not grade attempt 3.",
    ],
)
def test_what_is_not_handed_in(sentence):
    attempts = [Attempt(name=name, reader=None, training_notebook=name) for name in FILES]
    readme = Submission(root=Path(), texts=(TextFile("README.md", f"# Work\n\n{sentence}\n"),))
    assert [one.program for one in set_aside(readme, attempts)] == FILES[2:]


@pytest.mark.parametrize(
    "sentence",
    [
        "Attempt 3 counts the parameters.",
        "Attempts 2 and 3 are for reference.",
        "Attempt 3 improves on attempt 2.",
        "The deadline was in May.",
    ],
)
def test_what_sets_nothing_aside(sentence):
    attempts = [Attempt(name=name, reader=None, training_notebook=name) for name in FILES]
    readme = Submission(root=Path(), texts=(TextFile("README.md", f"# Work\n\n{sentence}\n"),))
    assert set_aside(readme, attempts) == [] and named(FILES, f"{sentence}\n") is None
