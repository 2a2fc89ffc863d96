"""Models that break ONNX's rules, as its own checker's tests have them: the command line
refuses each in one sentence that names the file, the node with its operator where there
is one, and the reason, and nothing ends by a signal.

Rules that no result depends on are not enforced: a graph may lack its name, a subgraph
may reuse a name of the graph around it (the inner one counts).
"""

import os
import pathlib
import subprocess

import numpy as np
import onnx
import pytest
from onnx import AttributeProto, TensorProto, helper, numpy_helper, parser

ROOT = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("LAZULI_BIN", ROOT / "build" / "bin"))

CASES = {}


def invalid(*expected):
    """Adds the model that the function gives; its message must have the parts `expected`."""
    def add(function):
        CASES[function.__name__] = (function, expected)
        return function
    return add


def tensor_value(name, shape=(2, 3), dtype=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, dtype, shape)


def make(nodes, inputs=None, outputs=None, initializers=(), opsets=(("", 20),), functions=()):
    inputs = [tensor_value("x")] if inputs is None else inputs
    outputs = [tensor_value("y", None)] if outputs is None else outputs
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers))
    return helper.make_model(graph, ir_version=10, functions=list(functions),
                             opset_imports=[helper.make_opsetid(*opset) for opset in opsets])


def node(op, inputs=("x",), outputs=("y",), name="it", **attributes):
    return helper.make_node(op, list(inputs), list(outputs), name=name, **attributes)


def with_weight(weight):
    """y = x + w."""
    return make([node("Add", ["x", "w"])], initializers=[weight])


def weight_proto(dtype=TensorProto.FLOAT, dims=(3,), **fields):
    tensor = TensorProto(name="w", data_type=dtype, dims=dims)
    for field, value in fields.items():
        if isinstance(value, bytes):
            setattr(tensor, field, value)
        else:
            getattr(tensor, field).extend(value)
    return tensor


# ---- files -------------------------------------------------------------------


@invalid("holds no graph")
def no_graph():
    model = make([node("Relu")])
    model.ClearField("graph")
    return model


@invalid("has no IR version")
def no_ir_version():
    model = make([node("Relu")])
    model.ClearField("ir_version")
    return model


@invalid("has the IR version 999", "expected 1 to ")
def newer_ir_version():
    model = make([node("Relu")])
    model.ir_version = 999
    return model


@invalid("imports no operator set")
def no_opset():
    model = make([node("Relu")])
    del model.opset_import[:]
    return model


@invalid("uses version 999 of the operator set", "expected 1 to ")
def newer_opset():
    return make([node("Relu")], opsets=[("", 999)])


@invalid("uses version -1 of the operator set")
def negative_opset():
    return make([node("Relu")], opsets=[("", -1)])


@invalid("imports the versions 13 and 17 of the operator set 'ai.onnx'")
def opset_imported_twice():
    return make([node("Relu")], opsets=[("", 13), ("ai.onnx", 17)])


# ---- graphs ------------------------------------------------------------------


@invalid("the graph has no outputs")
def no_outputs():
    return make([node("Relu")], outputs=[])


@invalid("the graph's output 'z' is computed by no node")
def output_of_nothing():
    return make([node("Relu")], outputs=[tensor_value("z")])


@invalid("the graph's output 'y' is declared as int64", "f32[2, 3]")
def output_of_another_type():
    return make([node("Relu")], outputs=[tensor_value("y", None, TensorProto.INT64)])


@invalid("two inputs are called 'x'")
def input_twice():
    return make([node("Relu")], inputs=[tensor_value("x"), tensor_value("x")])


@invalid("input 0 of the graph has no name")
def input_without_name():
    return make([node("Relu")], inputs=[tensor_value(""), tensor_value("x")])


@invalid("input 'x' has no type")
def input_without_type():
    return make([node("Relu")], inputs=[onnx.ValueInfoProto(name="x")])


@invalid("input 'x' is a map")
def input_map():
    info = onnx.ValueInfoProto(name="x")
    info.type.map_type.key_type = TensorProto.INT64
    return make([node("Relu")], inputs=[info])


