"""What is made of the texts: the tables and pictures of README.md and docs/ from results/, handout/ASSIGNMENT.md from the
rubric. `python -m utils.make.readme` puts them there."""

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path

from utils.documents import benchmark_tables, run_tables
from utils.documents.measured_tables import measured_table
from utils.documents.notebook_table import notebook_table
from utils.documents.pictures import PICTURES
from utils.grading.rubrics.rubric import load_rubric
from utils.make.handout import ASSIGNMENT_FILE, STARTER, assignment_text
from utils.paths import REPOSITORY

README = REPOSITORY / "README.md"
# The table between the marks `<!-- name: begin … -->` and `<!-- name: end -->` of a page, made for that page.
TABLES: dict[str, Callable[[str], str]] = {
    "headline": lambda page: run_tables.headline_table(),
    "notebooks": notebook_table,
    "results": lambda page: run_tables.results_table(),
    "costs": lambda page: run_tables.costs_table(),
    "seeds": lambda page: run_tables.seeds_table("aster"),
    "seeds_silu": lambda page: run_tables.seeds_table("aster_silu"),
    "seeds_silu_taught": lambda page: run_tables.seeds_table("aster_silu_taught"),
    "seeds_taught": lambda page: run_tables.seeds_table("aster_taught"),
    "teachers": lambda page: run_tables.teachers_table(),
    "published": lambda page: run_tables.published_table(),
    "search": lambda page: run_tables.search_table(),
    "input": lambda page: benchmark_tables.speed_table("input"),
    "epoch": lambda page: benchmark_tables.speed_table("epoch"),
    "gpu": lambda page: benchmark_tables.gpu_table(),
    "memory": lambda page: benchmark_tables.memory_table(),
    "quick": lambda page: benchmark_tables.quick_table(),
    "kills": lambda page: measured_table("kills.csv"),
    "grading_costs": lambda page: measured_table("grading_costs.csv"),
    "pipelines": lambda page: benchmark_tables.pipelines_table(),
}


def pages() -> list[Path]:
    """README.md and the pages of docs/."""
    return [README, *sorted((REPOSITORY / "docs").glob("*.md"))]


def with_tables(page: str) -> str:
    """`page` with the current table between each pair of marks; KeyError for an unknown mark."""

    def filled(match: re.Match) -> str:
        return f"{match[1]}\n\n{TABLES[match[2]](page)}\n\n{match[3]}"

    return re.sub(
        r"(<!-- (\w+): begin [^\n]*-->).*?(<!-- \2: end -->)", filled, page, flags=re.DOTALL
    )


def assignment() -> str:
    """The task in this repository; where a copy of it is on GitHub plays no part."""
    return assignment_text(load_rubric("era_s9"), None)


def main() -> int:
    """Write the tables into the pages, the pictures into results/ and the task into handout/."""
    argparse.ArgumentParser(prog="python -m utils.make.readme", description=__doc__).parse_args()
    for file in pages():
        file.write_text(with_tables(file.read_text(encoding="utf-8")), encoding="utf-8")
    for file, draw in PICTURES.items():
        draw().savefig(file, dpi=110)
    (STARTER / ASSIGNMENT_FILE).write_text(assignment(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
