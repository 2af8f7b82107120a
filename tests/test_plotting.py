"""The pictures show the data that they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from models import build_model
from utils import plotting
from utils.history import EpochRecord
from utils.logged_runs import logged_run
from utils.receptive_field import receptive_fields

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
NAMES = ["frog", "truck", "truck", "deer", "ship"]


def texts(figure):
    return [text.get_text() for text in figure.findobj(plt.Text) if text.get_text()]


def test_image_grid_shows_every_image_under_its_title():
    figure = plotting.image_grid(IMAGES, NAMES, columns=3)
    shown = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    assert len(shown) == 5 and all((array == image).all() for array, image in zip(shown, IMAGES))
    assert [axis.get_title() for axis in figure.axes][:5] == NAMES


def test_before_and_after_puts_versions_under_the_original():
    versions = [255 - IMAGES, IMAGES // 2]
    figure = plotting.before_and_after(IMAGES, versions, NAMES)
    shown = np.array([axis.images[0].get_array() for axis in figure.axes]).reshape(3, 5, 32, 32, 3)
    assert (shown == np.stack([IMAGES, *versions])).all()
    assert texts(figure).count("before") == 1 and texts(figure).count("after") == 2


def test_class_balance_counts():
    figure = plotting.class_balance({"train": np.array([0, 0, 1]), "test": np.array([1])}, ["cat", "dog"])
    assert [bar.get_height() for bar in figure.axes[0].patches] == [2, 1, 0, 1]
    assert {"cat", "dog", "train", "test"} <= set(texts(figure))


def test_channel_histograms_are_shares():
    figure = plotting.channel_histograms(IMAGES)
    for channel, line in enumerate(figure.axes[0].lines[::2]):
        np.testing.assert_allclose(line.get_ydata(), 100 * np.bincount(IMAGES[..., channel].ravel(), minlength=256) / 5120)


def test_training_curves_are_the_four_of_the_record():
    history = [EpochRecord(epoch, train_loss=2 - epoch, train_accuracy=10 + epoch, test_loss=3 - epoch, test_correct=epoch,
                           test_total=4) for epoch in range(2)]
    lines = [axis.lines[0].get_ydata().tolist() for axis in plotting.training_curves(history).axes]
    assert lines == [[2, 1], [10, 11], [3, 2], [0, 25]]


def test_curves_over_each_other_keep_their_own_epochs():
    figure = plotting.test_curves({"ours": logged_run("era9")[:3], "seed": logged_run("era9")})
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [3, 75]
    assert figure.axes[0].lines[1].get_ydata()[-1] == 86.54
    assert {"ours", "seed"} <= set(texts(figure))


def test_learning_rates_span_the_epochs():
    line = plotting.learning_rates([0.1, 0.2, 0.3, 0.4], epochs=8).axes[0].lines[0]
    assert line.get_xdata().tolist() == [0, 2, 4, 6] and line.get_ydata().tolist() == [0.1, 0.2, 0.3, 0.4]


def test_receptive_field_growth_ends_at_the_pool():
    figure = plotting.receptive_field_growth({"era9": receptive_fields(build_model("era9"))}, needed=44)
    growth, needed = figure.axes[0].lines
    assert growth.get_ydata()[0] == 1 and growth.get_ydata()[-1] == 49 and set(needed.get_ydata()) == {44}


@pytest.mark.parametrize("draw", [lambda: plotting.image_grid(IMAGES, NAMES), lambda: plotting.learning_rates([1], 1)])
def test_figures_are_returned_closed_and_leave_the_style_alone(draw):
    before = dict(plt.rcParams)
    assert isinstance(draw(), Figure)
    assert plt.get_fignums() == [] and dict(plt.rcParams) == before