@invalid("input 'x' is a sparse tensor")
def input_sparse():
    info = onnx.ValueInfoProto(name="x")
    info.type.sparse_tensor_type.elem_type = TensorProto.FLOAT
    return make([node("Relu")], inputs=[info])


@invalid("input 'x' has the unknown element type 99")
def input_of_unknown_type():
    return make([node("Relu")], inputs=[tensor_value("x", (2,), 99)])


@invalid("input 'x' has the unknown element type 0")
def input_of_undefined_type():
    return make([node("Relu")], inputs=[tensor_value("x", (2,), TensorProto.UNDEFINED)])


@invalid("input 'x' has a dimension of -3")
def input_of_negative_size():
    return make([node("Relu")], inputs=[tensor_value("x", (2, -3))])


@invalid("Add 'first': reads 'b' before the node that computes it")
def cycle():
    return make([node("Add", ["x", "b"], ["a"], name="first"), node("Relu", ["a"], ["b"]),
                 node("Relu", ["b"], ["y"])])


@invalid("Relu 'it': reads 'y' before the node that computes it")
def cycle_of_one():
    return make([node("Relu", ["y"])])


@invalid("Sin 'second': computes 'y', which exists already")
def output_twice():
    return make([node("Relu"), node("Sin", name="second")])


@invalid("Split 'it': computes 'y', which exists already")
def output_twice_in_a_node():
    return make([node("Split", ["x"], ["y", "y"], axis=0, num_outputs=2)])


@invalid("Relu 'it': computes 'x', which exists already")
def output_is_an_input():
    return make([node("Relu", ["x"], ["x"])])


@invalid("two initializers are called 'w'")
def initializer_twice():
    weight = numpy_helper.from_array(np.zeros(3, np.float32), "w")
    return make([node("Add", ["x", "w"])], initializers=[weight, weight])


# ---- nodes -------------------------------------------------------------------


@invalid("'it': has no operator, expected the name of one")
def no_operator():
    return make([node("")])


@invalid("Frobnicate 'it': the operator is not supported")
def unknown_operator():
    return make([node("Frobnicate")])


@invalid("Relu 'it': is of the operator set 'com.example', of which no version is imported")
def unknown_domain():
    return make([node("Relu", domain="com.example")])


@invalid("Relu 'it': is of the operator set 'ai.onnx', of which no version is imported")
def default_domain_not_imported():
    return make([node("Relu")], opsets=[("ai.onnx.ml", 3)])


@invalid("Sin 'it': reads 'nowhere', which is neither an input nor an initializer")
def input_of_nothing():
    return make([node("Sin", ["nowhere"])])


@invalid("Add 'it': has no input 1, expected 2")
def too_few_inputs():
    return make([node("Add", ["x"])])


@invalid("Add 'it': has no input 0, expected 2")
def left_out_input():
    return make([node("Add", ["", "x"])])


@invalid("Sum 'it': leaves out input 1 of 3, expected all")
def left_out_input_of_many():
    return make([node("Sum", ["x", "", "x"])])


@invalid("Relu 'it': has 2 inputs, expected 1")
def too_many_inputs():
    return make([node("Relu", ["x", "x"])])


@invalid("Relu 'it': its output 1 is not supported")
def too_many_outputs():
    return make([node("Relu", ["x"], ["y", "z"])])


@invalid("Softmax 'it': has an attribute without a name")
def attribute_without_name():
    wrong = node("Softmax", axis=1)
    wrong.attribute[0].name = ""
    return make([wrong])


@invalid("Softmax 'it': has two attributes 'axis'")
def attribute_twice():
    wrong = node("Softmax", axis=1)
    wrong.attribute.append(helper.make_attribute("axis", 0))
    return make([wrong])


@invalid("Softmax 'it': attribute 'axis' has the wrong type, expected an integer")
def attribute_of_another_type():
    return make([node("Softmax", axis="1")])


@invalid("Transpose 'it': attribute 'perm' has the wrong type, expected integers")
def attribute_that_is_no_list():
    return make([node("Transpose", perm=1)])


@invalid("If 'it': attribute 'then_branch' has the wrong type, expected a graph")
def attribute_that_is_no_graph():
    return make([node("If", ["c"], then_branch=1, else_branch=2)],
                inputs=[tensor_value("c", (), TensorProto.BOOL)])


