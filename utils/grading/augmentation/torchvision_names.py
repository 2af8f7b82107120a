"""The names of the arguments that torchvision's transforms are given by position."""

import inspect

from utils.grading.code_reader.values import Made


def by_position(transform: Made) -> dict:
    """The arguments that are given by position, by the installed torchvision's names; empty for other libraries."""
    if not transform.name.startswith("torchvision.transforms.") or not transform.args:
        return {}
    from torchvision import transforms  # takes a second, which few submissions need
    from torchvision.transforms import v2

    kind = getattr(v2 if ".v2." in transform.name else transforms, transform.last, None)
    names = list(inspect.signature(kind.__init__).parameters)[1:] if isinstance(kind, type) else []
    return dict(zip(names, transform.args))
