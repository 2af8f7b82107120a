"""The README's table of notebooks: what each shows, the badge that opens it in Colab, and how long it takes."""

import re

from utils.documents.records import csv_entries
from utils.paths import REPOSITORY
from utils.tables import markdown_table

SECONDS = "notebook_seconds.csv"  # in results/; `make notebooks` writes it
BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
ADDRESS = r"https://colab\.research\.google\.com/github/([^/\s]+/[^/\s]+/blob/[^\s)]+?)/notebooks/"
UNPUBLISHED = "OWNER/cifar10-under-200k/blob/main"
# The notebooks in order: what the link says, and what the notebook shows.
NOTEBOOKS = {
    "01_data_exploration": ("Data", "the images, and what augmentation does to them"),
    "02_architecture_summary": ("Networks", "layers, sizes and receptive fields"),
    "03_training": ("Training", "a recorded run, or one of your own"),
    "04_seed_runs": ("Reports", "the student reports' runs, repeated"),
    "05_error_analysis": ("Errors", "what the network gets wrong, and why"),
    "06_grade_your_submission": ("Grading", "your own submission, graded"),
    "07_assignment": ("Assignment", "an answer that gets full marks"),
}


def notebook_table(page: str) -> str:
    """A row for each notebook; the badges keep the owner, repository and branch that `page` links to."""
    there = re.search(ADDRESS, page)
    address = f"https://colab.research.google.com/github/{there[1] if there else UNPUBLISHED}"
    measured = {entry["notebook"]: entry for entry in csv_entries(SECONDS)}
    rows = []
    for file in sorted((REPOSITORY / "notebooks").glob("*.ipynb")):
        title, shows = NOTEBOOKS[file.stem]
        badge = f"[![Open In Colab]({BADGE})]({address}/notebooks/{file.name})"
        time = time_text(float(measured[file.name]["seconds"]))
        rows.append((f"[{file.name[:2]} {title}](notebooks/{file.name})", shows, badge, time))
    devices = dict.fromkeys(entry["device"] for entry in measured.values())
    table = markdown_table(("notebook", "what it shows", "open", "time"), rows, left=3)
    return f"{table}\n\nTimes are those of one execution on {' and '.join(devices)}."


def time_text(seconds: float) -> str:
    """Seconds below a minute and a half to the next ten, else minutes."""
    return f"{max(10, round(seconds, -1)):.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