@invalid("ConstantOfShape 'it': attribute 'value'", "the unknown element type 0")
def attribute_of_no_tensor():
    wrong = node("ConstantOfShape", ["s"])
    wrong.attribute.append(AttributeProto(name="value", type=AttributeProto.TENSOR))
    return make([wrong], inputs=[tensor_value("s", (1,), TensorProto.INT64)])


@invalid("Softmax 'it': ", "axis 7", "rank 2")
def axis_out_of_range():
    return make([node("Softmax", axis=7)])


@invalid("Transpose 'it': ")
def permutation_of_another_rank():
    return make([node("Transpose", perm=[0, 1, 2])])


@invalid("Transpose 'it': ")
def permutation_with_an_axis_twice():
    return make([node("Transpose", perm=[0, 0])])


@invalid("Add 'it': ", "[2, 3] and [4]")
def shapes_that_do_not_broadcast():
    return make([node("Add", ["x", "w"])], inputs=[tensor_value("x"), tensor_value("w", (4,))])


@invalid("Add 'it': ", "'f32'", "'i64'")
def operands_of_two_types():
    return make([node("Add", ["x", "w"])],
                inputs=[tensor_value("x"), tensor_value("w", (3,), TensorProto.INT64)])


@invalid("MatMul 'it': ", "found 3 and 2")
def inner_dimensions_that_differ():
    return make([node("MatMul", ["x", "x"])])


@invalid("Conv 'it': ", "rank")
def weight_of_another_rank():
    return make([node("Conv", ["x", "w"])],
                inputs=[tensor_value("x", (1, 3, 8, 8)), tensor_value("w", (4, 3, 3))])


@invalid("Conv 'it': ", "group")
def group_that_does_not_divide():
    return make([node("Conv", ["x", "w"], group=2)],
                inputs=[tensor_value("x", (1, 3, 8, 8)), tensor_value("w", (4, 3, 3, 3))])


@invalid("Conv 'it': ", "stride")
def stride_of_zero():
    return make([node("Conv", ["x", "w"], strides=[0, 0])],
                inputs=[tensor_value("x", (1, 3, 8, 8)), tensor_value("w", (4, 3, 3, 3))])


@invalid("Relu 'it': found strings, expected numbers")
def numbers_expected():
    return make([node("Relu")], inputs=[tensor_value("x", (2,), TensorProto.STRING)],
                outputs=[tensor_value("y", (2,), TensorProto.STRING)])


@invalid("Relu 'it': input 0 is sequence of f32", "expected a tensor")
def tensor_expected():
    return make([node("Relu")],
                inputs=[helper.make_tensor_sequence_value_info("x", TensorProto.FLOAT, (2,))])


@invalid("Cast 'it': ", "99")
def cast_to_an_unknown_type():
    return make([node("Cast", to=99)])


# ---- tensors -----------------------------------------------------------------


@invalid("initializer 'w' is no valid tensor: it has the unknown element type 0")
def tensor_without_type():
    return with_weight(weight_proto(0, float_data=[1, 2, 3]))


@invalid("initializer 'w' is no valid tensor: it holds 2 elements, expected 3")
def tensor_with_too_few_elements():
    return with_weight(weight_proto(float_data=[1, 2]))


@invalid("initializer 'w' is no valid tensor: it holds 0 elements, expected 3")
def tensor_in_the_wrong_field():
    return with_weight(weight_proto(int32_data=[1, 2, 3]))


@invalid("initializer 'w' is no valid tensor: it holds 5 bytes, expected 12")
def tensor_with_too_few_bytes():
    return with_weight(weight_proto(raw_data=b"12345"))


@invalid("initializer 'w' is no valid tensor: it holds its elements twice")
def tensor_in_two_fields():
    return with_weight(weight_proto(raw_data=b"123456789012", float_data=[1, 2, 3]))


@invalid("initializer 'w' is no valid tensor: it holds 0 strings, expected 3")
def strings_as_bytes():
    return with_weight(weight_proto(TensorProto.STRING, raw_data=b"abc"))


@invalid("initializer 'w' is no valid tensor: it has a dimension of -3")
def tensor_of_negative_size():
    return with_weight(weight_proto(dims=(-3,), float_data=[1, 2, 3]))


