"""Folders of input_0.pb, input_1.pb, ... as ONNX's test data has them."""

import os

from .. import _dtypes
from .errors import DiffError, require
from .inputs import port_dtype


def read_folder(folder, ports):
    """A value for each port, by name."""
    onnx = require("onnx", "to read test data")
    if not os.path.isdir(folder):
        raise DiffError(f"'{folder}' is no folder, expected one with input_0.pb and so on")
    takes = f"the model takes {len(ports)} input{'s' * (len(ports) != 1)}: " \
        + ", ".join(port["name"] for port in ports)
    values = {}
    for index, port in enumerate(ports):
        path = os.path.join(folder, f"input_{index}.pb")
        if not os.path.exists(path):
            raise DiffError(f"'{path}' is missing, {takes}")
        values[port["name"]] = _read(onnx, path, port)
    more = os.path.join(folder, f"input_{len(ports)}.pb")
    if os.path.exists(more):
        raise DiffError(f"'{more}' is one too many, {takes}")
    return values


def _read(onnx, path, port):
    """The value in one file. A file does not say which message it holds: another one
    shows in fields that the right one does not have."""
    helper = onnx.numpy_helper
    message, convert = {"sequence": (onnx.SequenceProto(), helper.to_list),
                        "optional": (onnx.OptionalProto(), helper.to_optional)}.get(
                            port["kind"], (onnx.TensorProto(), helper.to_array))
    expected = f"expected a {port['kind']} of {port['dtype']} for input '{port['name']}'"
    try:
        with open(path, "rb") as file:
            message.ParseFromString(file.read())
        size = message.ByteSize()
        message.DiscardUnknownFields()
        is_whole = 0 < size == message.ByteSize()
        value = convert(message) if is_whole else None
    except Exception as error:  # pylint: disable=broad-except  (protobuf's have no common base)
        raise DiffError(f"cannot read '{path}': {error}, {expected}") from None
    found = "something else" if not is_whole else _other_type(value, port)
    if found:
        raise DiffError(f"'{path}' holds {found}, {expected}")
    return value


def _other_type(value, port):
    """The dtype of the first array in `value` that is not the port's, or nothing."""
    if isinstance(value, list):
        return next(filter(None, (_other_type(item, port) for item in value)), "")
    if value is None:
        return ""
    found = _dtypes.short_name(value.dtype)
    is_text = port["dtype"] == "string"
    return "" if found == ("string" if is_text else _dtypes.short_name(port_dtype(port))) else found
