"""Soft labels for the batches of a run: from the cache where it is complete, else from the teachers in the loop."""

from collections.abc import Iterable

import torch

from utils.data.batched import BatchedTraining
from utils.data.images import ImageData
from utils.data.loaders import TrainingBatches
from utils.errors import UserError
from utils.runtime import Precision
from utils.training.batches import Changed
from utils.training.distillation.soft_labels import SoftLabels, can_be_cached, digest_of
from utils.training.distillation.teachers import Teachers
from utils.training.loops import to_device
from utils.training.recipes import Recipe

CACHE, ONLINE = "cache", "online"


class Teaching:
    """The `batches` of a run of `recipe` on `data`, taught; a run that goes on is taught as its record says (`recorded`).

    `facts` is what the record says: who taught, and whether the soft labels came from the cache or the loop.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: ImageData,
        batches: TrainingBatches | BatchedTraining,
        precision: Precision,
        recorded: dict | None = None,
    ):
        self.teachers, self.device = Teachers(recipe, data, precision), precision.device
        self.batches = batches
        self.caches = [SoftLabels(recipe, data.train, facts) for facts in self.teachers.facts]
        digest = None
        if can_be_cached(recipe) and (recorded or {}).get("soft_labels") != ONLINE:
            digest = digest_of(self.caches, recipe.different_epochs)
        self.facts = {
            "teachers": self.teachers.facts,
            "soft_labels": ONLINE if digest is None else CACHE,
            "cache": digest,
        }
        if recorded is not None:
            self._require_same(recorded)

    def epoch(self, number: int) -> Iterable[tuple[torch.Tensor, ...]]:
        """The batches of epoch `number`, each with its soft labels `(B, classes)` in the third place."""
        if self.facts["soft_labels"] == CACHE:
            seen = self.batches.stream.epoch(number)
            answers = [torch.from_numpy(cache.read(seen)) for cache in self.caches]
            return self.batches.epoch(number, self.teachers.mean(answers).to(self.device))
        return Changed(self.batches.epoch(number), self._ask)

    def _ask(self, *batch: torch.Tensor) -> tuple[torch.Tensor, ...]:
        images, labels = to_device(batch, self.device)
        return images, labels, self.teachers.soft_labels(images)

    def __str__(self) -> str:
        names = ", ".join(teacher["run"] for teacher in self.teachers.facts)
        how = "from the cache" if self.facts["soft_labels"] == CACHE else "asked in the loop"
        return f"taught by {names}, {how}"

    def _require_same(self, recorded: dict) -> None:
        """UserError when the run so far was taught by others, or learned from other soft labels."""
        weights = {teacher["run"]: teacher["weights"] for teacher in recorded["teachers"]}
        for teacher in self.teachers.facts:
            if weights.get(teacher["run"]) != teacher["weights"]:
                raise UserError(
                    f"The teacher {teacher['run']} has other weights than when this run began: "
                    "put those back, or choose another run name (--run)."
                )
        if recorded["cache"] != self.facts["cache"]:
            places = " and ".join(str(cache.folder) for cache in self.caches)
            raise UserError(
                f"This run learns from a cache of soft labels that is not whole in {places}, or not the same: "
                "put it back (python -m utils.teach makes it), or choose another run name (--run)."
            )