@invalid("initializer 'w' is no valid tensor: it has more elements than can be counted")
def tensor_of_absurd_size():
    return with_weight(weight_proto(dims=(1 << 40, 1 << 40), float_data=[1]))


@invalid("initializer 'w' is no valid tensor: it has 1152921504606846976 elements")
def tensor_larger_than_any_file():
    return with_weight(weight_proto(dims=(1 << 60,), float_data=[1]))


@invalid("initializer 'w' is no valid tensor: it is stored in segments")
def tensor_in_segments():
    weight = weight_proto(float_data=[1, 2, 3])
    weight.segment.begin = 1
    return with_weight(weight)


@invalid("initializer 'w' is no valid tensor: external data lies at ''")
def external_data_without_place():
    weight = weight_proto()
    weight.data_location = TensorProto.EXTERNAL
    return with_weight(weight)


def sparse(values, indices, dims, indices_dims=None):
    tensor = onnx.SparseTensorProto(dims=dims)
    tensor.values.CopyFrom(helper.make_tensor("w", TensorProto.FLOAT, [len(values)], values))
    tensor.indices.CopyFrom(helper.make_tensor(
        "", TensorProto.INT64, indices_dims or [len(indices)], indices))
    model = make([node("Add", ["x", "w"])])
    model.graph.sparse_initializer.append(tensor)
    return model


@invalid("initializer 'w' is no valid tensor: its index 1 is 9", "expected one within [0, 6)")
def sparse_index_out_of_range():
    return sparse([1, 2], [0, 9], [2, 3])


@invalid("initializer 'w' is no valid tensor: its index 0 is 3 in axis 1",
         "expected one within [0, 3)")
def sparse_coordinate_out_of_range():
    return sparse([1], [0, 3], [2, 3], [1, 2])


@invalid("initializer 'w' is no valid tensor: its indices are not in ascending order")
def sparse_indices_out_of_order():
    return sparse([1, 2], [4, 1], [2, 3])


@invalid("initializer 'w' is no valid tensor: its indices are not in ascending order")
def sparse_index_twice():
    return sparse([1, 2], [4, 4], [2, 3])


@invalid("initializer 'w' is no valid tensor: ", "indices have the shape [3]")
def sparse_with_more_indices_than_values():
    return sparse([1, 2], [0, 1, 2], [2, 3])


@invalid("initializer 'w' is no valid tensor: ", "indices have the shape [1, 3]")
def sparse_indices_of_another_rank():
    return sparse([1], [0, 0, 0], [2, 3], [1, 3])


@invalid("initializer 'w' is no valid tensor: ", "more than 2 GiB")
def sparse_of_absurd_size():
    return sparse([1], [0], [1 << 50])


# ---- subgraphs ---------------------------------------------------------------


def parsed(text):
    return parser.parse_model('<ir_version: 8, opset_import: ["" : 17, "f" : 1]> ' + text)


@invalid("If 'y': ", "'nowhere'")
def branch_output_of_nothing():
    return parsed("""g (bool c, float[2] x) => (float[2] y) {
        y = If(c) <then_branch = t () => (float[2] nowhere) { a = Relu(x) },
                   else_branch = e () => (float[2] b) { b = Neg(x) }> }""")


@invalid("Relu 'a': reads 'inner', which is neither")
def branch_reads_the_other_branch():
    return parsed("""g (bool c, float[2] x) => (float[2] y) {
        y = If(c) <then_branch = t () => (float[2] a) { a = Relu(inner) },
                   else_branch = e () => (float[2] inner) { inner = Neg(x) }> }""")


@invalid("If 'y': its branches give 2 and 1 values, expected as many")
def branches_of_two_sizes():
    return parsed("""g (bool c, float[2] x) => (float[2] y) {
        y = If(c) <then_branch = t () => (float[2] a, float[2] d) { a = Relu(x) d = Neg(x) },
                   else_branch = e () => (float[2] b) { b = Neg(x) }> }""")


@invalid("Loop 'y': ")
def body_with_too_few_inputs():
    return parsed("""g (int64 n, float[2] x) => (float[2] y) {
        y = Loop(n, , x) <body = b (int64 i) => (bool c, float[2] w) {
            c = Constant<value = bool {1}>() w = Neg(x) }> }""")


