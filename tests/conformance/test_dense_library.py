"""Dense layers large enough for oneDNN, alone and with what it takes as post-operations, against
PyTorch; each also says that it did become a primitive, with packed weights where there is a table.
And those whose generated kernels are as fast where vectors are wide: they say so."""

import json
import os
import pathlib
import subprocess

import pytest
import torch

from nn import harness
from nn.cases import Case
from ops import compare

CASES = [
    (Case("Linear", dict(in_features=1024, out_features=4), [(600, 1024)]), "MatMul"),
    (Case("Linear", dict(in_features=1024, out_features=3, bias=False), [(20, 50, 1024)]), "MatMul"),
    (Case("Linear", dict(in_features=8192, out_features=40), [(8192,)]), "MatMul"),
    (Case("Conv1d", dict(in_channels=64, out_channels=100, kernel_size=5, padding=2), [(2, 64, 100)]),
     "Convolution"),
    (Case("Conv2d", dict(in_channels=3, out_channels=72, kernel_size=7, stride=2, padding=3),
          [(1, 3, 64, 64)]), "Convolution"),
    (Case("Conv2d", dict(in_channels=32, out_channels=40, kernel_size=3, stride=2, padding=1),
          [(3, 32, 40, 40)]), "Convolution"),
    (Case("Conv2d", dict(in_channels=32, out_channels=64, kernel_size=3, padding=2, dilation=2),
          [(32, 20, 20)]), "Convolution"),
    (Case("Conv2d", dict(in_channels=64, out_channels=64, kernel_size=3, groups=4), [(2, 64, 20, 20)]),
     "Convolution"),
    (Case("Conv2d", dict(in_channels=256, out_channels=520, kernel_size=1), [(2, 256, 14, 14)]),
     "Convolution"),
    (Case("Conv3d", dict(in_channels=16, out_channels=32, kernel_size=3), [(1, 16, 8, 10, 12)]),
     "Convolution"),
    (Case("ConvTranspose1d", dict(in_channels=64, out_channels=32, kernel_size=4, stride=2),
          [(2, 64, 60)]), "Deconvolution"),
    (Case("ConvTranspose2d", dict(in_channels=32, out_channels=24, kernel_size=3, stride=2, padding=1,
                                  output_padding=1), [(2, 32, 14, 14)]), "Deconvolution"),
    (Case("ConvTranspose2d", dict(in_channels=32, out_channels=32, kernel_size=3, groups=2),
          [(2, 32, 20, 20)]), "Deconvolution"),
    (Case("LSTM", dict(input_size=96, hidden_size=72, num_layers=2, bidirectional=True),
          [(20, 3, 96)]), "Lstm"),
    (Case("LSTM", dict(input_size=80, hidden_size=160, batch_first=True, bias=False), [(3, 9, 80)]),
     "Lstm"),
    (Case("LSTM", dict(input_size=64, hidden_size=96), [(30, 64)]), "Lstm"),
]

PANELS, WINDOWS, FEW = "weights in panels of ", "windows lie side by side", "few outputs"
GENERATED = [
    (Case("Linear", dict(in_features=1024, out_features=300), [(600, 1024)]), PANELS),
    (Case("Linear", dict(in_features=1024, out_features=300, bias=False), [(2, 5, 1024)]), PANELS),
    (Case("Linear", dict(in_features=4096, out_features=10), [(600, 4096)]), PANELS),
    (Case("Linear", dict(in_features=96, out_features=384), [(2, 40, 41, 96)]), PANELS),
    (Case("Conv1d", dict(in_channels=64, out_channels=96, kernel_size=5, padding=2), [(2, 64, 100)]),
     PANELS),
    (Case("Conv2d", dict(in_channels=3, out_channels=64, kernel_size=7, stride=2, padding=3),
          [(1, 3, 64, 64)]), PANELS),
    (Case("Conv2d", dict(in_channels=256, out_channels=512, kernel_size=1), [(2, 256, 14, 14)]),
     PANELS),
    (Case("Conv2d", dict(in_channels=64, out_channels=2, kernel_size=1), [(1, 64, 100, 100)]), FEW),
    (Case("ConvTranspose1d", dict(in_channels=64, out_channels=32, kernel_size=3, stride=3),
          [(2, 64, 60)]), WINDOWS),
    (Case("ConvTranspose2d", dict(in_channels=64, out_channels=24, kernel_size=(2, 3), stride=(2, 3)),
          [(2, 64, 14, 15)]), WINDOWS),
    (Case("ConvTranspose2d", dict(in_channels=64, out_channels=32, kernel_size=2, stride=2, bias=False),
          [(1, 64, 14, 15)]), WINDOWS),
    (Case("ConvTranspose3d", dict(in_channels=32, out_channels=16, kernel_size=2, stride=2),
          [(1, 32, 5, 6, 7)]), WINDOWS),
]

ACTIVATIONS = ["ReLU", "GELU", "SiLU", "Tanh", "Sigmoid", "Hardswish", "Hardsigmoid", "Mish", "ELU"]


def has_wide_vectors():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        return "avx512vl" in info.read()


def instructions(path):
    done = subprocess.run([harness.LAZULI, "inspect", path, "--json"], capture_output=True, text=True,
                          check=True)
    return done.stdout


@pytest.mark.parametrize("case, primitive", [pytest.param(c, p, id=c.id()) for c, p in CASES])
def test_layer(case, primitive, tmp_path):
    check_layer(case, primitive, tmp_path)


@pytest.mark.skipif(not has_wide_vectors(), reason="the choice is of vectors of 64 bytes")
@pytest.mark.parametrize("case, why", [pytest.param(c, w, id=c.id()) for c, w in GENERATED])
def test_generated(case, why, tmp_path):
    check_layer(case, why, tmp_path)
    assert "onednn" not in instructions(tmp_path / "compiled.lzm")


def check_layer(case, expected, tmp_path):
    module = harness.reference(case, "eval", "f32")
    inputs = harness.inputs_of(case, "f32")
    description = harness.describe(case, inputs, "eval", "f32", lazy=False, ranked=True)
    program = harness.compile_case(tmp_path, description, inputs, module.state_dict())
    assert expected in instructions(tmp_path / "compiled.lzm")
    for ours, theirs in zip(program.run("forward", inputs), harness.call(case, module, inputs)):
        problem = compare.differs(ours, theirs, 1e-4, 1e-4)
        assert problem is None, problem


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_post_operation(activation, tmp_path):
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(700, 600), getattr(torch.nn, activation)()).eval()
    x = torch.randn(4, 700)
    description = {"module": {"class": "Sequential", "children": [
        {"class": "Linear", "args": {"in_features": 700, "out_features": 600}},
        {"class": activation, "args": {}}]}, "mode": "eval", "dtype": "f32",
        "inputs": [{"name": "x", "dtype": "f32", "dims": [4, 700]}]}
    program = harness.compile_case(tmp_path, description, [x], module.state_dict())
    shown = json.loads(instructions(tmp_path / "compiled.lzm"))
    calls = shown["entries"][0]["instructions"]
    assert len(calls) == 1, "the activation is part of the primitive"
    with torch.no_grad():
        problem = compare.differs(program.run("forward", [x])[0], module(x), 1e-4, 1e-5)
    assert problem is None, problem
