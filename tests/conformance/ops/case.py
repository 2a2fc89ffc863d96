"""One case: a function in the lz dialect, arguments for it, and what it must return."""

import dataclasses
import itertools
import re
from collections.abc import Sequence

import torch

from . import dtypes


@dataclasses.dataclass
class Run:
    """Arguments of one run and its results, or a part of the message it must fail with."""
    inputs: list
    expected: list
    error: str = ""


@dataclasses.dataclass
class Case:
    name: str
    ops: str  # the body's text, without the return
    argument_types: list
    results: list  # the names of the values returned
    result_types: list
    runs: list
    globals: str = ""  # symbols, parameters and states that the function names
    rtol: float | None = None  # None: as the results' element types say
    atol: float | None = None

    def function(self, number):
        """The text of the function @f<number>."""
        arguments = ", ".join(f"%{i}: {type}" for i, type in enumerate(self.argument_types))
        body = "\n".join("  " + line.strip() for line in self.ops.strip().splitlines())
        returned = ", ".join(f"%{name}" for name in self.results)
        types = ", ".join(self.result_types)
        values = f" {returned} : {types}" if types else ""
        text = (f"lz.func @f{number}({arguments}) -> ({types}) {{\n{body}\n"
                f"  lz.return{values}\n}}\n")
        for symbol in self._symbols():
            text = text.replace(f'"{symbol}"', f'"{symbol}.{number}"')
        return text

    def symbols(self, number):
        """Names of the symbols of the function @f<number>: a symbol is one dimension of the
        whole module, so each function has its own."""
        return {f"{symbol}.{number}" for symbol in self._symbols()}

    def _symbols(self):
        return set(re.findall(r'"([^"]+)"', " ".join(self.argument_types)))


def type_text(tensor, dims=None):
    """The type of a tensor; `dims` is the text of its dimensions where they are not its own."""
    name = dtypes.of(tensor).name
    sizes = [str(size) for size in tensor.shape] if dims is None else dims
    return "!lz.tensor<" + "".join(f"{size} x " for size in sizes) + name + ">"


def real(value):
    """A float as MLIR reads it, with its point."""
    return f"{value:.17e}"


def unranked(dtype):
    return f"!lz.tensor<* x {dtype}>"


def _symbolic(shape):
    """Each size but 0 and 1 as a symbol of its own; equal sizes share one."""
    return [str(size) if size < 2 else f'"d{size}"' for size in shape]


def _parameter(name, tensor):
    """A parameter with this value, written in hexadecimal: exact for every element type."""
    data = tensor.contiguous().reshape(-1)
    shape = "".join(f"{size}x" for size in tensor.shape)
    if not tensor.numel():
        value = "dense<>"
    elif tensor.dtype == torch.bool:
        words = ", ".join("true" if v else "false" for v in data.tolist())
        value = f"dense<[{words}]>"
        assert tensor.dim() == 1
    else:
        value = 'dense<"0x' + bytes(data.view(torch.uint8).tolist()).hex().upper() + '">'
    name_text = dtypes.of(tensor).name
    return (f'lz.parameter "{name}" : {type_text(tensor)} '
            f"{{value = {value} : tensor<{shape}{name_text}>}}\n")


_unique = itertools.count()


def op(name, text, inputs: Sequence, expected, *, attributes="", dynamic=False, dims=None,
       constant=(), more_runs=(), error="", rtol=None, atol=None, elements=None):
    """A case of one op. `text` is the op with its operands and keywords, `%0` being the first
    input: `lz.add %0, %1`. Types are appended.

    dynamic: every size of 2 and more becomes a symbol, equal sizes the same one.
    dims: the sizes' text per input instead, e.g. [['"n"', '4'], None].
    constant: numbers of inputs that are parameters of the module, not arguments.
    more_runs: further (inputs, expected) for the same function.
    elements: the results' element types, where `expected` does not tell them.
    """
    expected = [expected] if isinstance(expected, torch.Tensor) else list(expected or [])
    elements = elements or [dtypes.of(result).name for result in expected]
    sizes = list(dims) if dims else [None] * len(inputs)
    if dynamic:
        sizes = [_symbolic(t.shape) if d is None else d for t, d in zip(inputs, sizes)]
    for number in constant:
        sizes[number] = None
    types = [type_text(t, d) for t, d in zip(inputs, sizes)]
    arguments = [i for i in range(len(inputs)) if i not in constant]
    renamed = {str(number): str(position) for position, number in enumerate(arguments)}
    lines, declarations = [], ""
    for number in constant:
        parameter = f"p{next(_unique)}"
        declarations += _parameter(parameter, inputs[number])
        renamed[str(number)] = f"c{number}"
        lines.append(f'%c{number} = lz.get_parameter "{parameter}" : {types[number]}')
    used = re.findall(r"%(\d+)", text)
    text = re.sub(r"%(\d+)", lambda match: "%" + renamed[match[1]], text)
    results = [f"r{i}" for i in range(len(elements))]
    result_types = [unranked(element) for element in elements]
    operand_types = ", ".join(types[int(number)] for number in used)
    left = ", ".join(f"%{result}" for result in results)
    attribute_text = f" {{{attributes}}}" if attributes else ""
    right = result_types[0] if len(result_types) == 1 else f"({', '.join(result_types)})"
    lines.append(f"{left} = {text}{attribute_text} : ({operand_types}) -> {right}")
    runs = [Run([inputs[i] for i in arguments], expected, error)]
    runs += [Run([more[i] for i in arguments], [wanted] if isinstance(wanted, torch.Tensor)
                 else list(wanted)) for more, wanted in more_runs]
    return Case(name, "\n".join(lines), [types[i] for i in arguments], results, result_types,
                runs, declarations, rtol, atol)
