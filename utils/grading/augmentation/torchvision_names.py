"""The names of the arguments that torchvision's transforms are given by position."""

import inspect

from torchvision import transforms
from torchvision.transforms import v2

from utils.grading.code_reader.values import Made


def by_position(transform: Made) -> dict:
    """The arguments that are given by position, by the installed torchvision's names; empty for other libraries."""
    if not transform.name.startswith("torchvision.transforms.") or not transform.args:
        return {}
    kind = getattr(v2 if ".v2." in transform.name else transforms, transform.last, None)
    names = list(inspect.signature(kind.__init__).parameters)[1:] if isinstance(kind, type) else []
    return dict(zip(names, transform.args))