@invalid("Loop 'y': ")
def body_without_condition():
    return parsed("""g (int64 n, float[2] x) => (float[2] y) {
        y = Loop(n, , x) <body = b (int64 i, bool c, float[2] v) => (float[2] w) {
            w = Neg(v) }> }""")


@invalid("If 'y': has no attribute 'else_branch', expected a graph")
def branch_missing():
    return parsed("""g (bool c, float[2] x) => (float[2] y) {
        y = If(c) <then_branch = t () => (float[2] a) { a = Relu(x) }> }""")


# ---- operands that other operands ask for --------------------------------------


def attention(op, inputs, **attributes):
    model = make([node(op, inputs, domain="com.microsoft", num_heads=2, **attributes)],
                 inputs=[tensor_value("x", (1, 2, 8)), tensor_value("past", (1, 2, 1, 4))],
                 opsets=[("", 20), ("com.microsoft", 1)])
    model.graph.initializer.extend([
        numpy_helper.from_array(np.array([1], np.int32), "lengths"),
        numpy_helper.from_array(np.array(2, np.int32), "total")])
    return model


@invalid("GroupQueryAttention 'it': has no input 2")
def key_without_value():
    return attention("GroupQueryAttention", ["x", "x", "", "", "", "lengths", "total"],
                     kv_num_heads=2)


@invalid("GroupQueryAttention 'it': has no input 7")
def rotation_without_tables():
    return attention("GroupQueryAttention", ["x", "x", "x", "", "", "lengths", "total"],
                     kv_num_heads=2, do_rotary=1)


@invalid("GroupQueryAttention 'it': has no input 4")
def past_key_without_past_value_in_groups():
    return attention("GroupQueryAttention", ["x", "x", "x", "past", "", "lengths", "total"],
                     kv_num_heads=2)


@invalid("GroupQueryAttention 'it': has no input 3")
def past_value_without_past_key_in_groups():
    return attention("GroupQueryAttention", ["x", "x", "x", "", "past", "lengths", "total"],
                     kv_num_heads=2)


@invalid("MultiHeadAttention 'it': has no input 7")
def past_key_without_past_value():
    return attention("MultiHeadAttention", ["x", "x", "x", "", "", "", "past"])


# ---- trees ---------------------------------------------------------------------


@invalid("TreeEnsembleRegressor 'it': names node 0 of tree 0, which does not exist")
def weights_without_nodes():
    return make([node("TreeEnsembleRegressor", domain="ai.onnx.ml", n_targets=1,
                      target_treeids=[0], target_nodeids=[0], target_ids=[0],
                      target_weights=[1.0])], opsets=[("", 20), ("ai.onnx.ml", 3)])


@invalid("TreeEnsembleClassifier 'it': names node 2 of tree 0, which does not exist")
def class_weights_without_nodes():
    return make([node("TreeEnsembleClassifier", outputs=["label", "y"], domain="ai.onnx.ml",
                      classlabels_int64s=[0, 1], class_treeids=[0], class_nodeids=[2],
                      class_ids=[1], class_weights=[1.0])],
                opsets=[("", 20), ("ai.onnx.ml", 3)])


# ---- functions ---------------------------------------------------------------


def function(text, call="f.double(x)"):
    return parsed("g (float[2] x) => (float[2] y) { y = " + call + " } "
                  '<domain: "f", opset_import: ["" : 17, "f" : 1]> ' + text)


@invalid("Relu 'b': reads 'x', which is neither an input nor an initializer")
def function_reads_the_graph():
    return function("double (a) => (b) { b = Relu(x) }")


@invalid("double 'y': the function gives 'b', which nothing computes")
def function_output_of_nothing():
    return function("double (a) => (b) { c = Relu(a) }")


@invalid("Add 'b': has no input 1, expected 2")
def function_needs_what_the_call_leaves_out():
    return function("double (a, w) => (b) { b = Add(a, w) }")


@invalid("If 'b': a subgraph gives 'w', which nothing computes")
def branch_gives_what_the_call_leaves_out():
    return function("""double (a, w) => (b) { c = Constant<value = bool {1}>()
        b = If(c) <then_branch = t () => (float[2] w) { },
                   else_branch = e () => (float[2] d) { d = Neg(a) }> }""")


