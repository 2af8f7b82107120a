"""The networks: names, sizes, and that "depthwise" means grouped."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models import MODELS, TEACHERS, VARIANTS, build_model
from models.fast_layers import Conv2d, Dropout
from models.layers import DepthwiseSeparableConv

PARAMETERS = {
    "aster": 196_538,
    "assignment6_net1": 185_936,
    "assignment6_net1_grouped": 57_056,
    "assignment6_net2": 151_504,
    "era9": 188_992,
    "wide_resnet": 3_560_154,
    "wide_resnet_16_6": 6_172_122,
    "wide_resnet_16_8": 10_961_370,
    "aster output stride 2": 196_538,
    "aster second block deeper": 197_370,
    "aster SiLU": 196_538,
}


@pytest.mark.parametrize("name", [*MODELS, *TEACHERS, *VARIANTS])
def test_returns_log_probabilities(name):
    output = build_model(name).eval()(torch.randn(2, 3, 32, 32))
    assert output.shape == (2, 10) and output.dtype == torch.float32
    torch.testing.assert_close(output.exp().sum(1), torch.ones(2))


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters(name):
    assert sum(weights.numel() for weights in build_model(name).parameters()) == PARAMETERS[name]


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_is_trained(name):
    model = build_model(name)
    model(torch.randn(4, 3, 32, 32))[:, 0].sum().backward()
    assert all(
        weights.grad is not None and weights.grad.abs().sum() > 0 for weights in model.parameters()
    )


@pytest.mark.parametrize(
    "name, grouped, count",
    [
        ("assignment6_net1", False, 6),
        ("assignment6_net1_grouped", True, 6),
        ("assignment6_net2", True, 2),
        ("era9", True, 1),
    ],
)
def test_depthwise_convolutions_see_one_channel_each(name, grouped, count):
    layers = [
        layer for layer in build_model(name).modules() if isinstance(layer, DepthwiseSeparableConv)
    ]
    assert len(layers) == count
    for layer in layers:
        image = torch.zeros(1, layer.depthwise.in_channels, 16, 16)
        image[:, 0] = 1  # what is in the first channel must stay there
        channels_reached = (layer.depthwise(image).abs().sum((0, 2, 3)) > 0).sum()
        assert (channels_reached == 1) == grouped


def test_teachers_stand_apart():
    """What is asked of the networks is not asked of those that teach them."""
    assert not set(MODELS) & set(TEACHERS) and set(MODELS) < set(PARAMETERS)
    assert all(PARAMETERS[name] < 200_000 for name in MODELS)


@pytest.mark.parametrize("name, side", [("aster", 8), ("aster output stride 2", 16)])
def test_the_output_stride_is_that_of_the_last_block(name, side):
    network = build_model(name).eval()
    assert network.features(torch.randn(1, 3, 32, 32)).shape[2:] == (side, side)
    dilated = [
        layer.dilation
        for layer in network.features.block2[-1].modules()
        if hasattr(layer, "dilation")
    ]
    assert ((2, 2) in dilated) == (side == 16)


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match="'resnet'.*assignment6_net1, .*era9"):
        build_model("resnet")


@pytest.mark.parametrize(
    "shape, format",
    [((8, 16, 64, 65), torch.channels_last), ((1000, 501), torch.contiguous_format)],
)
@pytest.mark.parametrize("p", [0.05, 0.5])
def test_dropout_drops_a_share_p_and_rescales_the_rest(shape, format, p):
    torch.manual_seed(0)
    x = torch.ones(shape).to(memory_format=format).requires_grad_()
    output = Dropout(p)(x)
    dropped = (output == 0).float()
    spread = (p * (1 - p) / x.numel()) ** 0.5
    assert abs(dropped.mean().item() - p) < 5 * spread
    torch.testing.assert_close(
        output[output != 0], torch.full_like(output[output != 0], 1 / (1 - p))
    )
    output.sum().backward()
    torch.testing.assert_close(x.grad, output.detach())
    for step in (1, 2, 3, 4):  # values that share a draw, or stand at the same place in the next
        mask = dropped.flatten()
        together = (mask[:-step] * mask[step:]).mean().item()
        assert abs(together - p * p) < 5 * p / x.numel() ** 0.5


def test_dropout_depends_on_the_seed_and_rests_in_evaluation():
    layer, x = Dropout(0.3), torch.randn(4, 8, 5, 5)
    outputs = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        outputs.append(layer(x))
    assert torch.equal(outputs[0], outputs[1]) and not torch.equal(outputs[0], outputs[2])
    assert torch.equal(layer.eval()(x), x)
    assert torch.equal(Dropout(0.0)(x), x)
    assert Dropout(1.0)(x).abs().sum() == 0
    strided = torch.randn(8, 8)[:, ::2]
    assert Dropout(0.5)(strided).shape == strided.shape
    assert isinstance(layer, nn.Dropout)


@pytest.mark.parametrize(
    "settings",
    [
        dict(dilation=2),
        dict(dilation=2, padding=2),
        dict(dilation=3, padding="same"),
        dict(dilation=2, stride=2),
        dict(dilation=2, stride=4, padding=1),
        dict(dilation=2, padding=(1, 3)),
        dict(stride=2, padding=1),
        dict(stride=3),
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(13, 13), (16, 11)])
def test_dilated_or_strided_depthwise_convolution_in_training_is_the_plain_one(settings, size):
    torch.manual_seed(0)
    layer = Conv2d(6, 6, 3, groups=6, bias=False, **settings)
    x, gradients = torch.randn(4, 6, *size).requires_grad_(), []
    plain = F.conv2d(x, layer.weight, groups=6, **settings)
    weights = torch.randn_like(plain)
    outputs = plain, layer.train()(x), layer.eval()(x)
    assert [output.grad_fn.name() for output in outputs].count("_RearrangedBackwardBackward") == 1
    for output in outputs:
        torch.testing.assert_close(output, plain)
        gradients.append(
            torch.autograd.grad((output * weights).sum(), (x, layer.weight), retain_graph=True)
        )
    for other in gradients[1:]:
        for mine, expected in zip(other, gradients[0]):
            torch.testing.assert_close(mine, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "settings", [dict(stride=2, padding=1), dict(dilation=2, padding=2)], ids=str
)
def test_it_is_so_in_bf16_too(settings):
    torch.manual_seed(0)
    layer = Conv2d(6, 6, 3, groups=6, bias=False, **settings).train()
    x, gradients = torch.randn(4, 6, 12, 12).requires_grad_(), []
    for enabled in (True, False):
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            output = layer(x)
        assert output.dtype == (torch.bfloat16 if enabled else torch.float32)
        gradients.append(torch.autograd.grad(output.float().square().sum(), (x, layer.weight)))
    for mine, expected in zip(*gradients):
        assert mine.dtype == torch.float32
        assert (mine - expected).norm() < 0.02 * expected.norm()


@pytest.mark.parametrize(
    "settings",
    [
        dict(stride=2, groups=1),
        dict(groups=6),
        dict(dilation=2, padding_mode="reflect"),
        dict(dilation=2, bias=True),
        dict(dilation=2, stride=3),
        dict(dilation=2, groups=3),
        dict(stride=(1, 2)),
    ],
    ids=str,
)
def test_any_other_convolution_is_left_alone(settings):
    layer = Conv2d(6, 6, 3, **({"groups": 6, "bias": False} | settings)).train()
    assert layer(torch.randn(1, 6, 12, 12)).grad_fn.name() == "ConvolutionBackward0"


def test_one_image_and_several_outputs_a_channel_are_left_to_pytorch():
    layer = Conv2d(6, 6, 3, groups=6, bias=False, dilation=2).train()
    x = torch.randn(6, 12, 12)
    torch.testing.assert_close(layer(x), layer.eval()(x))
    layer(x).sum().backward()
    wider = Conv2d(6, 12, 3, groups=6, bias=False, dilation=2).train()
    assert wider(torch.randn(1, 6, 12, 12)).shape == (1, 12, 8, 8)
