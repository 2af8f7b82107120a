"""The architecture audit: what the network of a submission is, established by executing it apart from this process."""

from utils.grading.blocks import blocks
from utils.grading.executed_network import NotEstablished, executed_network
from utils.grading.facts import Audit, Fact
from utils.grading.finding import Found
from utils.grading.network_facts import NetworkFacts
from utils.grading.sandbox.isolation import LIMITS, Limits, isolation
from utils.grading.submission import Submission

FACTS = ("parameters", "parameters_executed", "receptive_field", "receptive_field_with_pool", "depthwise_separable",
         "dilated", "max_pooling", "global_average_pooling", "after_pool", "blocks", "multiply_adds")


def architecture_audit(submission: Submission, found: Found, run: bool = False, limits: Limits = LIMITS) -> Audit:
    """Facts about the network that `found` names, by the names in FACTS; without `run` nothing is executed, all null.

    `blocks` is True, False or None, with one evidence text for each block; `receptive_field` is in pixels, the larger axis.
    """
    if found.model is None:
        return _without(f"no model to execute was found: {found.why}" if found.why else "no model to execute was found")
    if not run:
        return _without("needs the model to be executed: add --run")
    try:
        network = executed_network(submission, found.model, limits)
    except NotEstablished as error:
        return _without(str(error), f"The network was executed under {isolation(limits)}.")
    facts = NetworkFacts(network, found.model.place)
    field, field_with_pool = facts.receptive_field()
    return Audit({
        "parameters": facts.parameters(), "parameters_executed": facts.parameters_executed(), "receptive_field": field,
        "receptive_field_with_pool": field_with_pool, "depthwise_separable": facts.depthwise_separable(),
        "dilated": facts.dilated(), "max_pooling": facts.max_pooling(),
        "global_average_pooling": facts.global_average_pooling(), "after_pool": facts.after_pool(), "blocks": blocks(facts),
        "multiply_adds": facts.multiply_adds(),
    }, (*dict.fromkeys(facts.remarks()), f"The network was executed under {isolation(limits)}."))


def _without(why: str, *warnings: str) -> Audit:
    return Audit({name: Fact(None, why) for name in FACTS}, warnings)
