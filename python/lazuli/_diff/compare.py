"""Two values of any kind side by side: how far apart, where first, and whether that
is within what their type allows."""

import dataclasses

import numpy as np

from .. import _dtypes

#: (absolute, relative) of each dtype; what is not listed has to be equal. Relative to
#: the largest element of the reference, for the error of a sum grows with its terms
#: and not with what is left of them.
TOLERANCES = {
    "float64": (1e-12, 1e-9), "float32": (1e-6, 5e-4), "float16": (1e-4, 5e-3),
    "bfloat16": (1e-3, 4e-2), "float8_e4m3fn": (1e-2, 0.13), "float8_e4m3fnuz": (1e-2, 0.13),
    "float8_e5m2": (1e-2, 0.26), "float8_e5m2fnuz": (1e-2, 0.26),
}

_SMALL_INTEGERS = ("int4", "uint4", "int2", "uint2")


class Tolerances:
    """What may differ: the defaults, or a number for all dtypes, or one for each of
    some (`{"u8": 1}`)."""

    def __init__(self, atol=None, rtol=None):
        self._given = (self._by_name(atol), self._by_name(rtol))

    @staticmethod
    def _by_name(given):
        """Numbers by NumPy's name of the dtype; "" is all others."""
        if not isinstance(given, dict):
            return {} if given is None else {"": float(given)}
        return {_dtypes.dtype_of(name).name if name else "": float(value)
                for name, value in given.items()}

    def of(self, dtype):
        """(absolute, relative) for a NumPy dtype."""
        defaults = TOLERANCES.get(dtype.name, (0.0, 0.0))
        return tuple(given.get(dtype.name, given.get("", default))
                     for given, default in zip(self._given, defaults))


@dataclasses.dataclass
class Comparison:
    """One value of the model beside the reference's."""
    name: str
    type: str                       # "f32[2, 3]"
    elements: int = 0
    differing: int = 0              # elements beyond the tolerance
    max_abs_error: float = 0.0
    max_rel_error: float = 0.0      # of the largest element of the reference
    atol: float = 0.0
    rtol: float = 0.0
    first: str = ""                 # "[0, 17]", the first element that differs
    found: object = None            # what is there
    expected: object = None
    reason: str = ""                # why values cannot be laid side by side
    finite: int = 0                 # finite numbers of the reference, and all else

    @property
    def agrees(self):
        return not self.differing and not self.reason

    @property
    def is_hollow(self):
        """Whether values agree only in that none is a number."""
        return self.agrees and self.elements > 0 and self.finite == 0


def type_text(value):
    """"f32[2, 3]", "sequence of 2", "none"."""
    if value is None:
        return "none"
    if isinstance(value, list):
        return f"sequence of {len(value)}"
    return f"{_dtypes.short_name(value.dtype)}{list(value.shape)}"


def compare(name, found, expected, tolerances):
    """The comparison of two values: arrays, lists of them, None."""
    result = Comparison(name, type_text(found))
    _descend(result, "", found, expected, tolerances)
    return result


def _descend(result, place, found, expected, tolerances):
    """Adds what is at `place`, as in "[2]", to `result`."""
    same_kind = isinstance(found, list) == isinstance(expected, list) \
        and (found is None) == (expected is None)
    if not same_kind or (isinstance(found, list) and len(found) != len(expected)):
        result.reason = result.reason or _mismatch(place, found, expected)
    elif isinstance(found, list):
        for index, (left, right) in enumerate(zip(found, expected)):
            _descend(result, f"{place}[{index}]", left, right, tolerances)
    elif found is not None:
        _add_arrays(result, place, found, expected, tolerances)


def _mismatch(place, found, expected):
    where = f"element {place} is " if place else "is "
    return f"{where}{type_text(found)}, expected {type_text(expected)}"


def _is_text(array):
    return array.dtype.kind in "OUS"


def _add_arrays(result, place, found, expected, tolerances):
    result.elements += found.size
    is_text = _is_text(found) and _is_text(expected)
    if found.shape != expected.shape or (found.dtype != expected.dtype and not is_text):
        result.reason = result.reason or _mismatch(place, found, expected)
        return
    if found.size == 0:
        return
    if is_text:
        result.finite += found.size
        _note_first(result, place, found, expected, found != expected)
        return
    errors, largest, finite = _errors(found, expected)
    result.finite += finite
    result.atol, result.rtol = tolerances.of(found.dtype)
    worst = float(errors.max())
    result.max_abs_error = max(result.max_abs_error, worst)
    relative = worst / largest if largest else (np.inf if worst else 0.0)
    result.max_rel_error = max(result.max_rel_error, relative)
    limit = result.atol + result.rtol * largest
    _note_first(result, place, found, expected, errors > limit)


def _note_first(result, place, found, expected, differs):
    count = int(np.count_nonzero(differs))
    if count and not result.differing:
        index = np.unravel_index(int(np.argmax(differs)), found.shape)
        result.first = place + (str([int(i) for i in index]) if index else "")
        result.found, result.expected = _plain(found[index]), _plain(expected[index])
    result.differing += count


def _plain(element):
    """An element as a Python object that prints well."""
    if isinstance(element, (str, bytes)):
        return element
    name = element.dtype.name
    if name in _SMALL_INTEGERS:
        return int(element)
    if name == "float32":
        return float(str(element))  # the shortest decimal that gives it back
    return float(element) if name.startswith(("bfloat", "float8", "float4")) else element.item()


def _errors(found, expected):
    """The distance of each pair of elements as f64, infinite between a number and
    what is none; the largest finite element of the reference, and how many there are."""
    if found.dtype.name in _SMALL_INTEGERS:
        found, expected = found.astype(np.int64), expected.astype(np.int64)
    if found.dtype.kind in "iub":
        return _integer_errors(found, expected)
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    with np.errstate(invalid="ignore"):
        errors = np.abs(found - expected)
    same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    errors = np.where(np.isfinite(found) & np.isfinite(expected), errors, np.inf)
    errors = np.where(same, 0.0, errors)
    finite = np.abs(expected[np.isfinite(expected)])
    return errors, float(finite.max()) if finite.size else 0.0, finite.size


def _integer_errors(found, expected):
    """Exact also where the difference does not fit into the type: modulo 2^64 the
    larger less the smaller is right."""
    if found.dtype.kind == "b":
        found, expected = found.astype(np.uint8), expected.astype(np.uint8)
    high = np.maximum(found, expected).astype(np.uint64)
    low = np.minimum(found, expected).astype(np.uint64)
    largest = max(abs(int(expected.max())), abs(int(expected.min())))
    return (high - low).astype(np.float64), float(largest), expected.size
