"""The recipes hold the reports' facts; the schedules agree with PyTorch's own."""

import json
import warnings
from dataclasses import replace

import pytest
import torch

from models import MODELS, TEACHERS, VARIANTS
from utils.data.augmentations import AUGMENTATIONS
from utils.data.data_sets import DATA_SETS
from utils.errors import UserError
from utils.training.distillation.teachers import require_teaching
from utils.training.recipes import RECIPES, Recipe, find_recipe
from utils.training.schedules import SCHEDULES, learning_rate

FACTS = {  # seed, epochs, batch, lr, momentum, mean, std
    "assignment6_net1": (4, 15, 4, 0.001, 0.9, (0, 0, 0), (1, 1, 1)),
    "assignment6_net1_grouped": (4, 15, 4, 0.001, 0.9, (0, 0, 0), (1, 1, 1)),
    "assignment6_net2": (4, 60, 20, 0.001, 0.9, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "era9": (1, 75, 512, 0.01, 0.9, (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
}


@pytest.mark.parametrize("name", FACTS)
def test_recipes_are_the_reports(name):
    recipe = find_recipe(name)
    assert (
        recipe.seed,
        recipe.epochs,
        recipe.batch_size,
        recipe.lr,
        recipe.momentum,
        recipe.mean,
        recipe.std,
    ) == FACTS[name]
    assert recipe.model == name


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_recipes_name_what_exists(recipe):
    assert (
        recipe.model in MODELS | VARIANTS | TEACHERS
        and recipe.augmentation in AUGMENTATIONS
        and recipe.schedule in SCHEDULES
    )
    assert recipe.data_set in DATA_SETS
    require_teaching(recipe)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_unknown_recipe_lists_the_known_ones():
    with pytest.raises(UserError, match="'era10'.*assignment6_net1.*era9"):
        find_recipe("era10")


@pytest.mark.parametrize(
    "schedule, scheduler",
    [
        ("step 6 x0.1", lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 6, 0.1)),
        ("constant", lambda optimizer: torch.optim.lr_scheduler.ConstantLR(optimizer, factor=1.0)),
    ],
)
def test_schedules_agree_with_pytorch(schedule, scheduler):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    expected, recipe = (
        scheduler(optimizer),
        replace(find_recipe("era9"), lr=0.3, schedule=schedule, epochs=20),
    )
    for epoch in range(20):
        for share in (0, 0.5, 0.99):
            assert learning_rate(recipe, epoch + share) == pytest.approx(
                optimizer.param_groups[0]["lr"]
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no step of the optimiser before that of the scheduler
            expected.step()


@pytest.mark.parametrize("epochs, share", [(5, 0.2), (75, 0.2), (75, 1 / 15)])
def test_warmup_and_cosine_scale_to_any_number_of_epochs(epochs, share):
    """Against PyTorch's own LinearLR and CosineAnnealingLR in sequence, a hundred steps an epoch."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.3)
    warmup = round(100 * epochs * share)
    schedulers = [
        torch.optim.lr_scheduler.LinearLR(optimizer, 1e-9, 1.0, warmup),
        torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100 * epochs - warmup),
    ]
    recipe = replace(find_recipe("aster"), lr=0.3, epochs=epochs, warm_up=share)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = torch.optim.lr_scheduler.SequentialLR(optimizer, schedulers, [warmup])
        for step in range(100 * epochs):
            assert learning_rate(recipe, step / 100) == pytest.approx(
                optimizer.param_groups[0]["lr"], abs=1e-6
            )
            expected.step()
