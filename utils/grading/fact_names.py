"""Every fact that the audits can establish: its name in rubrics and in the JSON, its kind, and what it says."""

from typing import NamedTuple


class FactName(NamedTuple):
    """`kind` is "truth", "number" or "text"; `label` is the fact in words. What is `listed` is always in the JSON."""
    kind: str
    label: str
    listed: bool = True


FACTS = {
    "parameters": FactName("number", "parameters, each counted once, and buffers that act as weights"),
    "parameters_executed": FactName("number", "parameters that the forward pass uses"),
    "receptive_field": FactName("number", "receptive field in pixels at the global pool's input"),
    "depthwise_separable": FactName("truth", "depthwise convolution followed by a 1×1, both executed"),
    "dilated": FactName("truth", "dilated convolution with a kernel above 1, executed"),
    "max_pooling": FactName("truth", "max pooling, executed"),
    "global_average_pooling": FactName("truth", "global average pooling"),
    "horizontal_flip": FactName("truth", "HorizontalFlip in the training transforms"),
    "shift_scale_rotate": FactName("truth", "ShiftScaleRotate in the training transforms"),
    "coarse_dropout_one_16x16_hole": FactName("truth", "CoarseDropout with exactly one 16×16 hole"),
    "coarse_dropout_fill_correct": FactName("truth", "the hole filled with the dataset's mean"),
    "epochs": FactName("number", "epochs logged"),
    "best_test_accuracy": FactName("number", "best test accuracy logged, in per cent"),
    "best_epoch": FactName("number", "epoch of the best test accuracy, counted from 0"),
    "final_test_accuracy": FactName("number", "last test accuracy logged, in per cent"),
    "first_epoch_at_target": FactName("number", "first epoch at the rubric's accuracy, counted from 0"),
    "modular": FactName("truth", "model, transforms and loops imported by the notebook"),
    "coarse_dropout_no_mask_fill": FactName("truth", "CoarseDropout without a mask fill", False),
    "statistics_agree": FactName("truth", "training and test images normalised alike", False),
    "blocks": FactName("truth", "three blocks of three convolutions and an output block", False),
    "after_pool": FactName("text", "what follows the global pool", False),
    "receptive_field_with_pool": FactName("number", "receptive field counting the pool's window", False),
    "multiply_adds": FactName("number", "multiply-adds for one image", False),
    "printed_parameters": FactName("number", "parameters that a stored summary prints", False),
    "run_parameters": FactName("number", "parameters that the summary printed before the judged run shows", False),
    "accuracy_logged": FactName("number", "best test accuracy logged, doubtful or not, in per cent", False),
    "log_consistent": FactName("truth", "the log does not contradict itself", False),
    "loss_normalisation": FactName("text", "what the logged loss was divided by, if not by the images", False),
    "checkpoint_accuracy": FactName("number", "accuracy of the submitted weights on the test images, in per cent", False),
    "effective_transforms": FactName("text", "the training transforms with their effective arguments", False),
}
LISTED = tuple(name for name, fact in FACTS.items() if fact.listed)
