"""What a network looks at, against the closed form that a pooled linear classifier has."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models import build_model
from utils.analysis.interpretability import feature_maps, filters, first_convolution, grad_cam


@pytest.mark.parametrize("name", ["era9", "assignment6_net2", "aster"])
def test_grad_cam_is_the_class_activation_map_in_closed_form(name):
    """Behind the pool there is one linear layer W: the gradient of log p_c by a feature is W_c - Σ p_k W_k."""
    torch.manual_seed(0)
    model = build_model(name).eval()
    images, classes = torch.randn(3, 3, 32, 32), torch.tensor([2, 5, 5])
    with torch.no_grad():
        maps, probabilities = model.features(images), model(images).exp()
        weights = model.classifier.weight.flatten(1)
        contrast = weights[classes] - probabilities @ weights
        small = torch.einsum("nchw,nc->nhw", maps, contrast).relu()
        expected = F.interpolate(small[:, None], (32, 32), mode="bilinear")[:, 0]
        expected /= expected.amax((1, 2), keepdim=True).clamp(
            min=1e-12
        )  # a map may be dark all over
    np.testing.assert_allclose(grad_cam(model, images, classes), expected, atol=1e-4)


def test_filters_are_pictures_of_the_first_weights():
    model = build_model("era9")
    with torch.no_grad():
        first_convolution(model).weight[0] = 0
        first_convolution(model).weight[
            0, 2, 1, 1
        ] = -0.3  # blue, in the middle, as far from 0 as any
    picture = filters(model)[0]
    assert picture.shape == (3, 3, 3) and picture[1, 1].tolist() == [128, 128, 0]
    assert (np.delete(picture.reshape(9, 3), 4, axis=0) == 128).all()


def test_feature_maps_are_the_output_of_the_layer():
    layer = nn.Conv2d(3, 5, 3)
    model, image = nn.Sequential(nn.Identity(), layer, nn.ReLU()), torch.randn(3, 8, 8)
    maps = feature_maps(model, image, layer, count=4)
    np.testing.assert_allclose(maps, layer(image[None])[0, :4].detach(), atol=1e-6)
    assert not layer._forward_hooks
