"""NumPy's dtypes and Lazuli's."""

import functools

import numpy as np

_NAMES = {
    "float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16",
    "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64",
    "uint8": "u8", "uint16": "u16", "uint32": "u32", "uint64": "u64",
    "bool": "bool",
    # Stored one element to a byte, see the frontend's README.
    "float8_e4m3fn": "u8", "float8_e4m3fnuz": "u8", "float8_e5m2": "u8",
    "float8_e5m2fnuz": "u8", "float8_e8m0fnu": "u8", "float4_e2m1fn": "u8",
    "uint4": "u8", "uint2": "u8", "int4": "i8", "int2": "i8",
}

#: Types of ONNX that an artifact only stores, by their name there.
_LOGICAL = {
    "float8e4m3fn": "float8_e4m3fn", "float8e4m3fnuz": "float8_e4m3fnuz",
    "float8e5m2": "float8_e5m2", "float8e5m2fnuz": "float8_e5m2fnuz",
    "float8e8m0": "float8_e8m0fnu", "float4e2m1": "float4_e2m1fn",
    "uint4": "uint4", "int4": "int4", "uint2": "uint2", "int2": "int2",
}

_FROM = {"f32": "float32", "f64": "float64", "f16": "float16", "bool": "bool"}


@functools.lru_cache(maxsize=None)  # NumPy computes a dtype's name at each use
def name_of(dtype):
    """Lazuli's name of a NumPy dtype; ValueError if it has none."""
    name = _NAMES.get(np.dtype(dtype).name)
    if name is None:
        raise ValueError(f"an array of {dtype} cannot be passed to a model")
    return name


def short_name(dtype):
    """What a dtype is called in texts: Lazuli's name, or NumPy's of what an artifact
    only stores."""
    name = np.dtype(dtype).name
    if np.dtype(dtype).kind in "OUS":
        return "string"
    return name if name in _LOGICAL.values() else _NAMES.get(name, name)


def numpy_dtype(name):
    """NumPy's dtype of its name; bfloat16 and smaller are ml_dtypes'."""
    if name == "bfloat16" or name in _LOGICAL.values():
        import ml_dtypes
        return np.dtype(getattr(ml_dtypes, name))
    return np.dtype(name)


def dtype_of(name, logical=""):
    """The NumPy dtype of Lazuli's `name`; bf16 and smaller need ml_dtypes."""
    if logical or name == "bf16":
        return numpy_dtype(_LOGICAL.get(logical, "bfloat16"))
    if name in _FROM:
        return np.dtype(_FROM[name])
    return np.dtype({"i": "int", "u": "uint"}[name[0]] + name[1:])
