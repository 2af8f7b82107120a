"""What a network looks at: Grad-CAM, first-layer filters, feature maps."""

import numpy as np
import torch
from captum.attr import LayerAttribution, LayerGradCam
from torch import Tensor, nn


def first_convolution(model: nn.Module) -> nn.Conv2d:
    """The first convolution in the order of definition; StopIteration where there is none."""
    return next(layer for layer in model.modules() if isinstance(layer, nn.Conv2d))


def before_global_pool(model: nn.Module) -> nn.Module:
    """The last layer whose output still has positions; ValueError where the model has no `features`."""
    if not hasattr(model, "features"):
        raise ValueError("the model has no `features` whose maps could be looked at")
    return model.features


def grad_cam(model: nn.Module, images: Tensor, classes: Tensor) -> np.ndarray:
    """`(N, H, W)` from 0 to 1: which parts of each of `images` `(N, 3, H, W)` are evidence for its class of `classes`
    `(N,)`.

    The networks give log-probabilities, so what is evidence for all classes alike does not count. Selvaraju et al. 2017,
    Grad-CAM, arXiv:1610.02391, taken at the input of the global pool, by captum.
    """
    maps = LayerGradCam(model.eval(), before_global_pool(model)).attribute(
        images, classes, relu_attributions=True
    )
    maps = LayerAttribution.interpolate(maps, images.shape[2:], "bilinear")[:, 0].detach()
    return (maps / maps.amax((1, 2), keepdim=True).clamp(min=1e-12)).numpy()


def filters(model: nn.Module) -> np.ndarray:
    """The first convolution's filters as uint8 `(N, k, k, 3)` pictures, grey where a weight is 0."""
    weights = first_convolution(model).weight.detach().permute(0, 2, 3, 1)
    largest = weights.abs().amax((1, 2, 3), keepdim=True)
    return (127.5 * (1 + weights / largest)).round().byte().numpy()


@torch.inference_mode()
def feature_maps(model: nn.Module, image: Tensor, layer: nn.Module, count: int = 16) -> np.ndarray:
    """The first `count` maps that `layer` outputs for one `image` `(3, H, W)`: `(count, h, w)`."""
    kept = []
    hook = layer.register_forward_hook(lambda module, inputs, output: kept.append(output))
    try:
        model.eval()(image[None])
    finally:
        hook.remove()
    return kept[0][0, :count].float().numpy()
