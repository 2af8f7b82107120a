"""The pictures show the data that they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from models import build_model
from utils import plotting
from utils.analysis import plots
from utils.analysis.calibration import Bin
from utils.architecture.receptive_field import receptive_fields
from utils.reproduction.logged_runs import logged_run
from utils.training.history import EpochRecord

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
NAMES = ["frog", "truck", "truck", "deer", "ship"]


def texts(figure):
    return [text.get_text() for text in figure.findobj(plt.Text) if text.get_text()]


def test_image_grid_shows_every_image_under_its_title():
    figure = plotting.image_grid(IMAGES, NAMES, columns=3)
    shown = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    assert len(shown) == 5 and all((array == image).all() for array, image in zip(shown, IMAGES))
    assert [axis.get_title() for axis in figure.axes][:5] == NAMES


def test_image_grid_of_no_image_is_empty():
    figure = plotting.image_grid(IMAGES[:0], [], columns=3)
    assert not any(axis.images for axis in figure.axes)


def test_styles_begin_again_where_there_are_too_few():
    assert list(plotting.in_turn({"a": 1, "b": 2, "c": 3}, "xy", "pqr")) == [
        ("a", 1, "x", "p"),
        ("b", 2, "y", "q"),
        ("c", 3, "x", "r"),
    ]


def test_image_grid_shows_a_single_image():
    (axis,) = plotting.image_grid(IMAGES[:1], NAMES, columns=1).axes
    assert (axis.images[0].get_array() == IMAGES[0]).all() and axis.get_title() == NAMES[0]


def test_before_and_after_puts_versions_under_the_original():
    versions = {"inverted": 255 - IMAGES, "darker": IMAGES // 2}
    figure = plotting.before_and_after(IMAGES, versions, NAMES)
    shown = np.array([axis.images[0].get_array() for axis in figure.axes]).reshape(3, 5, 32, 32, 3)
    assert (shown == np.stack([IMAGES, *versions.values()])).all()
    assert {"original", "inverted", "darker"} <= set(texts(figure))


def test_class_balance_counts():
    figure = plotting.class_balance(
        {"train": np.array([0, 0, 1]), "test": np.array([1])}, ["cat", "dog"]
    )
    assert [bar.get_height() for bar in figure.axes[0].patches] == [2, 1, 0, 1]
    assert {"cat", "dog", "train", "test"} <= set(texts(figure))


def test_channel_histograms_are_shares():
    figure = plotting.channel_histograms(IMAGES)
    for channel, line in enumerate(figure.axes[0].lines[::2]):
        np.testing.assert_allclose(
            line.get_ydata(), 100 * np.bincount(IMAGES[..., channel].ravel(), minlength=256) / 5120
        )


def test_training_curves_are_the_four_of_the_record():
    history = [
        EpochRecord(
            epoch,
            train_loss=2 - epoch,
            train_accuracy=10 + epoch,
            test_loss=3 - epoch,
            test_correct=epoch,
            test_total=4,
        )
        for epoch in range(2)
    ]
    lines = [axis.lines[0].get_ydata().tolist() for axis in plotting.training_curves(history).axes]
    assert lines == [[2, 1], [10, 11], [3, 2], [0, 25]]


def test_curves_over_each_other_keep_their_own_epochs():
    figure = plotting.test_curves({"ours": logged_run("era9")[:3], "seed": logged_run("era9")})
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [3, 75]
    assert figure.axes[0].lines[1].get_ydata()[-1] == 86.54
    assert {"ours", "seed"} <= set(texts(figure))


def test_learning_rates_span_the_epochs():
    line = plotting.learning_rates([0.1, 0.2, 0.3, 0.4], epochs=8).axes[0].lines[0]
    assert line.get_xdata().tolist() == [0, 2, 4, 6] and line.get_ydata().tolist() == [
        0.1,
        0.2,
        0.3,
        0.4,
    ]


@pytest.mark.parametrize("name, convolutions, field", [("era9", 10, 49), ("aster", 34, 101)])
def test_receptive_field_growth_ends_at_the_pool(name, convolutions, field):
    figure = plotting.receptive_field_growth({name: receptive_fields(build_model(name))}, needed=44)
    growth, needed = figure.axes[0].lines
    assert growth.get_xdata().tolist() == list(range(convolutions + 1))
    assert (
        growth.get_ydata()[0] == 1
        and growth.get_ydata()[-1] == field
        and set(needed.get_ydata()) == {44}
    )


@pytest.mark.parametrize(
    "draw", [lambda: plotting.image_grid(IMAGES, NAMES), lambda: plotting.learning_rates([1], 1)]
)
def test_figures_are_returned_closed_and_leave_the_style_alone(draw):
    before = dict(plt.rcParams)
    assert isinstance(draw(), Figure)
    assert plt.get_fignums() == [] and dict(plt.rcParams) == before


def test_runs_stand_over_the_logs_that_they_repeat():
    ours, logged = logged_run("era9"), logged_run("era9")[:20]
    figure = plotting.over_logs({"repeated": (ours, logged), "new": (ours[:30], None)})
    lines = figure.axes[0].lines
    assert [len(line.get_xdata()) for line in lines] == [75, 20, 30]
    assert (
        lines[0].get_color() == lines[1].get_color() != lines[2].get_color()
        and lines[1].get_linestyle() == "--"
    )


def test_reproduction_shows_the_differences():
    logged = logged_run("era9")
    figure = plotting.reproduction(logged[5:], logged)
    curves, differences = figure.axes
    assert len(curves.lines) == 4 and all(
        len(line.get_xdata()) in (70, 75) for line in curves.lines
    )
    expected = [
        mine.test_accuracy - theirs.test_accuracy for mine, theirs in zip(logged[5:], logged)
    ]
    np.testing.assert_allclose(differences.lines[0].get_ydata(), expected)


def test_confusion_shows_shares_and_leaves_hits_white():
    figure = plots.confusion(np.array([[8, 2], [1, 3]]), ["cat", "dog"])
    shown = figure.axes[0].images[0].get_array()
    assert (
        np.isnan(np.diag(np.ma.filled(shown, np.nan))).all()
        and shown[0, 1] == 20
        and shown[1, 0] == 25
    )
    assert {"80.0", "20.0", "25.0", "75.0"} <= set(texts(figure))


def test_class_accuracy_orders_and_spans_the_intervals():
    figure = plots.class_accuracy([(0.9, 0.8, 0.95), (0.5, 0.4, 0.6)], ["cat", "dog"])
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["dog", "cat"]
    bars = figure.axes[0].collections[0].get_segments()
    np.testing.assert_allclose([bar[:, 0] for bar in bars], [[40, 60], [80, 95]])


def test_reliability_shows_each_version_with_its_error():
    bins = [Bin(0.4, 0.6, 10, 0.5, 0.5), Bin(0.8, 1.0, 10, 0.9, 0.7)]
    figure = plots.reliability({"before": bins, "after": bins[:1]})
    assert {"before: error 0.100", "after: error 0.000"} <= set(texts(figure))
    above, _, below, _ = figure.axes
    assert [bar.get_height() for bar in above.patches] == [0.5, 0.7]
    assert [bar.get_height() for bar in below.patches] == [10, 10]


def test_attention_puts_every_map_over_its_image():
    maps = np.random.default_rng(1).random((5, 32, 32))
    figure = plots.attention(IMAGES, maps, NAMES, columns=3)
    assert len([axis for axis in figure.axes if axis.images]) == 10
    np.testing.assert_array_equal(figure.axes[3].images[1].get_array(), maps[0])


def test_maps_and_robustness_show_what_they_are_given():
    stacks = {"first": np.arange(8.0).reshape(2, 2, 2), "second": np.ones((3, 4, 4))}
    assert len([axis for axis in plots.maps(stacks).axes if axis.images]) == 5
    figure = plots.robustness(
        {"rotation": ([-10, 0, 10], [70, 90, 71]), "hole": ([0, 8], [90, 80])}
    )
    assert [list(axis.lines[0].get_ydata()) for axis in figure.axes] == [[70, 90, 71], [90, 80]]


def test_accuracy_over_parameters_has_a_point_for_each_network():
    groups = {"ours": {"a": (1000, 90.0), "b": (500, 80.0)}, "theirs": {"c": (700, 95.0)}}
    figure = plotting.accuracy_over_parameters(groups, limit=900)
    ours, theirs, limit = figure.axes[0].lines
    assert sorted(zip(ours.get_xdata(), ours.get_ydata())) == [
        (500, 20),
        (1000, 10),
    ]  # the error, on a log axis
    assert (list(theirs.get_xdata()), list(theirs.get_ydata()), limit.get_xdata()[0]) == (
        [700],
        [5],
        900,
    )
    assert {"a", "b", "c", "ours", "theirs", "900 parameters"} <= set(texts(figure))
    assert figure.axes[0].yaxis_inverted()
