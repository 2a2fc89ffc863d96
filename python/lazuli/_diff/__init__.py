"""A model beside another way to compute it: `lazuli.diff` and `lazuli diff`.

compare.py   two values and what may differ between them
engines.py   what computes the sides: Lazuli and ONNX Runtime
inputs.py    what they run on; testdata.py: folders of ONNX's test data
search.py    which operator is the first that differs
text.py      reports for people and machines
command.py   the command line
"""

import contextlib
import dataclasses
import os

from . import engines, inputs as _inputs, search as _search
from .compare import Tolerances, compare, type_text
from .errors import AGREES, DIFFERS, DiffError, usage


@dataclasses.dataclass
class Options:
    """How models are compiled and run; as the arguments of lazuli.compile."""
    examples: tuple = ()
    dynamic: tuple = ()
    weights: object = None
    allow_partial_weights: bool = False
    random_weights: bool = False
    seed: int = 0
    target_cpu: str = "native"
    threads: int = 0
    cache: object = True
    autotune: bool = False
    winograd: bool = True

    def names_for_compiler(self):
        """The options given that a compiled model has no use for."""
        names = ("dynamic", "weights", "allow_partial_weights", "random_weights")
        return [name.replace("_", "-") for name in names if getattr(self, name)]

    def for_compiler(self):
        return dataclasses.asdict(self)


@dataclasses.dataclass
class Report:
    """What came of a comparison; it `agrees` where all outputs do.

    outputs   a Comparison per output
    first     with per_op: the Finding of the first value that differs, or None
    values    with per_op: the Comparison of every value of the graph, by name
    """
    model: str
    reference: str
    inputs: list
    outputs: list
    notes: list
    first: object = None
    values: object = None

    @property
    def agrees(self):
        return all(output.agrees for output in self.outputs)

    def to_dict(self):
        """For machines; what `lazuli diff --json` prints."""
        from .text import to_dict
        return to_dict(self)

    def __str__(self):
        from .text import to_text
        return to_text(self)


def diff(model, reference=None, inputs=None, *, atol=None, rtol=None, per_op=False, dims=None,
         progress=None, **options):
    """Compiles and runs `model`, runs the reference on the same inputs, and compares.

    model       an ONNX file, an artifact (.lzm), or text of the lz dialect
    reference   an ONNX file, which ONNX Runtime runs, or another model for Lazuli;
                None: the model itself by ONNX Runtime
    inputs      arrays by name or in order; those not given are random (`seed`)
    dims        sizes of free dimensions of random inputs, by name; 1 if not given
    atol, rtol  what may differ: a number for all dtypes, or a dict as {"u8": 1}. An
                element agrees if its error is at most atol + rtol * the largest
                element of the reference
    per_op      look for the first operator that differs
    progress    called with what is being done
    options     examples, dynamic, weights, seed, threads, ... of lazuli.compile; the
                first example of an input gives its sizes

    Returns a Report; raises lazuli.Error where there is nothing to compare.
    """
    return Comparer(model, reference, Options(**options), Tolerances(atol, rtol),
                    progress or (lambda stage: None)) \
        .run(lambda ports: _inputs.by_name(ports, inputs), per_op, dims)


class Comparer:
    """The work of `diff` in steps."""

    def __init__(self, model, reference, options, tolerances, progress):
        self._model = os.fspath(model)
        engines.require_file(self._model)
        if reference is None and not engines.is_onnx(self._model):
            raise usage(f"'{self._model}' is no ONNX file, which ONNX Runtime could run: "
                        "expected --reference MODEL to compare it with")
        self._reference = self._model if reference is None else os.fspath(reference)
        self._options = options
        self._tolerances = tolerances
        self._progress = progress

    def run(self, make_inputs, per_op=False, dims=None):
        """`make_inputs` gives the inputs that are known by name for the ports it gets."""
        if per_op and not self._can_search():
            raise usage("--per-op looks into the graphs of ONNX files, expected the model and "
                        "the reference to be such")
        unused = self._options.names_for_compiler()
        if unused and engines.is_compiled(self._model):
            raise usage(f"'{self._model}' is compiled already, expected no --{unused[0]}")
        self._progress(f"loading {os.path.basename(self._reference)} for reference")
        reference = self._open_reference(self._reference)
        filler = _inputs.Filler(reference.inputs, self._options.examples, dims,
                                self._options.seed)
        given = make_inputs(reference.inputs)
        values = filler.fill(given)
        self._progress("running the reference")
        expected = reference.run(values)
        self._progress("compiling")
        candidate = self._open(self._model, values)
        self._progress("running")
        found = candidate.run(_renamed(candidate, reference, values))
        report = Report(
            os.path.basename(self._model), self._describe_reference(reference),
            [(name, type_text(value), name in given) for name, value in values.items()],
            self._pair(candidate, found, reference, expected), [])
        report.notes += [
            f"'{output.name}' holds no finite number on either side, which says little: try "
            "other inputs" for output in report.outputs if output.is_hollow]
        if per_op:
            self._search(report, values)
        elif not report.agrees and self._can_search():
            report.notes.append("--per-op (per_op=True) finds the first operator that differs")
        self._progress("")
        return report

    def _can_search(self):
        return engines.is_onnx(self._model) and engines.is_onnx(self._reference)

    def _describe_reference(self, engine):
        name = os.path.basename(self._reference)
        if not isinstance(engine, engines.OnnxRuntime):
            return name
        return engine.title if self._reference == self._model else f"{name} in {engine.title}"

    def _open_reference(self, path):
        if engines.is_onnx(path):
            return engines.OnnxRuntime(path, self._options.threads)
        return engines.Lazuli(path, self._options)

    def _open(self, path, values):
        # Examples that were asked for say more of dimensions than the inputs do.
        return engines.Lazuli(path, self._options,
                              None if self._options.examples else values)

    def _pair(self, candidate, found, reference, expected):
        """Comparisons of the outputs: those of one name, else in order."""
        names = [port["name"] for port in candidate.outputs]
        theirs = [port["name"] for port in reference.outputs]
        if len(names) != len(theirs):
            raise DiffError(f"the model has the outputs {', '.join(names)}, the reference "
                            f"{', '.join(theirs)}: expected as many of both")
        order = names if sorted(names) == sorted(theirs) else theirs
        by_name = dict(zip(theirs, expected))
        return [compare(name, value, by_name[other], self._tolerances)
                for name, other, value in zip(names, order, found)]

    def _search(self, report, values):
        searcher = _search.Search(
            self._model, self._reference, lambda path: self._open(path, values),
            self._open_reference, self._tolerances, self._progress)
        plain = {output.name: output for output in report.outputs}
        report.first, report.values = searcher.run(values, plain)
        if self._model != self._reference:
            report.notes.append(
                f"values are paired by their names, which {len(report.values)} of "
                f"{searcher.num_values} have in both files")
        if searcher.random_operators:
            report.notes.append(
                f"{', '.join(searcher.random_operators)} draw random numbers, which no two "
                "engines draw alike")


def _renamed(candidate, reference, values):
    """The inputs under the names that the candidate gives them."""
    names = [port["name"] for port in candidate.inputs]
    if len(names) != len(values):
        raise DiffError(f"the model has the inputs {', '.join(names)}, the reference "
                        f"{', '.join(values)}: expected as many of both")
    return values if set(names) == set(values) else dict(zip(names, values.values()))
