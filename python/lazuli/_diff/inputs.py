"""What both sides run on: arrays from files, from the command line, or from chance."""

import json
import os
import re

import numpy as np

from .. import _dtypes, _values
from .errors import DiffError, usage

# ---- chance ----------------------------------------------------------------

_MASK = (1 << 64) - 1


def _mix(x):
    """SplitMix64 on integers or arrays of them."""
    wrap = (lambda v: v & _MASK) if isinstance(x, int) else (lambda v: v)
    x = wrap(x + (0x9e3779b97f4a7c15 if isinstance(x, int) else np.uint64(0x9e3779b97f4a7c15)))
    for shift, factor in ((30, 0xbf58476d1ce4e5b9), (27, 0x94d049bb133111eb)):
        if isinstance(x, int):
            x = wrap((x ^ (x >> shift)) * factor)
        else:
            x = (x ^ (x >> np.uint64(shift))) * np.uint64(factor)
    return x ^ (x >> (31 if isinstance(x, int) else np.uint64(31)))


def random_array(dtype, shape, seed, name):
    """The values that `lazuli run` takes for an input of that name: floats of
    [-1, 1), integers below 10, bools; of a mask, ones."""
    key = _mix(seed)
    for byte in name.encode():
        key = _mix(key ^ byte)
    count = int(np.prod(shape, dtype=np.int64))
    with np.errstate(over="ignore"):
        numbers = _mix(np.uint64(key) + np.arange(count, dtype=np.uint64))
    unit = (numbers >> np.uint64(11)).astype(np.float64) * 2.0 ** -53
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        values = unit < 0.5
    elif dtype.kind in "iu" or "int" in dtype.name:
        values = np.ones(count) if "mask" in name else np.floor(unit * 10)
    else:
        values = 2 * unit - 1
    return values.astype(dtype).reshape(shape)


def _sizes_of_examples(examples):
    """The dimensions that the first example of each input gives."""
    sizes = {}
    for example in examples:
        match = re.fullmatch(r"\s*([^=]+?)\s*=\s*[a-z0-9]*\s*\[([0-9,\s]*)\]\s*", example)
        if match and match[1] not in sizes:
            sizes[match[1]] = [int(size) for size in match[2].split(",") if size.strip()]
    return sizes


class Filler:
    """Fills in what nobody gave."""

    def __init__(self, ports, examples=(), dims=None, seed=0):
        self._ports = ports
        self._examples = _sizes_of_examples(examples)
        self._dims = dict(dims or {})
        self._seed = seed
        known = {name for port in ports for name in _free_names(port)}
        unknown = set(self._dims) - known
        if unknown:
            raise DiffError(f"the model has no dimension '{min(unknown)}', expected one of: "
                            + (", ".join(sorted(known)) or "none"))

    def shape(self, port):
        """Sizes for an input: as in the example, as asked for, or the least."""
        if port["name"] in self._examples:
            return self._examples[port["name"]]
        return [size if isinstance(size, int) else self._dims.get(name, 1)
                for size, name in zip(port["shape"], _names(port))]

    def fill(self, given):
        """A value for each port, in order."""
        values = {}
        for port in self._ports:
            name = port["name"]
            if name not in given and port["kind"] != "tensor":
                raise usage(f"input '{name}' is of kind {port['kind']}, which cannot be random: "
                            "give the inputs with --inputs-from DIR")
            values[name] = given[name] if name in given else random_array(
                port_dtype(port), self.shape(port), self._seed, name)
        return values


def _names(port):
    """The names of an input's dimensions; those that have none are called "x.0"."""
    return [size if isinstance(size, str) and size else f"{port['name']}.{axis}"
            for axis, size in enumerate(port["shape"])]


def _free_names(port):
    return [name for size, name in zip(port["shape"], _names(port)) if not isinstance(size, int)]


