"""What claims are held against: one attempt each."""

from dataclasses import dataclass

from utils.grading.facts import Fact
from utils.grading.log.runs import Run


@dataclass(frozen=True)
class Subject:
    name: str
    words: tuple[str, ...]
    notebook: str | None
    facts: dict[str, Fact]
    runs: tuple[Run, ...]
    counts: bool
