"""Which linear layers oneDNN gets without measurements."""

import pytest

from cli import lazuli, lazuli_json


def compile_layer(folder, rows, terms, outputs, others=0, target="x86-64-v4"):
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
    lazuli("compile", folder / "net.mlir", "-o", folder / "net.lzm", "--random-weights",
            "--target-cpu", target)
    steps = lazuli_json("inspect", folder / "net.lzm")["entries"][0]["instructions"]
    return next((step["backend"], step["why"]) for step in steps if step["name"] == "fc")


@pytest.mark.parametrize("rows", [1, 2])
def test_reading_the_weights_is_left_to_kernels(tmp_path, rows):
    backend, why = compile_layer(tmp_path, rows, 600, 500)
    assert backend == "cpu"
    assert f"with {rows} row" in why and "bound by reading its weights" in why


@pytest.mark.parametrize("outputs, width", [(512, 64), (500, 64), (1000, 64), (10, 10), (80, 48)])
def test_more_rows_multiply_with_panels_whatever_the_columns(tmp_path, outputs, width):
    # A batch that is not known may be large, but is 1 where work is counted.
    for rows in (64, '"n"') if outputs > 50 else (64,):
        found = compile_layer(tmp_path, rows, 6000, outputs)
        assert found == ("cpu", f"weights in panels of {width} columns")


@pytest.mark.parametrize("rows, terms", [(600, 600), (3000, 96), (2000, 3072)])
def test_so_do_many_whatever_the_terms(tmp_path, rows, terms):
    assert compile_layer(tmp_path, rows, terms, 512) == ("cpu", "weights in panels of 64 columns")


def test_what_panels_are_slower_for_is_for_the_library(tmp_path):
    backend, why = compile_layer(tmp_path, 500, 600, 4)
    assert backend == "onednn"
    assert why.endswith("; not a generated kernel on weights in panels: "
                        "its 4 columns do not fill a vector")
    backend, why = compile_layer(tmp_path, 3, 600, 500, target="x86-64-v3")
    assert backend == "onednn"
    assert why.endswith("panels: vectors of x86-64-v3 are narrower than 64 bytes")


def test_rows_a_page_apart(tmp_path):
    """From a cache the packed weights are faster, from memory they are not."""
    assert compile_layer(tmp_path, 1, 1024, 500)[0] == "onednn"
    assert compile_layer(tmp_path, 1, 1024, 500, others=8 << 20)[0] == "cpu"
