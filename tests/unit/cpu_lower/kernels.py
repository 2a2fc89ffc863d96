"""Talks to lz-run-kernel: one request per case, a new process after a crash."""

import os
import pathlib
import re
import struct
import subprocess

import torch

from ops import dtypes

BUILD = pathlib.Path(os.environ.get(
    "LAZULI_BUILD", pathlib.Path(__file__).parents[3] / "build"))
PROGRAM = BUILD / "tests" / "bin" / "lz-run-kernel"


class Failure(Exception):
    """The case did not compile, or its kernel reported an error."""


def _number(value):
    return struct.pack("<q", value)


def _data(data):
    return _number(len(data)) + data


def _bytes(tensor):
    flat = tensor.reshape(-1).clone(memory_format=torch.contiguous_format)
    return bytes(flat.view(torch.uint8).numpy()) if flat.numel() else b""


def _array(tensor):
    dims = b"".join(_number(size) for size in tensor.shape)
    return _number(tensor.dim()) + dims + _data(_bytes(tensor))


class Runner:
    def __init__(self):
        self.process = None

    def _start(self):
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE)

    def _read(self, size):
        data = self.process.stdout.read(size)
        if len(data) < size:
            code = self.process.wait()
            raise Failure(f"lz-run-kernel ended with exit code {code}")
        return data

    def _read_number(self):
        return struct.unpack("<q", self._read(8))[0]

    def _read_array(self, dtype):
        shape = [self._read_number() for _ in range(self._read_number())]
        data = bytearray(self._read(self._read_number()))
        if not data:
            return torch.empty(shape, dtype=dtype.torch)
        return torch.frombuffer(data, dtype=dtype.torch).reshape(shape)

    def _read_run(self, elements):
        """The outputs of one run, or the text of its error."""
        code = self._read_number()
        if code:
            operand, value, bound = (self._read_number() for _ in range(3))
            return f"code {code}: index {value} of operand {operand}, bound {bound}"
        return [self._read_array(dtypes.BY_NAME[elements[i]])
                for i in range(self._read_number())]

    def run(self, text, case):
        """For each of the case's runs a list of outputs or an error's text."""
        self._start()
        request = _data(text.encode()) + _number(len(case.runs))
        for run in case.runs:
            request += _number(len(run.inputs)) + b"".join(map(_array, run.inputs))
        try:
            self.process.stdin.write(request)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        if self._read_number() == 0:
            raise Failure(self._read(self._read_number()).decode().strip())
        elements = [re.search(r"(\w+)>$", type)[1] for type in case.result_types]
        return [self._read_run(elements) for _ in case.runs]
