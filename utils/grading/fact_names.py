"""Every fact that the audits can establish: its name in rubrics and in the JSON, its kind, and what it says."""

from typing import NamedTuple


class FactName(NamedTuple):
    """`kind` is "truth", "number" or "text"; `label` is the fact in words. What is `listed` is always in the JSON."""

    kind: str
    label: str
    listed: bool = True


FACTS = {
    "parameters": FactName("number", "number of parameters, each counted once"),
    "parameters_executed": FactName("number", "number of parameters that the forward pass uses"),
    "receptive_field": FactName("number", "receptive field in pixels at the global pool's input"),
    "depthwise_separable": FactName(
        "truth", "a depthwise convolution followed by a 1×1, both executed"
    ),
    "dilated": FactName("truth", "a dilated convolution with a kernel above 1×1, executed"),
    "max_pooling": FactName("truth", "max pooling, executed"),
    "global_average_pooling": FactName("truth", "global average pooling"),
    "horizontal_flip": FactName("truth", "HorizontalFlip in the training transforms"),
    "shift_scale_rotate": FactName("truth", "ShiftScaleRotate in the training transforms"),
    "coarse_dropout_one_16x16_hole": FactName("truth", "CoarseDropout with exactly one 16×16 hole"),
    "coarse_dropout_fill_correct": FactName("truth", "the hole filled with the dataset's mean"),
    "epochs": FactName("number", "epochs logged"),
    "best_test_accuracy": FactName("number", "best logged test accuracy, in per cent"),
    "best_epoch": FactName("number", "epoch of the best test accuracy, counting from 0"),
    "final_test_accuracy": FactName("number", "last logged test accuracy, in per cent"),
    "first_epoch_at_target": FactName(
        "number", "first epoch that reaches the rubric's accuracy, counting from 0"
    ),
    "modular": FactName(
        "truth", "network and transforms imported from modules, and a notebook's loops too"
    ),
    "model_imported": FactName("truth", "the network is imported from a module", False),
    "transforms_imported": FactName("truth", "the transforms are imported from a module", False),
    "loops_imported": FactName("truth", "the loops are imported from a module", False),
    "coarse_dropout_no_mask_fill": FactName("truth", "CoarseDropout without fill_mask", False),
    "statistics_agree": FactName("truth", "training and test images are normalised alike", False),
    "blocks": FactName("truth", "three blocks of three convolutions and an output block", False),
    "after_pool": FactName("text", "what follows the global pool", False),
    "receptive_field_with_pool": FactName(
        "number", "receptive field counting the pool's window", False
    ),
    "multiply_adds": FactName("number", "multiply-adds for one image", False),
    "printed_parameters": FactName("number", "parameters in the stored summary", False),
    "run_parameters": FactName(
        "number", "parameters in the summary that was printed before the log", False
    ),
    "accuracy_logged": FactName(
        "number", "best logged test accuracy, in doubt or not, in per cent", False
    ),
    "log_consistent": FactName("truth", "the log agrees with itself", False),
    "loss_normalisation": FactName(
        "text", "why the logged loss is not an average over the images", False
    ),
    "checkpoint_accuracy": FactName(
        "number", "accuracy of the submitted weights on the test images, in per cent", False
    ),
    "effective_transforms": FactName(
        "text", "the training transforms with their effective arguments", False
    ),
}
LISTED = tuple(name for name, fact in FACTS.items() if fact.listed)
