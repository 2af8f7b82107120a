"""The architecture audit: what the network of a submission is, established by executing it apart from this process."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from utils.grading.facts import Audit, Evidence, Fact
from utils.grading.network.blocks import blocks
from utils.grading.network.class_places import class_places
from utils.grading.network.executed_network import ExecutedNetwork, NotEstablished, executed_network
from utils.grading.network.field_facts import receptive_field, receptive_field_with_pool
from utils.grading.network.graph_digest import graph_digest
from utils.grading.network.layer_facts import depthwise_separable, dilated, multiply_adds
from utils.grading.network.pool_facts import after_pool, global_average_pooling, max_pooling
from utils.grading.network.view import NetworkView
from utils.grading.network.weight_facts import (
    parameters,
    parameters_executed,
    printable_totals,
    remarks_on_weights,
)
from utils.grading.program.attempts import Attempt
from utils.grading.sandbox.confinement.available import confinement
from utils.grading.sandbox.limits import LIMITS, Limits
from utils.grading.submission.contents import Submission

FACTS: dict[str, Callable[[NetworkView], Fact]] = {
    "parameters": parameters,
    "parameters_executed": parameters_executed,
    "receptive_field": receptive_field,
    "receptive_field_with_pool": receptive_field_with_pool,
    "depthwise_separable": depthwise_separable,
    "dilated": dilated,
    "max_pooling": max_pooling,
    "global_average_pooling": global_average_pooling,
    "after_pool": after_pool,
    "blocks": blocks,
    "multiply_adds": multiply_adds,
}
_LONG = 200  # letters of a reason that stands once, among the remarks, and not beside each fact
# What a doubtful layer cannot mend: these stay as they are where nothing is known for certain.
_WORST = {
    "depthwise_separable": False,
    "dilated": False,
    "global_average_pooling": False,
    "blocks": False,
    "max_pooling": True,
}
_NAMED = (
    "depthwise_separable",
    "dilated",
    "global_average_pooling",
)  # the facts whose layers a remark names


def architecture_audit(
    submission: Submission, attempt: Attempt, run: bool = False, limits: Limits = LIMITS
) -> Audit:
    """Facts about the network that `attempt` names, by the names in FACTS; without `run` nothing is executed, all null.

    `blocks` is True, False or None, with one evidence text for each block; `receptive_field` is in pixels, the larger axis.
    """
    if attempt.model is None:
        return _without(
            f"no model to execute was found: {attempt.why}"
            if attempt.why
            else "no model to execute was found"
        )
    if not run:
        return _without("the network was not executed in this grading")
    try:
        network = executed_network(submission, attempt.model, limits)
    except NotEstablished as error:
        return _without(str(error), f"The network was executed under {confinement()}.")
    place = attempt.model.place
    facts, remarks = network_facts(network, place, class_places(submission, place))
    counted = {facts[name].value for name in ("parameters", "parameters_executed")} - {None}
    totals = printable_totals(NetworkView(network, place)) | counted
    remarks = (*remarks, f"The network was executed under {confinement()}.")
    return Audit(facts, remarks, totals, graph_digest(network.graph))


def network_facts(
    network: ExecutedNetwork, place: Evidence, classes: Mapping[str, Evidence]
) -> tuple[dict[str, Fact], tuple[str, ...]]:
    """The facts by name, null where they depend on layers that are in doubt, and remarks.

    The network's class stands at `place`, those of its modules at `classes`, by their names.
    """
    view = NetworkView(network, place, classes)
    facts = facts_of(view)
    if network.certain is None:
        kept = ("parameters", "multiply_adds", "after_pool")
        facts = {
            name: fact
            if name in kept or fact.value is _WORST.get(name)
            else Fact(None, network.doubt, fact.evidence)
            for name, fact in facts.items()
        }
    elif network.certain is not network.graph:
        certain = facts_of(NetworkView(replace(network, graph=network.certain), place, classes))
        facts = {
            name: fact
            if fact.value in (None, certain[name].value)
            else Fact(
                None, f"it depends on whether these layers count: {network.doubt}", fact.evidence
            )
            for name, fact in facts.items()
        }
    seen = "; ".join(facts[name].why for name in _NAMED if facts[name].value is True)
    remarks = dict.fromkeys(
        [*remarks_on_weights(view), *([f"Seen in the executed network: {seen}."] if seen else [])]
    )
    return facts, tuple(remarks)


def facts_of(view: NetworkView) -> dict[str, Fact]:
    """Every fact of one network by its name, doubtful layers counted like the others."""
    return {name: fact(view) for name, fact in FACTS.items()}


def _without(why: str, *warnings: str) -> Audit:
    """Every fact null for one reason; a long reason is said once, among the remarks."""
    short, separator, _ = why.partition(": ")
    if len(why) > _LONG and separator:
        warnings = (f"{why[:1].upper()}{why[1:].rstrip('.')}.", *warnings)
        why = f"{short}; the remarks say why"
    return Audit({name: Fact(None, why) for name in FACTS}, warnings)
