"""Builds a case in PyTorch and, by nn-build and `lazuli compile`, with the C++ frontend, and runs
both: the same weights, through a weight file, and the same inputs."""

import ctypes
import json
import os
import pathlib
import subprocess
import zlib

import torch
from safetensors.torch import save_file

from ops import artifact

BUILD = pathlib.Path(os.environ.get("LAZULI_BUILD", pathlib.Path(__file__).parents[3] / "build"))
NN_BUILD = os.environ.get("LAZULI_NN_BUILD", str(BUILD / "tests/bin/nn-build"))
LAZULI = pathlib.Path(os.environ.get("LAZULI_BIN", BUILD / "bin")) / "lazuli"
NAMES = {torch.float32: "f32", torch.float64: "f64", torch.int64: "i64", torch.int32: "i32",
         torch.bool: "bool"}
FLOATS = {"f32": torch.float32, "f64": torch.float64}


class Failure(Exception):
    """A command refused; its message."""


def command(*words, text=None):
    done = subprocess.run([str(word) for word in words], input=text, capture_output=True, text=True)
    if done.returncode:
        raise Failure(done.stderr.strip())
    return done.stdout


def build(description):
    """Runs nn-build; raises Failure with what it says."""
    command(NN_BUILD, text=json.dumps(description))


def reference(case, mode, dtype):
    """PyTorch's module with random parameters and statistics."""
    torch.manual_seed(zlib.crc32(case.id().encode()))
    module = getattr(torch.nn, case.cls)(**case.args)
    for name, buffer in module.named_buffers():
        if buffer.is_floating_point():
            buffer.copy_(torch.rand_like(buffer) + 0.5 if "var" in name else
                         torch.randn_like(buffer))
    for parameter in module.parameters():
        parameter.requires_grad_(False).copy_(torch.randn_like(parameter) * 0.5)
    return module.to(FLOATS[dtype]).train(mode == "train")


def inputs_of(case, dtype):
    return [value if isinstance(value, torch.Tensor) and not value.is_floating_point()
            else value.to(FLOATS[dtype]) if isinstance(value, torch.Tensor)
            else torch.randn(value, dtype=FLOATS[dtype]) for value in case.inputs]


def describe(case, inputs, mode, dtype, lazy, ranked):
    """What nn-build is told."""
    args = dict(case.args)
    if lazy:
        for name in case.lazy:
            del args[name]
        args.update(case.lazy_args)
    args.update(case.extra)
    ports = []
    for number, (name, value) in enumerate(zip(case.names, inputs)):
        port = {"name": name, "dtype": NAMES[value.dtype]}
        if ranked or number in case.dims:
            port["dims"] = list(value.shape)
        ports.append(port)
    return {"module": {"class": ("Lazy" if lazy else "") + case.cls, "args": args}, "mode": mode,
            "dtype": dtype, "inputs": ports}


def flatten(result):
    if isinstance(result, torch.Tensor):
        return [result]
    return [tensor for part in result if part is not None for tensor in flatten(part)]


def call(case, module, inputs):
    """PyTorch's outputs, nested ones flattened."""
    if case.cls == "MultiheadAttention":
        extra = dict(case.extra)
        masks = extra.pop("masks", [])
        if extra.pop("self", False):
            inputs = [inputs[0]] * 3
        return flatten(module(*inputs[:3], **dict(zip(masks, inputs[3:])), **extra))
    if case.cls == "LSTM" and len(inputs) > 1:
        return flatten(module(inputs[0], tuple(inputs[1:])))
    return flatten(module(*inputs))


def compile_case(folder, description, inputs, state):
    """A running program of the described module with the weights in `state`."""
    weights = folder / "weights.safetensors"
    save_file({key: value.contiguous() for key, value in state.items()}, weights)
    build({**description, "output": str(folder / "net.lzm")})
    words = [LAZULI, "compile", folder / "net.lzm", "-o", folder / "compiled.lzm", "-j", 1]
    for port, value in zip(description["inputs"], inputs):
        shape = ",".join(str(size) for size in value.shape)
        words += ["--example", f"{port['name']}={port['dtype']}[{shape}]"]
    command(*words, "--weights", weights)
    return artifact.Program(folder / "compiled.lzm", threads=1)


def read_state(program, name, like):
    """The value of a state, whose type and shape are those of `like`."""
    number, value = ctypes.c_size_t(), torch.empty_like(like)
    library = artifact.library()
    artifact.check(library.lz_model_find_state(program.model, name.encode(), ctypes.byref(number)))
    described = artifact.describe(value)
    artifact.check(library.lz_session_read_state(program.session, number, ctypes.byref(described)))
    return value
