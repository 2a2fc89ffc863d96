"""Which linear layers oneDNN gets without measurements."""

import pytest

from cli import lazuli, lazuli_json


def compile_layer(folder, rows, terms, outputs, others=0):
    """(backend, reason) of a linear layer of that size in a model with other weights."""
    text = f"""
lz.parameter "w" : !lz.tensor<{outputs} x {terms} x f32> {{init = #lz.fill<0.01>}}
lz.parameter "o" : !lz.tensor<{max(others, 1)} x f32> {{init = #lz.fill<0.01>}}
lz.symbol "n" dynamic {{min = 1, max = 9}}
lz.func @forward(%x: !lz.tensor<{rows} x {terms} x f32> {{lz.name = "x"}}) -> (!lz.tensor<{rows} x {outputs} x f32>, !lz.tensor<{max(others, 1)} x f32>) {{
  %w = lz.get_parameter "w" : !lz.tensor<{outputs} x {terms} x f32>
  %o = lz.get_parameter "o" : !lz.tensor<{max(others, 1)} x f32>
  %y = lz.linear %x, %w : (!lz.tensor<{rows} x {terms} x f32>, !lz.tensor<{outputs} x {terms} x f32>) -> !lz.tensor<{rows} x {outputs} x f32> loc("fc")
  lz.return %y, %o : !lz.tensor<{rows} x {outputs} x f32>, !lz.tensor<{max(others, 1)} x f32>
}}
"""
    (folder / "net.mlir").write_text(text)
    lazuli("compile", folder / "net.mlir", "-o", folder / "net.lzm", "--random-weights")
    steps = lazuli_json("inspect", folder / "net.lzm")["entries"][0]["instructions"]
    return next((step["backend"], step["why"]) for step in steps if step["name"] == "fc")


@pytest.mark.parametrize("rows", [1, 2])
def test_reading_the_weights_is_left_to_kernels(tmp_path, rows):
    backend, why = compile_layer(tmp_path, rows, 600, 500)
    assert backend == "cpu"
    assert f"with {rows} row" in why and "bound by reading its weights" in why


def test_more_rows_are_for_the_library(tmp_path):
    assert compile_layer(tmp_path, 3, 600, 500)[0] == "onednn"
    # A batch that is not known may be large.
    assert compile_layer(tmp_path, '"n"', 600, 500)[0] == "onednn"


def test_rows_a_page_apart(tmp_path):
    """From a cache the packed weights are faster, from memory they are not."""
    assert compile_layer(tmp_path, 1, 1024, 500)[0] == "onednn"
    assert compile_layer(tmp_path, 1, 1024, 500, others=8 << 20)[0] == "cpu"