@invalid("Loop 'b': a subgraph gives 'w', which nothing computes")
def body_gives_what_the_call_leaves_out():
    return function("""double (a, w) => (b) { n = Constant<value = int64 {2}>()
        b = Loop(n, , a) <body = l (int64 i, bool c, float[2] v) => (bool o, float[2] w) {
            o = Identity(c) }> }""")


@invalid("double 'b': the function calls itself")
def function_that_calls_itself():
    return function("double (a) => (b) { b = f.double(a) }")


@invalid("double 'y': has 2 inputs, expected at most 1")
def function_with_too_many_inputs():
    return function("double (a) => (b) { b = Relu(a) }", "f.double(x, x)")


@invalid("double 'y': has 2 outputs, expected at most 1")
def function_with_too_many_outputs():
    model = function("double (a) => (b) { b = Relu(a) }")
    model.graph.node[0].output.append("z")
    return model


@invalid("holds two functions 'double' of the operator set 'f'")
def function_twice():
    model = function("double (a) => (b) { b = Relu(a) }")
    model.functions.append(model.functions[0])
    return model


@invalid("Relu 'b': is of the operator set 'ai.onnx', of which no version is imported")
def function_without_opset():
    model = function("double (a) => (b) { b = Relu(a) }")
    del model.functions[0].opset_import[:]
    return model


@invalid("functions expand to more than 65536 nodes")
def functions_that_double():
    """Each calls the next twice."""
    steps = "".join(f"""<domain: "f", opset_import: ["" : 17, "f" : 1]>
        f{i} (a) => (c) {{ b = f.f{i + 1}(a) c = f.f{i + 1}(b) }} """ for i in range(30))
    return parsed("g (float[2] x) => (float[2] y) { y = f.f0(x) } " + steps +
                  '<domain: "f", opset_import: ["" : 17]> f30 (a) => (c) { c = Neg(a) }')


@invalid("Loop 'b': carried values change their shapes in too many ways")
def more_growing_loops_than_are_imported_again():
    """8192 of them: each body is imported a second time, once its shapes are known."""
    steps = "".join(f"""<domain: "f", opset_import: ["" : 17, "f" : 1]>
        f{i} (a, n) => (c) {{ b = f.f{i + 1}(a, n) c = f.f{i + 1}(b, n) }} """ for i in range(13))
    return parsed("g (float[2] x, int64 n) => (float[k] y) { y = f.f0(x, n) } " + steps + """
        <domain: "f", opset_import: ["" : 17]> f13 (a, n) => (c) {
            b = Loop(n, , a) <body = l (int64 i, bool t, float[m] v) => (bool o, float[m2] w) {
                o = Identity(t) w = Concat<axis=0>(v, a) }>
            z = Constant<value_ints=[0]>() q = Constant<value_ints=[2]>() c = Slice(b, z, q) }""")


# ---- the tests ---------------------------------------------------------------


def compile_model(model, folder):
    path = folder / "broken.onnx"
    path.write_bytes(model.SerializePartialToString())
    return subprocess.run([str(BIN / "lazuli"), "compile", str(path), "-o",
                           str(folder / "out.lzm")],
                          capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", sorted(CASES))
def test_refused(name, tmp_path):
    build, expected = CASES[name]
    result = compile_model(build(), tmp_path)
    assert result.returncode == 1, f"exit code {result.returncode}\n{result.stderr}"
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, f"expected one error:\n{result.stderr}"
    for part in expected + ("broken.onnx",):
        assert part in errors[0]
    assert not (tmp_path / "out.lzm").exists()


def test_inner_names_hide_outer_ones(tmp_path):
    """What ONNX forbids and files nevertheless do: the inner name counts."""
    model = parsed("""g (bool c, float[2] x) => (float[2] y) {
        h = Neg(x)
        y = If(c) <then_branch = t () => (float[2] h) { h = Relu(x) },
                   else_branch = e () => (float[2] b) { b = Neg(h) }> }""")
    result = compile_model(model, tmp_path)
    assert result.returncode == 0, result.stderr
