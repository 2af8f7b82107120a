"""In the child: whether the network is the same one however it is used, or was only so when it was recorded.

Once it was recorded and tried in training mode, it is called as a program would: after a step of training, with many images
at once, with gradients, under autocast, with images of 16 bits; and more often, where a call changes what its code keeps.
"""

import ast
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from utils.data.data_sets import CIFAR10
from utils.grading.sandbox.definitions import DefinedModule
from utils.grading.sandbox.layers_used import UNHELD, Call, Shapes, shapes_for, zeros
from utils.grading.sandbox.plain_state import count_on, plain_state

_BATCHES = (1024, 128)
_SMALLEST, _LARGEST = 13, 4096  # images at once, that are tried where the number stands in the code
_COMPUTED = (64, 128)  # images at once, where it must really compute
_CALLS = 400
_FURTHER = (10_000, 10**7)
# Of processor time, so far off that a busy machine finds what an idle one finds: most networks need a hundredth of it.
_SECONDS = 10.0  # for all sizes of batches
_PATIENT = 20.0  # where something is suspicious
_AGAIN = 8
Around = Callable[[], contextlib.AbstractContextManager]
_as_it_is = contextlib.nullcontext


class Uses:
    """The network before it was used; `recording` and `trying` watch the calls that the others are compared with."""

    def __init__(self, model: nn.Module, image: tuple[int, ...]):
        self.model, self.image = model, image
        self.parameters = _shapes(model)
        self.names = {id(tensor): name for name, tensor in model.named_parameters()}
        self.few = _normalised(torch.randint(0, 256, (8, *image)) / 255)
        self.recorded: list[tuple[int, Call]] = []
        self.tried: Counter = Counter()
        self.known: dict[int, Shapes] = {}  # for one size of a batch

    @contextlib.contextmanager
    def recording(self, batch: int) -> Iterator[None]:
        """Watches a call in evaluation mode with `batch` images; there are two."""
        with Call(self.names) as call:
            yield
        self.recorded.append((batch, call))

    @contextlib.contextmanager
    def trying(self) -> Iterator[None]:
        """Watches a call in training mode."""
        with Call(self.names) as call:
            yield
        self.tried |= call.items

    def unlike(self) -> list | None:
        """In which use it is another one, by a name and the numbers that belong to it; None where none was found."""
        found = self._grown() or self._unheld()
        with contextlib.suppress(Exception), torch.no_grad():
            found = found or self._in_any_use()
        return found or self._grown()

    def _in_any_use(self) -> list | None:
        self.model.eval()
        return (
            self._in_evaluation()
            or self._in_training()
            or self._with_many()
            or self._with_real_images()
            or self._often()
            or self._with_half()
        )

    def _grown(self) -> list | None:
        now = _shapes(self.model)
        if now == self.parameters:
            return None
        return ["parameters", *(_total(one) for one in (self.parameters, now))]

    def _unheld(self) -> list | None:
        """Weights that no module holds, in training mode alone."""
        return ["unheld"] if UNHELD in self.tried and UNHELD not in self.items else None

    @property
    def items(self) -> Counter:
        """What a call in evaluation mode used when the network was recorded."""
        return self.recorded[0][1].items

    @property
    def reads(self) -> bool:
        """Whether that call took numbers out of tensors."""
        return self.recorded[0][1].reads

    def _in_evaluation(self) -> list | None:
        for name, around in {
            "step": _as_it_is,
            "gradients": torch.enable_grad,
            "autocast": autocast,
        }.items():
            if self._is_another(self._noise(), around):
                return [name]
        return None

    def _in_training(self) -> list | None:
        if self.reads:
            return None
        for name, around in {
            "gradients": torch.enable_grad,
            "autocast": _training_by_autocast,
        }.items():
            if self._is_another_in_training(self._noise(), around):
                return [name]
        return None

    def _with_many(self) -> list | None:
        """With many images at once, where no call needs to be computed."""
        began = time.process_time()
        for batch in () if self.reads else dict.fromkeys((*_BATCHES, *_literals())):
            if time.process_time() - began > _SECONDS:
                break
            images = self._images(batch)
            if self._is_another(images) or self._is_another_in_training(images):
                return ["batch", batch]
        return None

    def _is_another(self, images: Tensor, around: Around = _as_it_is) -> bool:
        """In evaluation mode, twice in a row."""
        return self._differs(images, around) and self._differs(images, around)

    def _differs(self, images: Tensor, around: Around = _as_it_is) -> bool:
        call = self._call(images, self.items, around)
        if call is None or call.another:
            return call is not None
        # as often, or more: many images may be taken in parts
        return set(call.items) != set(self.items) or bool(self.items - call.items)

    def _is_another_in_training(self, images: Tensor, around: Around = torch.enable_grad) -> bool:
        """Whether it uses what it uses in no other call, whatever it draws by chance."""
        if not self.tried:
            return False
        self.model.train()
        try:
            if not self._uses_more(images, around):
                return False
            for _ in range(_AGAIN):
                usual = self._call(self._noise(), None)
                self.tried |= usual.items if usual else Counter()
            return all(self._uses_more(images, around) for _ in range(_AGAIN))
        finally:
            self.model.eval()

    def _uses_more(self, images: Tensor, around: Around = torch.enable_grad) -> bool:
        call = self._call(images, self.items | self.tried, around)
        return call is not None and call.another

    def _call(
        self, images: Tensor, expected: Counter | None, around: Around = _as_it_is
    ) -> Call | None:
        """One call, without computing it where its code takes no numbers out of tensors; None where it fails."""
        call = None if self.reads else self._run(images, expected, around, False)
        if self.reads or call is not None and call.reads:
            return (
                self._run(images, expected, around, True) if len(images) <= _COMPUTED[-1] else None
            )
        return call

    def _run(
        self, images: Tensor, expected: Counter | None, around: Around, computes: bool
    ) -> Call | None:
        shapes = None if computes else self._shapes(len(images))
        call = Call(self.names, shapes, expected)
        try:
            with around(), call:
                self.model(images)
        except Exception:  # a stranger's code raises whatever it likes
            return call if call.another or call.reads and not computes else None
        return call

    def _shapes(self, batch: int) -> Shapes:
        if batch not in self.known:
            (first, one), (second, other) = self.recorded
            self.known = {batch: shapes_for([one.log, other.log], (first, second), batch)}
        return self.known[batch]

    def _with_real_images(self) -> list | None:
        """Where its code takes numbers out of tensors: with images as they are, and with many, computed."""
        began = time.process_time()
        batches = map(self._images, _COMPUTED)
        for images in (*_like_real(self._images(8)), *batches) if self.reads else ():
            if time.process_time() - began > _PATIENT:
                break
            if self._is_another(images) and not self._differs(self._noise()):
                return ["batch", len(images)] if len(images) > 8 else ["images"]
        return None

    def _often(self) -> list | None:
        """After many calls, where a call changes what its code keeps."""
        small = self._noise()
        for training in (False, True) if self.tried else (False,):
            self.model.train(training)
            is_another = self._uses_more if training else self._differs
            before = plain_state(self.model)
            is_another(small)
            if plain_state(self.model) != before and self._after_many(small, is_another, before):
                return ["calls"]
        self.model.eval()
        return None

    def _after_many(self, small: Tensor, is_another: Callable, before: dict) -> bool:
        """Whether it becomes another one after some hundred calls, or after millions: what is counted is set on."""
        began = time.process_time()
        for further in (*[0] * _CALLS, *_FURTHER):
            if not further and time.process_time() - began > _PATIENT:
                continue
            if further:
                count_on(self.model, before, further)
            if is_another(small) and all(is_another(small) for _ in range(_AGAIN)):
                return True
        return False

    def _with_half(self) -> list | None:
        """With 16 bits for weights and images: the last, for its weights are lost by it."""
        self.model.to(torch.float16)
        return ["half"] if self._is_another(self._noise().to(torch.float16)) else None

    def _noise(self) -> Tensor:
        """Images as the network was recorded with."""
        return torch.rand(self.recorded[0][0], *self.image)

    def _images(self, batch: int) -> Tensor:
        """A few different ones, as often as needed, like CIFAR-10's: of whole numbers to 255, normalised."""
        if batch > _COMPUTED[-1]:
            return zeros((batch, *self.image), torch.float32)  # nothing will be computed of it
        return self.few.repeat(-(-batch // len(self.few)), 1, 1, 1)[:batch]


@contextlib.contextmanager
def autocast() -> Iterator[None]:
    """Autocast on the processor; to their code it is also that of a GPU."""
    before = torch.is_autocast_enabled("cuda")
    torch.set_autocast_enabled("cuda", True)
    try:
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            yield
    finally:
        torch.set_autocast_enabled("cuda", before)


@contextlib.contextmanager
def _training_by_autocast() -> Iterator[None]:
    with torch.enable_grad(), autocast():
        yield


def _like_real(images: Tensor) -> Iterator[Tensor]:
    """Images of whole numbers, smooth and not, in the three scales that programs use; of one image alone; of nothing."""
    yield images
    coarse = torch.rand(len(images), images.shape[1], 4, 4)
    smooth = nn.functional.interpolate(coarse, size=images.shape[2:], mode="bilinear").mul(255)
    smooth = smooth.round()
    yield _normalised(smooth / 255)
    yield smooth / 255
    yield smooth
    yield _normalised(smooth[:1].expand(smooth.shape).contiguous() / 255)
    yield torch.zeros_like(images)


def _normalised(images: Tensor) -> Tensor:
    """As programs normalise the images of CIFAR-10."""
    mean, deviation = (torch.tensor(one)[:, None, None] for one in (CIFAR10.mean, CIFAR10.std))
    return (images - mean) / deviation


def _literals() -> list[int]:
    """The whole numbers in the statements that the network is made of, as far as they may be sizes of batches."""
    found = {}
    for module in DefinedModule.defined:
        definitions = vars(module)["__definitions__"]
        statements = chain.from_iterable(definitions.binding.values())
        for node in chain.from_iterable(
            ast.walk(one) for one in statements if id(one) in definitions.executed
        ):
            number = getattr(node, "value", None)
            if type(number) is int and _SMALLEST <= number <= _LARGEST:
                found[number] = True
    return list(found)


def _shapes(model: nn.Module) -> dict[str, tuple[int, ...]]:
    """Of the parameters, by their names; () for those that have none before the first image."""
    return {
        name: () if is_lazy(tensor) else tuple(tensor.shape)
        for name, tensor in model.named_parameters()
    }


def _total(shapes: dict[str, tuple[int, ...]]) -> int:
    return sum(torch.Size(shape).numel() for shape in shapes.values())
