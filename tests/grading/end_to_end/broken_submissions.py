"""Submissions that each break one thing, and what must catch it; CLEAN breaks nothing."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.grading import submissions as good
from tests.grading.submissions import (
    MODEL,
    PARAMETERS,
    TRANSFORMS,
    Parts,
    correct_answers,
    edited,
    epoch_text,
    log_text,
)

LOG = Parts().log
ANSWERS = correct_answers(8652)
NETWORK = {
    "blocks",
    "receptive_field",
    "depthwise_separable",
    "dilated",
    "global_average_pooling",
    "parameters",
}


@dataclass(frozen=True)
class Broken:
    """`caught` names the criteria that must not pass; `failed` those of them that must fail, not just be unverifiable."""

    parts: Parts
    caught: frozenset[str]
    failed: frozenset[str]
    layout: Callable = good.flat


def broken(
    criterion: str | set, layout: Callable = good.flat, certain: bool = True, **parts
) -> Broken:
    caught = frozenset({criterion} if isinstance(criterion, str) else criterion)
    return Broken(replace(Parts(), **parts), caught, caught if certain else frozenset(), layout)


def model(*changes: tuple[str, str]) -> str:
    return edited(MODEL, *changes)


def transforms(*changes: tuple[str, str]) -> str:
    return edited(TRANSFORMS, *changes)


MIX = "self.mix = nn.Conv2d(cin, cout, 1, bias=False)"
FILL = "fill=[255 * value for value in MEAN]"
HOLE = "num_holes_range=(1, 1), hole_height_range=(16, 16), hole_width_range=(16, 16)"
OLD_HOLE = "max_holes=1, max_height=16, max_width=16, min_holes=1, min_height=16, min_width=16"
DROPOUT = f"    A.CoarseDropout({HOLE},\n                    {FILL}, p=0.5),\n"
NORMALIZE = "    A.Normalize(mean=MEAN, std=STD),\n    ToTensorV2(),\n"
# Ordinary layers in the place of the separable ones.
DENSE = (
    ("Separable(32, 64)", "layer(32, 48)"),
    ("layer(64, 32, dilation=2)", "layer(48, 32, dilation=2)"),
    ("Separable(64, 64)", "layer(64, 48)"),
    ("layer(64, 64, stride=2)", "layer(48, 48, stride=2)"),
    ("layer(64, 64))", "layer(48, 64))"),
)
NARROW = (("Separable(32, 64), layer(64, 32, dilation=2)", "Separable(32, 64), layer(64, 32)"),)


def with_parameters(count: int) -> str:
    """The network with exactly `count` parameters, all of which forward uses."""
    return model(
        (
            "self.head = ",
            f"self.shift = nn.Parameter(torch.zeros({count - PARAMETERS}))\n        self.head = ",
        ),
        ("x = x.view(-1, 10)", "x = x.view(-1, 10) + self.shift.sum()"),
    )


def log_of(answers: list[int], *changes: tuple[str, str]) -> str:
    return edited(log_text(answers), *changes)


NETWORKS = {
    "ungrouped depthwise": broken("depthwise_separable", model=model((", groups=cin", ""))),
    "grouped but not depthwise": broken(
        "depthwise_separable", good.package, model=model(("groups=cin", "groups=4"))
    ),
    "depthwise without a pointwise": broken(
        "depthwise_separable",
        good.spaces,
        model=model(
            *DENSE,
            ("layer(3, 32), layer(32, 32)", "layer(3, 32), spatial(32)"),
            (
                "class Separable",
                """def spatial(count):
    return nn.Sequential(nn.Conv2d(count, count, 3, padding=1, groups=count), nn.BatchNorm2d(count), nn.ReLU())


