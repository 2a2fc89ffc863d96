"""The element types of the lz dialect, as MLIR, PyTorch, NumPy and the C API name them.

All arrays of the suite are torch tensors, because NumPy has no bfloat16.
"""

import dataclasses

import numpy as np
import torch


@dataclasses.dataclass(frozen=True)
class DType:
    name: str  # in MLIR text
    torch: torch.dtype
    code: int  # lz_dtype
    rtol: float = 0.0
    atol: float = 0.0

    @property
    def is_float(self):
        return self.torch.is_floating_point

    @property
    def is_bool(self):
        return self.torch == torch.bool

    @property
    def numpy(self):
        """The NumPy type, for integers and booleans."""
        return np.dtype(str(self.torch).removeprefix("torch."))

    @property
    def bits(self):
        return self.torch.itemsize * 8

    def __str__(self):
        return self.name


_TABLE = [
    # 16-bit floats are computed in f32 and rounded once: within half a unit in the
    # last place and a little.
    DType("f64", torch.float64, 1, 1e-12, 1e-14),
    DType("f32", torch.float32, 0, 1e-5, 1e-7),
    DType("f16", torch.float16, 2, 2.0**-10, 2.0**-24),
    DType("bf16", torch.bfloat16, 3, 2.0**-7, 1e-38),
    DType("i64", torch.int64, 7),
    DType("i32", torch.int32, 6),
    DType("i16", torch.int16, 5),
    DType("i8", torch.int8, 4),
    DType("ui64", torch.uint64, 11),
    DType("ui32", torch.uint32, 10),
    DType("ui16", torch.uint16, 9),
    DType("ui8", torch.uint8, 8),
    DType("i1", torch.bool, 12),
]

BY_NAME = {dtype.name: dtype for dtype in _TABLE}
BY_TORCH = {dtype.torch: dtype for dtype in _TABLE}
BY_CODE = {dtype.code: dtype for dtype in _TABLE}

F64, F32, F16, BF16 = _TABLE[:4]
I64, I32, I16, I8 = _TABLE[4:8]
BOOL = BY_NAME["i1"]

# The classes of ir/ElementwiseBase.td.
FLOAT = _TABLE[:4]
SIGNED = _TABLE[4:8]
UNSIGNED = _TABLE[8:12]
INTEGER = _TABLE[4:12]
NUMBER = _TABLE[:12]
BITS = _TABLE[4:]
ANY = list(_TABLE)


def of(tensor):
    return BY_TORCH[tensor.dtype]


def tensor(values, dtype):
    """A tensor of `dtype` with the values given; integers wrap around."""
    if isinstance(values, torch.Tensor):
        values = values.to(torch.float64) if values.dtype == torch.bfloat16 else values.numpy()
    if dtype.is_float:
        return torch.as_tensor(np.asarray(values, dtype=np.float64)).to(dtype.torch)
    array = np.asarray(values)
    if array.dtype == object:  # Python integers beyond 64 bits
        array = np.vectorize(lambda v: int(v) & (2**64 - 1), otypes=[np.uint64])(array)
    return torch.from_numpy(np.ascontiguousarray(array).astype(dtype.numpy).copy())


def exact(values):
    """Floats in f64, everything else as it is: what references compute on."""
    return values.double() if values.dtype.is_floating_point else values
