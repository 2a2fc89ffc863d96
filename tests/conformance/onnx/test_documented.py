"""The table of operators in frontend/onnx/README.md, against what the importer knows."""

import pathlib
import re

import onnx
import onnx.defs
import pytest
from onnx import TensorProto, helper

import lazuli

README = pathlib.Path(__file__).resolve().parents[3] / "frontend" / "onnx" / "README.md"


def table():
    """The second column of the table, by domain."""
    rows = re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|$", README.read_text(), re.MULTILINE)
    return {domain: text for names, text in rows for domain in re.findall(r"`([\w.]+)`", names)}


def documented(domain):
    """(read, refused): the names that the table claims for a domain."""
    text = table()[domain]
    if not text.startswith("all"):
        return set(text.split(", ")), set()
    known = {schema.name for schema in onnx.defs.get_all_schemas_with_history()
             if (schema.domain or "ai.onnx") == domain}
    refused = {name for name in known
               if text.startswith("all but") and re.search(rf"\b{name}\b", text)}
    return known - refused, refused


def is_known(domain, name, folder):
    """Whether the importer says anything of the operator but that it is not supported."""
    node = helper.make_node(name, ["x"], ["y"], domain="" if domain == "ai.onnx" else domain)
    graph = helper.make_graph([node], "graph", [helper.make_tensor_value_info(
        "x", TensorProto.FLOAT, [2])], [helper.make_empty_tensor_value_info("y")])
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(node.domain or "ai.onnx.ml", 1)]
    path = folder / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), path)
    try:
        lazuli.compile(path)
    except lazuli.Error as error:
        return not re.search("operator is not supported|differentiation", str(error))
    return True


@pytest.mark.parametrize("domain", ["ai.onnx", "ai.onnx.ml", "ai.onnx.preview",
                                    "ai.onnx.preview.training", "com.microsoft"])
def test_operators(domain, tmp_path):
    read, refused = documented(domain)
    assert read
    found = {name for name in read | refused if is_known(domain, name, tmp_path)}
    assert found == read


def test_count():
    """The number that the table gives for the default domain."""
    read, _ = documented("ai.onnx")
    assert f"all {len(read)}," in table()["ai.onnx"]
