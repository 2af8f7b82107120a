"""What is decided on machines that are not here: the decisions are tested, the speed on CUDA is not."""

import pytest
import torch

from utils import runtime
from utils.errors import UserError
from utils.runtime import choose_device, choose_precision, cpu_flags, default_workers, seed_torch

CUDA, MPS, CPU = torch.device("cuda"), torch.device("mps"), torch.device("cpu")


@pytest.fixture
def found(monkeypatch):
    """Says which GPUs are found."""

    def say(cuda: bool, mps: bool) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: int(cuda))
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return say


@pytest.mark.parametrize(
    "cuda, mps, expected",
    [
        (True, False, "cuda"),
        (True, True, "cuda"),
        (False, True, "mps"),
        (False, False, "cpu"),
    ],
)
def test_auto_takes_cuda_else_mps_else_the_cpu(found, cuda, mps, expected):
    found(cuda, mps)
    assert choose_device("auto").type == expected
    assert choose_device(expected).type == expected


def test_what_is_decided_for_mps(monkeypatch):
    """float32, its own layout and copies that wait: each of these has a fault of PyTorch on MPS behind it."""
    asked = []
    monkeypatch.setattr(torch, "autocast", lambda *given, **_: asked.append(given))
    precision = choose_precision(MPS)
    with precision.autocast():
        assert precision.name == choose_precision(MPS, "fp32").name == "fp32" and not asked
    assert not precision.scaler().is_enabled()
    assert [runtime.memory_format(device) for device in (MPS, CPU, CUDA)] == [
        torch.contiguous_format,
        torch.channels_last,
        torch.channels_last,
    ]
    assert [runtime.copies_ahead(device) for device in (MPS, CPU, CUDA)] == [False, False, True]
    assert str(precision).startswith("MPS (") and "contiguous, float32 through" in str(precision)


@pytest.mark.parametrize(
    "capability, expected", [((7, 5), "fp16"), ((8, 0), "bf16"), ((9, 0), "bf16")]
)
def test_precision_on_cuda(monkeypatch, capability, expected):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    precision = choose_precision(CUDA)
    assert precision.name == expected


@pytest.mark.parametrize(
    "flags, expected",
    [
        ({"avx512_bf16", "avx2"}, "bf16"),
        ({"amx_bf16"}, "bf16"),
        ({"avx2"}, "fp32"),
        (set(), "fp32"),
    ],
)
def test_precision_on_a_cpu(monkeypatch, flags, expected):
    monkeypatch.setattr(runtime, "cpu_flags", lambda: flags)
    assert choose_precision(CPU).name == expected
    assert choose_precision(CPU, "fp32").name == "fp32"


@pytest.mark.parametrize(
    "text, expected",
    [
        ("processor : 0\nflags\t\t: fpu avx2 avx512_bf16\n", {"fpu", "avx2", "avx512_bf16"}),
        ("Features\t: fp asimd bf16\n", {"fp", "asimd", "bf16"}),
        ("", set()),
    ],
)
def test_flags_are_read_on_intel_amd_and_arm(tmp_path, text, expected):
    (tmp_path / "cpuinfo").write_text(text)
    assert cpu_flags(tmp_path / "cpuinfo") == expected
    assert cpu_flags(tmp_path / "none") == set()


def test_autocast_computes_in_what_was_chosen():
    x = torch.randn(4, 4)
    for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        with choose_precision(CPU, name).autocast():
            assert (x @ x).dtype == dtype


def test_fp16_scales_the_loss(monkeypatch):
    asked = []
    monkeypatch.setattr(
        torch.amp, "GradScaler", lambda device, enabled: asked.append((device, enabled))
    )
    for name in ("fp16", "bf16", "fp32"):
        choose_precision(CUDA, name).scaler()
    assert asked == [("cuda", True), ("cuda", False), ("cuda", False)]


def test_only_fp16_scales_the_loss():
    assert not choose_precision(CPU, "bf16").scaler().is_enabled()
    assert not choose_precision(CPU, "fp32").scaler().is_enabled()


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: choose_device("cuda"), "no device 'cuda' here"),
        (lambda: choose_device("gpu"), "no device 'gpu'"),
        (lambda: choose_device("cuda:9"), "no device 'cuda:9' here"),
        (lambda: choose_device("meta"), "no device 'meta'"),
        (lambda: choose_device("mps"), "no device 'mps' here"),
        (lambda: choose_device("cuda:99999999999999999999"), "no device 'cuda:9999"),
        (lambda: choose_precision(CPU, "fp16"), "no fp16 on cpu"),
        (lambda: choose_precision(MPS, "fp16"), "no fp16 on mps"),
        (lambda: choose_precision(MPS, "bf16"), "no bf16 on mps"),
        (lambda: choose_precision(CPU, "fp8"), "no precision 'fp8'"),
    ],
)
def test_what_is_not_there_is_said(monkeypatch, call, words):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(UserError, match=words):
        call()


def test_seeds_of_neighbouring_epochs_differ():
    drawn = []
    for key in ((1, 0), (1, 1), (2, 0), (1, 0)):
        seed_torch(*key)
        drawn.append(torch.rand(3).tolist())
    assert drawn[0] == drawn[3] and drawn[0] != drawn[1] != drawn[2] != drawn[0]


def test_workers_by_device():
    assert default_workers(CPU) == 1 and 1 <= default_workers(CUDA) <= 2
    assert 1 <= default_workers(MPS) <= 2


def test_the_record_names_commit_and_versions():
    assert set(runtime.versions()) == {"python", "torch", "torchvision", "albumentations", "numpy"}
    assert set(runtime.code_version()) == {"commit", "changed"}
