"""Finds the operator at which two sides part: every value of the graph becomes an
output, and the first that differs, in the order of the nodes, names its node.

Outputs change what is fused. Where a model differs and none of its values does while
all are outputs, values are shown one at a time: by bisection over the order, the
first that differs while all else stays as it was.
"""

import dataclasses
import os
import tempfile

from .. import _dtypes
from .compare import compare, type_text
from .errors import DiffError, require

#: Operators whose results are no function of their inputs.
RANDOM = {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Bernoulli",
          "Multinomial"}


@dataclasses.dataclass
class Value:
    """A value of the graph that a node computes."""
    name: str
    node: object
    index: int          # of the node, in order


class Graph:
    """An ONNX model whose values can be made outputs. Its weights are written once,
    beside the models that are made of it."""

    def __init__(self, path, folder):
        self._onnx = require("onnx", "to look into a model")
        self._folder = folder
        try:
            self._model = self._onnx.load(path)
        except Exception as error:  # pylint: disable=broad-except  (protobuf's have no common base)
            raise DiffError(f"'{path}' cannot be read: {error}") from None
        self.nodes = self._model.graph.node
        self.weights = {tensor.name: self._type_of(tensor)
                        for tensor in self._model.graph.initializer}
        self.values = [Value(name, node, index) for index, node in enumerate(self.nodes)
                       for name in node.output if name and node.op_type != "Constant"]
        self._outputs = [port.name for port in self._model.graph.output]
        self._onnx.external_data_helper.convert_model_to_external_data(
            self._model, location=f"{os.path.basename(folder)}.weights")
        self._count = 0
        self._onnx.external_data_helper.write_external_data_tensors(self._model, folder)

    def _type_of(self, tensor):
        dtype = self._onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)
        return f"{_dtypes.short_name(dtype)}{list(tensor.dims)}"

    def ancestors(self, name):
        """The values that `name` is computed from, in order, and itself."""
        needed, found = {name}, []
        for value in reversed(self.values):
            if value.name in needed:
                found.append(value)
                needed.update(_names_used(value.node))
        return found[::-1]

    def expose(self, names):
        """The path of the model with these values as outputs beside its own."""
        outputs = self._model.graph.output
        del outputs[len(self._outputs):]
        outputs.extend(self._onnx.ValueInfoProto(name=name) for name in names
                       if name not in self._outputs)
        self._count += 1
        path = os.path.join(self._folder, f"{self._count}.onnx")
        with open(path, "wb") as file:
            file.write(self._model.SerializeToString())
        return path


def _draws(node):
    """Whether a node draws random numbers; Dropout does where it is told to train."""
    return node.op_type in RANDOM or (
        node.op_type == "Dropout" and len(node.input) > 2 and node.input[2] != "")


def _names_used(node):
    """The inputs of a node, and what the graphs inside of it take from outside."""
    names = set(node.input)
    for attribute in node.attribute:
        for graph in [attribute.g, *attribute.graphs]:
            for inner in graph.node:
                names |= _names_used(inner)
            names.update(port.name for port in graph.output)
    return names


@dataclasses.dataclass
class Finding:
    """The first value that differs, and what it is computed from."""
    value: Value
    comparison: object
    inputs: list            # (name, type text, Comparison or None, "weight" or "")
    one_at_a_time: bool
    examined: int           # values that were compared


@dataclasses.dataclass
class Search:
    """The two sides of a search. `candidate` and `reference` are functions from the
    path of a model to an engine that runs it; `values` are the inputs by name."""
    path: str
    reference_path: str
    candidate: object
    reference: object
    tolerances: object
    progress: object

    def run(self, values, plain):
        """The Finding, or None where all agrees, and all comparisons. `plain` are those
        of the model's own outputs by name, with no other value shown."""
        with tempfile.TemporaryDirectory(prefix="lazuli-diff-") as folder:
            self._values = values
            self._graph, self._expected = self._run_reference(folder)
            found = self._compare(self._graph.values)
            first = next((value for value in self._graph.values
                          if value.name in found and not found[value.name].agrees), None)
            if first:
                return self._describe(first, found, one_at_a_time=False), found
            wrong = next((name for name, comparison in plain.items()
                          if not comparison.agrees and name in found), None)
            if not wrong:
                return None, found
            first, comparison = self._bisect(wrong, plain[wrong])
            found[first.name] = comparison
            return self._describe(first, found, one_at_a_time=True), found

    @property
    def num_values(self):
        """Those of the model's graph, compared or not."""
        return len(self._graph.values)

    @property
    def random_operators(self):
        """Those in the graph whose results no two engines share."""
        return sorted({node.op_type for node in self._graph.nodes if _draws(node)})

    def _folder(self, folder, name):
        path = os.path.join(folder, name)
        os.mkdir(path)
        return path

    def _run_reference(self, folder):
        """The graph, and the reference's values by name."""
        graph = Graph(self.path, self._folder(folder, "model"))
        other = graph
        if self.reference_path != self.path:
            other = Graph(self.reference_path, self._folder(folder, "reference"))
        theirs = {value.name for value in other.values}
        names = [value.name for value in graph.values if value.name in theirs]
        if not names:
            raise DiffError(f"'{self.reference_path}' has no value of the name of one in "
                            f"'{self.path}': there is nothing to compare by operator")
        self.progress(f"running the reference for {len(names)} values")
        engine = self.reference(other.expose(names))
        expected = dict(zip([port["name"] for port in engine.outputs], engine.run(self._values)))
        return graph, expected

    def _compare(self, values):
        """Comparisons of these values by name, all outputs of one model."""
        self.progress(f"compiling with {len(values)} values as outputs")
        names = [value.name for value in values if value.name in self._expected]
        engine = self.candidate(self._graph.expose(names))
        found = dict(zip([port["name"] for port in engine.outputs], engine.run(self._values)))
        return {name: compare(name, found[name], self._expected[name], self.tolerances)
                for name in names}

    def _bisect(self, wrong, comparison):
        """The first value that differs as the only one shown, of those that the output
        `wrong` is computed from, and its comparison. What precedes it agrees when
        shown, so that it is computed together with what makes it wrong."""
        values = [value for value in self._graph.ancestors(wrong)
                  if value.name in self._expected]
        low, high, last = -1, len(values) - 1, comparison
        while high - low > 1:
            middle = (low + high) // 2
            found = self._compare([values[middle]])[values[middle].name]
            if found.agrees:
                low = middle
            else:
                high, last = middle, found
        return values[high], last

    def _describe(self, value, found, one_at_a_time):
        inputs = []
        for name in value.node.input:
            if not name:
                continue
            known = self._expected.get(name, self._values.get(name))
            kind = self._graph.weights.get(name, "") if known is None else type_text(known)
            inputs.append((name, kind, found.get(name),
                           "weight" if name in self._graph.weights else ""))
        return Finding(value, found[value.name], inputs, one_at_a_time, len(found))
