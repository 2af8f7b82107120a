"""What a teacher asks of a network, read off the operations that it was seen to execute."""

from utils.grading.layer_facts import LayerFacts
from utils.grading.weight_facts import WeightFacts


class NetworkFacts(WeightFacts, LayerFacts):
    """The facts of one network, each a method: its weights, its global pool, its layers."""