class Separable""",
            ),
        ),
    ),
    "decoy separable layers": broken(
        "depthwise_separable",
        good.cloned,
        model=model(
            *DENSE, ("self.head = ", "self.separable = Separable(64, 64)\n        self.head = ")
        ),
    ),
    "dilation on a 1×1 only": broken(
        "dilated",
        model=model(*NARROW, (MIX, "self.mix = nn.Conv2d(cin, cout, 1, dilation=2, bias=False)")),
    ),
    "a decoy dilated layer": broken(
        "dilated",
        good.log_in_readme,
        model=model(
            *NARROW,
            ("self.head = ", "self.wide = nn.Conv2d(64, 64, 3, dilation=2)\n        self.head = "),
        ),
    ),
    "max pooling by a function": broken(
        "blocks",
        model=model(
            ("layer(32, 32), layer(32, 32, stride=2)", "layer(32, 32), layer(32, 32)"),
            ("x = self.block2(x)", "x = F.max_pool2d(x, 2)\n        x = self.block2(x)"),
        ),
    ),
    "max pooling by a module": broken(
        "blocks",
        good.package,
        model=model(
            (
                "layer(32, 32), layer(32, 32, stride=2)",
                "layer(32, 32), layer(32, 32), nn.MaxPool2d(2)",
            )
        ),
    ),
    "two convolutions in a block": broken(
        "blocks",
        good.log_in_text,
        model=model(
            (
                "layer(32, 64), Separable(64, 64), layer(64, 64, stride=2)",
                "layer(32, 64), layer(64, 64, stride=2)",
            )
        ),
    ),
    "flattened in place of pooled": broken(
        "global_average_pooling",
        model=model(
            ("self.gap = nn.AdaptiveAvgPool2d(1)", "self.gap = nn.Flatten()"),
            ("nn.Conv2d(64, classes, 1)", "nn.Linear(64 * 16, classes)"),
        ),
    ),
    "averaged along one side only": broken(
        "global_average_pooling",
        good.spaces,
        model=model(
            ("x = self.gap(x)", "x = x.mean(3).flatten(1)"),
            ("nn.Conv2d(64, classes, 1)", "nn.Linear(64 * 4, classes)"),
        ),
    ),
    "a global maximum": broken(
        "global_average_pooling", model=model(("AdaptiveAvgPool2d", "AdaptiveMaxPool2d"))
    ),
    "a receptive field of 43": broken(
        "receptive_field",
        model=model(
            (
                "layer(32, 32), layer(32, 32, stride=2))\n        self.block2",
                "layer(32, 32), layer(32, 32, dilation=2))\n        self.block2",
            ),
            ("layer(64, 32, dilation=2)", "layer(64, 32)"),
            ("nn.Sequential(layer(64, 64))", "nn.Sequential(layer(64, 64, dilation=2))"),
        ),
    ),
    "200,000 parameters": broken("parameters", good.cloned, model=with_parameters(200_000)),
    "200,001 parameters": broken("parameters", model=with_parameters(200_001)),
    "weights in a buffer": broken(
        "parameters",
        good.log_in_text,
        model=model(
            (
                "self.head = ",
                "self.register_buffer('kernels', torch.randn(3, 64, 64, 3, 3) * 0.05)\n        self.head = ",
            ),
            ("nn.Sequential(layer(64, 64))", "nn.Sequential(nn.BatchNorm2d(64), nn.ReLU())"),
            (
                "x = self.block4(x)",
                "for kernel in self.kernels:\n            x = F.conv2d(x, kernel, padding=1)\n"
                "        x = self.block4(x)",
            ),
        ),
    ),
    "a summary of another network": broken(
        {"parameters", "accuracy"},
        certain=False,
        summary=("Total params: 1,250,858\nTrainable params: 1,250,858\nNon-trainable params: 0\n"),
    ),
    "no model file": broken(NETWORK, certain=False, model=None),
    "a syntax error in the model file": broken(
        NETWORK,
        good.package,
        certain=False,
        model=model(("        x = self.head(x)", "        x = self.head(x")),
    ),
}
AUGMENTATION = {
    "the fill as a fraction before Normalize": broken(
        "albumentations", transforms=transforms((FILL, "fill=list(MEAN)"))
    ),
    "the fill times 255 after Normalize": broken(
        "albumentations",
        good.package,
        transforms=transforms(
            (DROPOUT, ""),
            (
                f"rotate_limit=10, p=0.5),\n{NORMALIZE}",
                f"rotate_limit=10, p=0.5),\n    A.Normalize(mean=MEAN, std=STD),\n{DROPOUT}    ToTensorV2(),\n",
            ),
        ),
    ),
    "old argument names under albumentations 2": broken(
        "albumentations",
        transforms=transforms(
            (HOLE, OLD_HOLE), (FILL, "fill_value=[255 * value for value in MEAN]")
        ),
        extra=(("requirements.txt", "torch\nalbumentations==2.0.8\n"),),
    ),
    "up to three holes": broken(
        "albumentations", good.spaces, transforms=transforms(("=(1, 1)", "=(1, 3)"))
    ),
    "a hole of 16×8": broken(
        "albumentations",
        good.cloned,
        transforms=transforms(("hole_width_range=(16, 16)", "hole_width_range=(8, 8)")),
    ),
    "a hole of a quarter of the side": broken(
        "albumentations", transforms=transforms(("(16, 16)", "(0.25, 0.25)"))
    ),
    "a mask fill": broken("albumentations", transforms=transforms((FILL, f"{FILL}, fill_mask=0"))),
    "no flip": broken(
        "albumentations",
        good.log_in_readme,
        transforms=transforms(("    A.HorizontalFlip(p=0.5),\n", "")),
    ),
    "a flip that never happens": broken(
        "albumentations", transforms=transforms(("Flip(p=0.5)", "Flip(p=0)"))
    ),
    "a vertical flip": broken(
        "albumentations", good.package, transforms=transforms(("HorizontalFlip", "VerticalFlip"))
    ),
    "no ShiftScaleRotate": broken(
        "albumentations",
        transforms=transforms(
            (
                "A.ShiftScaleRotate(shift_limit=0.05, scale_limit=0.1, rotate_limit=10, p=0.5)",
                "A.Rotate(10)",
            )
        ),
    ),
    "the augmentation is never used": broken(
        "albumentations",
        transforms=transforms(
            (
                "test_transforms = A",
                "augmented = train_transforms\ntrain_transforms = test_transforms = A",
            )
        ),
    ),
}
ACCURACY = {
    "84.99 %": broken("accuracy", log=log_text(correct_answers(8499))),
    "an accuracy line that is not correct / total": broken(
        "accuracy",
        certain=False,
        log=log_of(
            correct_answers(8152),
            ("Accuracy: 8152/10000 (81.52%)", "Accuracy: 8152/10000 (86.52%)"),
        ),
    ),
    "a row of another total": broken(
        "accuracy",
        good.package,
        certain=False,
        log=LOG.replace("/10000", "/1000").replace("Accuracy: 8652/1000 ", "Accuracy: 8652/10000 "),
    ),
    "a jump that no training makes": broken(
        "accuracy", certain=False, log=log_text([*correct_answers(6000)[:12], 8652, 6012])
    ),
    "the same rows again and again": broken(
        "accuracy",
        good.log_in_text,
        certain=False,
        log="".join(
            epoch_text(epoch, 8652 if epoch > 3 else 4000 + 900 * epoch) for epoch in range(30)
        ),
    ),
    "losses that cannot be": broken(
        "accuracy",
        certain=False,
        log=log_of(
            correct_answers(7000),
            ("Accuracy: 7000/10000 (70.00%)", "Accuracy: 8652/10000 (86.52%)"),
        ),
    ),
    "a number in the README alone": broken(
        "accuracy", certain=False, log="", readme=good.README + "\nBest test accuracy: 86.52 %\n"
    ),
    "no log at all": broken("accuracy", good.spaces, certain=False, log=""),
    "missing epochs": broken(
        "accuracy",
        good.log_in_readme,
        certain=False,
        log="".join(
            epoch_text(epoch, right)
            for epoch, right in enumerate(correct_answers(8652))
            if not 2 < epoch < 25
        ),
    ),
    "two runs glued together": broken(
        "accuracy",
        certain=False,
        log="".join(
            epoch_text(epoch, right)
            for epoch, right in enumerate(correct_answers(8200)[:15] + correct_answers(8652))
        ),
    ),
    "two runs glued together, of other batches": broken(
        "accuracy",
        good.cloned,
        certain=False,
        log="".join(
            epoch_text(epoch, right) for epoch, right in enumerate(correct_answers(8200)[:15])
        )
        + "".join(
            epoch_text(epoch, right)
            .replace("98/98", "391/391")
            .replace("Batch_id=97", "Batch_id=390")
            for epoch, right in enumerate(correct_answers(8652))
            if epoch >= 15
        ),
    ),
    "accuracy on the training set only": broken(
        "accuracy", certain=False, log=LOG.replace("Test set", "Train set")
    ),
}
STRUCTURE = {
    "the model in the notebook": broken("modular", inline=("model",)),
    "the transforms in the notebook": broken("modular", good.package, inline=("transforms",)),
    "the loops in the notebook": broken("modular", good.cloned, inline=("engine",)),
    "modules that the notebook defines again": broken(
        "modular", inline=("model", "engine"), extra=(("model.py", MODEL),)
    ),
}
BROKEN = NETWORKS | AUGMENTATION | ACCURACY | STRUCTURE

# Right in another way than CLEAN: all of it passes.
RIGHT = {
    "the hole as a share of the side": Parts(transforms=transforms(("(16, 16)", "(0.5, 0.5)"))),
    "old argument names under the version that knew them": Parts(
        transforms=transforms(
            (HOLE, OLD_HOLE),
            (FILL, "fill_value=[255 * value for value in MEAN], mask_fill_value=None"),
        ),
        extra=(("requirements.txt", "torch\nalbumentations==1.3.1\n"),),
    ),
    "filled with 0 after Normalize": Parts(
        transforms=transforms(
            (DROPOUT, ""),
            (
                f"rotate_limit=10, p=0.5),\n{NORMALIZE}",
                "rotate_limit=10, p=0.5),\n    A.Normalize(mean=MEAN, "
                f"std=STD),\n    A.CoarseDropout({HOLE}, fill=0, p=0.5),\n    ToTensorV2(),\n",
            ),
        )
    ),
    "the pool as a mean": Parts(
        model=model(("x = self.gap(x)", "x = x.mean((2, 3), keepdim=True)"))
    ),
    "the pool as a function of the map's size": Parts(
        model=model(("self.gap(x)", "F.avg_pool2d(x, x.shape[2:])"))
    ),
    "a linear layer after the pool": Parts(
        model=model(
            ("nn.Conv2d(64, classes, 1)", "nn.Linear(64, classes)"),
            ("self.head(x)", "self.head(x.flatten(1))"),
        )
    ),
    "199,999 parameters": Parts(model=with_parameters(199_999)),
    "85 % exactly": Parts(log=log_text(correct_answers(8500))),
    "the epochs in the notebook, the steps imported": Parts(
        run="""optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, epochs=30, steps_per_epoch=len(train_loader))
for epoch in range(30):
    print("EPOCH:", epoch)
    train(model, device, train_loader, optimizer, scheduler)
    test(model, device, test_loader)"""
    ),
    "a constructor with arguments": Parts(made="CifarNet(classes=10)"),
    "epochs counted from 1": Parts(
        log="".join(epoch_text(epoch + 1, right) for epoch, right in enumerate(ANSWERS))
    ),
}
