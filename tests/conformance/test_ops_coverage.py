"""Every op of the dialect has a case, on every element type it takes."""

import os
import pathlib
import re

from ops import (attention, conv_panels, convolution, depthwise, dtypes, elementwise, fusion,
                 graphs, indexing, matmul, module, normalization, pooling, random, recurrent,
                 reduce, shape, winograd)

ROOT = pathlib.Path(os.environ.get("LAZULI_SOURCE", pathlib.Path(__file__).parents[2]))
FAMILIES = [attention, conv_panels, convolution, depthwise, elementwise, fusion, graphs, indexing,
            matmul, module, normalization, pooling, random, recurrent, reduce, shape, winograd]

# Ops that no case writes, and why.
WITHOUT_CASE = {
    "fused": "lz-fuse makes it of every case's ops",
    "yield": "ends the regions of others",
    "host": "no kernel: the runtime's own tests and tests/lit/backends/emit/control.test",
    "if": "control flow: tests/lit/backends/emit/control.test",
    "loop": "control flow: tests/lit/backends/emit/control.test",
    "func": "every case is one",
    "return": "ends every case",
    "symbol": "declares the dimensions of dynamic cases",
    "parameter": "declares what lz.get_parameter names",
    "state": "declares what lz.read names",
}

OPERATION = re.compile(r'^def Lz_\w+Op\s*:\s*Lz_\w+<"(\w+)"(?:,\s*(\w+))?', re.M)
CLASSES = {"Float": dtypes.FLOAT, "Number": dtypes.NUMBER, "Integer": dtypes.INTEGER,
           "Bits": dtypes.BITS, "Bool": [dtypes.BOOL], "AnyDType": dtypes.ANY}


def operations():
    """Name and class of element types, where the definition names one, of all ops."""
    text = "\n".join(path.read_text() for path in sorted((ROOT / "ir").glob("*.td")))
    return dict(OPERATION.findall(text))


def lines():
    for family in FAMILIES:
        for case in family.cases():
            yield from case.ops.splitlines()


def used():
    """The element types of the operands with which each op occurs."""
    found = {}
    for line in lines():
        match = re.search(r"lz\.(\w+)", line)
        if match:
            element = re.search(r"x? ?(\w+)>", line.split(" : ")[-1])
            found.setdefault(match[1], set()).add(element and element[1])
    return found


USED = used()


def test_every_operation_has_a_case():
    found = operations()
    assert len(found) > 90, "the definitions in ir/*.td were not found"
    missing = sorted(set(found) - set(USED) - set(WITHOUT_CASE))
    assert not missing, f"no case for: {', '.join(missing)}"


def test_exceptions_are_needed():
    stale = sorted(name for name in WITHOUT_CASE if name in USED or name not in operations())
    assert not stale, f"not exceptions any more: {', '.join(stale)}"


def test_every_element_type_has_a_case():
    problems = []
    for name, kind in operations().items():
        for dtype in CLASSES.get(kind, []):
            if dtype.name not in USED.get(name, ()):
                problems.append(f"lz.{name}: no case on {dtype}")
    assert not problems, "\n".join(problems)