def port_dtype(port):
    """NumPy's dtype of an input, of what it is made of if it is no tensor."""
    if "numpy" in port:
        return _dtypes.numpy_dtype(port["numpy"])
    return _dtypes.dtype_of(port["dtype"], port["logical_type"])


def by_name(ports, given):
    """`given` (a dict, or a list in the order of the inputs) by names that exist."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        if len(given) > len(ports):
            raise DiffError(f"found {len(given)} inputs, expected {len(ports)}: "
                            + ", ".join(port["name"] for port in ports))
        given = {port["name"]: value for port, value in zip(ports, given)}
    known = {port["name"]: port for port in ports}
    for name in given:
        if name not in known:
            raise DiffError(f"the model has no input '{name}', expected one of: "
                            + ", ".join(known))
    return {name: _values.as_array(value) if known[name]["kind"] == "tensor" else value
            for name, value in given.items()}


# ---- the command line ------------------------------------------------------

FORMS = ("'x=@file.npy', 'x=@file.npz:key', 'x=@file.json', 'x=random', 'x=f32[1,3,224,224]' "
         "or 'x=[1,2]'")


def parse(texts, ports, seed):
    """Values by name from `--input` options; several for one are joined."""
    parts = {}
    for text in texts:
        name, value = _split(text, ports)
        port = {port["name"]: port for port in ports}.get(name)
        if port is None:
            raise DiffError(f"the model has no input '{name}', expected one of: "
                            + ", ".join(port["name"] for port in ports))
        if value != "random":  # which is what is not given
            parts.setdefault(name, []).append(_read(text, value, port, seed))
    return {name: arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
            for name, arrays in parts.items()}


def _split(text, ports):
    match = re.match(r"([^=@\[{]+)=(.+)", text, re.S)
    if match:
        return match[1], match[2]
    if len(ports) != 1:
        raise usage(f"the input '{text}' has no name, expected one of: "
                    + ", ".join(port["name"] for port in ports))
    return ports[0]["name"], text


def _read(text, value, port, seed):
    if value.startswith("@"):
        return _read_file(value[1:], port)
    match = re.fullmatch(r"(\w+)\[([0-9,\s]*)\]", value)
    if match:
        shape = [int(size) for size in match[2].split(",") if size.strip()]
        try:
            dtype = port_dtype(port) if match[1] == "random" else _dtypes.dtype_of(match[1])
        except (KeyError, TypeError):
            raise usage(f"cannot read the input '{text}', expected a form like {FORMS}") from None
        return random_array(dtype, shape, seed, port["name"])
    try:
        return _from_json(json.loads(value), port)
    except ValueError:
        raise usage(f"cannot read the input '{text}', expected a form like {FORMS}") from None


def _from_json(value, port):
    if port["kind"] == "strings":
        return np.array(value, object)
    special = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}

    def convert(item):
        return [convert(part) for part in item] if isinstance(item, list) \
            else special.get(item, item)
    return np.array(convert(value), port_dtype(port))


def _read_file(path, port):
    file, key = path, ""
    for ending in (".npz:", ".json:"):
        if ending in path:
            at = path.rindex(ending) + len(ending)
            file, key = path[:at - 1], path[at:]
    extension = os.path.splitext(file)[1].lower()
    try:
        if extension == ".npy":
            return np.load(file)
        if extension == ".npz":
            with np.load(file) as arrays:
                return arrays[key or arrays.files[0]]
        if extension == ".json":
            with open(file, encoding="utf-8") as stream:
                value = json.load(stream)
            return _from_json(value[key] if key else value, port)
    except KeyError:
        raise DiffError(f"'{file}' has no key '{key}'") from None
    except OSError as error:
        raise DiffError(f"cannot read '{file}': {error.strerror or error}", "IO_ERROR") from None
    except (ValueError, IndexError) as error:
        raise DiffError(f"cannot read '{file}': {error}") from None
    raise DiffError(f"cannot tell what '{file}' holds, expected a name ending in .npy, .npz or "
                    ".json")
