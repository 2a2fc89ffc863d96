"""Python's values and the runtime's: arrays, strings, lists, None."""

import functools

import numpy as np

from . import _dtypes

#: Integers of fewer bits than a byte: one element to a byte, as its value.
_SMALL_INTEGERS = {"int4": np.int8, "int2": np.int8, "uint4": np.uint8, "uint2": np.uint8}


@functools.lru_cache(maxsize=None)
def _widened(dtype):
    """What holds an integer of fewer bits than a byte, None for any other dtype."""
    return _SMALL_INTEGERS.get(dtype.name)


def as_array(value):
    """A dense array of a dtype that a model takes, in the machine's byte order; no copy
    where it is one."""
    array = np.asarray(value)
    wide = _widened(array.dtype)
    if wide is not None:
        array = array.astype(wide)
    if array.flags.c_contiguous and array.dtype.isnative:
        return array
    # A dtype's name, which is all that a model is told, is the same in either byte order.
    return np.asarray(array, array.dtype.newbyteorder("="), order="C")


def is_tensor(value):
    """Whether `value` is numbers, not strings, a list of arrays, or nothing."""
    return (isinstance(value, (int, float, bool)) or hasattr(value, "__array__")) \
        and np.asarray(value).dtype.kind not in "OUS"


def view(array):
    """What the compiled part takes for an array; `array` must outlive its use."""
    address, _ = array.__array_interface__["data"]
    return (_dtypes.name_of(array.dtype), array.shape, address)


def to_bytes(text):
    return text if isinstance(text, bytes) else str(text).encode()


def describe(value, port, alive):
    """`value` as nested tuples (see src/Module.cpp); arrays are added to `alive`."""
    if port["kind"] == "optional":
        held = None
        if value is not None:
            held = describe(value, dict(port, kind=port["element_kind"], element_kind="tensor"),
                            alive)
        return ("optional", port["dtype"], held)
    if port["kind"] == "sequence":
        kind = "strings" if port["dtype"] == "string" else "tensor"
        return ("sequence", port["dtype"],
                [describe(item, dict(port, kind=kind), alive) for item in value])
    if port["kind"] == "strings":
        array = np.asarray(value)
        return ("strings", list(array.shape), [to_bytes(text) for text in array.ravel().tolist()])
    array = as_array(value)
    alive.append(array)
    return ("tensor", *view(array))


def from_bytes(name, dims, data, logical):
    """The array of `data` (bytes or an array of them) in NumPy's type."""
    dtype = _dtypes.dtype_of(name, logical)
    if logical in _SMALL_INTEGERS:
        stored = np.frombuffer(data, _SMALL_INTEGERS[logical])
        return stored.reshape(dims).astype(dtype)
    if isinstance(data, bytes):
        return np.frombuffer(bytearray(data), dtype).reshape(dims)
    return data.view(dtype).reshape(dims)


def undescribe(value, logical):
    """The inverse of `describe`: arrays, arrays of str, lists, None."""
    kind = value[0]
    if kind == "tensor":
        return from_bytes(value[1], value[2], value[3], logical)
    if kind == "strings":
        texts = np.empty(len(value[2]), object)
        texts[:] = [text.decode(errors="surrogateescape") for text in value[2]]
        return texts.reshape(value[1])
    items = [undescribe(item, logical) for item in value[2]]
    if kind == "sequence":
        return items
    return items[0] if items else None
