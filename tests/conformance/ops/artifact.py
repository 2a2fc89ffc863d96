"""The runtime's C API through ctypes: as much of it as running a case takes."""

import ctypes
import os
import pathlib

import torch

from . import dtypes

BUILD = pathlib.Path(os.environ.get(
    "LAZULI_BUILD", pathlib.Path(__file__).parents[3] / "build"))
LIBRARY = pathlib.Path(os.environ.get("LAZULI_LIB", BUILD / "lib")) / "liblazuli_runtime.so"


class Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("dtype", ctypes.c_int), ("rank", ctypes.c_int32),
                ("dims", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64))]


class SessionOptions(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_size_t), ("threads", ctypes.c_int32),
                ("memory_limit_bytes", ctypes.c_uint64), ("plan_cache_bytes", ctypes.c_uint64)]


class RuntimeFailure(Exception):
    """A status other than LZ_OK, with its name and message."""


_library = None


def library():
    global _library
    if _library is None:
        _library = ctypes.CDLL(str(LIBRARY))
        _library.lz_error_message.restype = ctypes.c_char_p
        _library.lz_status_name.restype = ctypes.c_char_p
    return _library


def check(status):
    if status:
        name = library().lz_status_name(status).decode()
        raise RuntimeFailure(f"{name}: {library().lz_error_message().decode()}")


def _int64s(values):
    return (ctypes.c_int64 * max(1, len(values)))(*values)


def describe(tensor):
    """An lz_tensor of a torch tensor, which must outlive it."""
    return Tensor(tensor.data_ptr() or None, dtypes.of(tensor).code, tensor.dim(),
                  _int64s(tensor.shape), _int64s(tensor.stride()))


class Program:
    """A loaded artifact and one session of it."""

    def __init__(self, path, threads=2):
        self.model, self.session = ctypes.c_void_p(), ctypes.c_void_p()
        check(library().lz_model_load(os.fsencode(path), None, ctypes.byref(self.model)))
        options = SessionOptions(ctypes.sizeof(SessionOptions), threads, 0, 0)
        check(library().lz_session_create(self.model, ctypes.byref(options),
                                          ctypes.byref(self.session)))

    def close(self):
        library().lz_session_destroy(self.session)
        library().lz_model_release(self.model)

    def run(self, entry, inputs):
        """The outputs of the entry of that name, as torch tensors of their own."""
        number = ctypes.c_size_t()
        check(library().lz_model_find_entry(self.model, entry.encode(), ctypes.byref(number)))
        check(library().lz_session_select_entry(self.session, number))
        for position, tensor in enumerate(inputs):
            described = describe(tensor)
            check(library().lz_session_set_input(self.session, ctypes.c_size_t(position),
                                                 ctypes.byref(described)))
        check(library().lz_session_run(self.session))
        count = library().lz_model_num_outputs(self.model, number)
        return [self._output(position) for position in range(count)]

    def _output(self, position):
        found = Tensor()
        check(library().lz_session_get_output(self.session, ctypes.c_size_t(position),
                                              ctypes.byref(found)))
        shape = [found.dims[axis] for axis in range(found.rank)]
        dtype = dtypes.BY_CODE[found.dtype].torch
        result = torch.empty(shape, dtype=dtype)
        if result.numel():
            ctypes.memmove(result.data_ptr(), found.data, result.numel() * dtype.itemsize)
        return result
