"""lazuli compile: what it says, what it writes, how it fails."""

import json
import re
import subprocess

import numpy as np
import pytest
from safetensors.numpy import save_file

from cli import BIN, LAZY_LINEAR, failing, lazuli, lazuli_json


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.mlir"
    path.write_text(LAZY_LINEAR)
    return path


def test_summary_names_what_was_inferred(net, tmp_path):
    text = lazuli("compile", net, "-o", tmp_path / "net.lzm", "--example", "x=f32[2,4]",
                  "--random-weights").stdout
    assert re.search(r"LazyLinear 'fc' +in_features += 4 +from input", text)
    assert "input x" in text and "f32[2, 4]" in text
    assert "output y" in text and "f32[2, 3]" in text
    assert str(tmp_path / "net.lzm") in text


def test_json_summary(net, tmp_path):
    summary = lazuli_json("compile", net, "-o", tmp_path / "net.lzm", "--example", "x=f32[2,4]",
                          "--random-weights")
    assert summary["symbols"][0]["field"] == "in_features"
    assert summary["symbols"][0]["value"] == "4"
    assert "[2, 4]" in summary["symbols"][0]["origin"]
    assert summary["artifact_bytes"] == (tmp_path / "net.lzm").stat().st_size
    assert summary["parameters"] == 2
    assert summary["parameter_bytes"] == 4 * (12 + 3)


def test_example_from_a_file(net, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((5, 7), np.float32))
    summary = lazuli_json("compile", net, "-o", tmp_path / "net.lzm", "--random-weights",
                          "--example", f"x=@{tmp_path / 'x.npy'}")
    assert summary["inputs"] == [{"name": "x", "type": "f32[5, 7]"}]


def test_several_examples_free_a_dimension(net, tmp_path):
    summary = lazuli_json("compile", net, "-o", tmp_path / "net.lzm", "--random-weights",
                          "--example", "x=f32[5,7]", "--example", "x=f32[6,7]")
    assert not summary["inputs"][0]["type"].startswith("f32[5")
    assert summary["symbols"][0]["value"] == "7"


def test_same_seed_same_artifact(net, tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        lazuli("compile", net, "-o", tmp_path / name, "--example", "x=f32[2,4]",
               "--random-weights", "--seed", seed)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()


def test_weights_solve_the_sizes(net, tmp_path):
    weight = np.arange(12, dtype=np.float32).reshape(3, 4)
    save_file({"fc.weight": weight, "fc.bias": np.ones(3, np.float32)}, tmp_path / "w.safetensors")
    lazuli("compile", net, "-o", tmp_path / "net.lzm", "--weights", tmp_path / "w.safetensors",
           "--example", "x=f32[1,4]")
    x = np.ones((1, 4), np.float32)
    np.save(tmp_path / "x.npy", x)
    lazuli("run", tmp_path / "net.lzm", "-i", f"x=@{tmp_path / 'x.npy'}",
           "-o", f"y=@{tmp_path / 'y.npy'}")
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), x @ weight.T + 1, rtol=1e-6)


def test_wrong_weights_are_all_listed(net, tmp_path):
    save_file({"fc.weight": np.zeros((2, 4), np.float32), "other": np.ones(3, np.float32)},
              tmp_path / "w.safetensors")
    message = failing("compile", net, "-o", tmp_path / "net.lzm", "--example", "x=f32[1,4]",
                      "--weights", tmp_path / "w.safetensors")
    for word in ("fc.weight", "fc.bias", "other"):
        assert word in message
    assert not (tmp_path / "net.lzm").exists()


def test_dump_ir_and_report(net, tmp_path):
    lazuli("compile", net, "-o", tmp_path / "net.lzm", "--example", "x=f32[2,4]",
           "--random-weights", "--dump-ir", tmp_path / "ir" / "deep", "--report",
           tmp_path / "report.html")
    assert list((tmp_path / "ir" / "deep").rglob("*.mlir"))
    page = (tmp_path / "report.html").read_text()
    assert "LazyLinear &#39;fc&#39;" in page or "LazyLinear 'fc'" in page
    assert 'id="graph-before"' in page and 'id="graph-after"' in page


def test_explain(net, tmp_path):
    text = lazuli("compile", net, "-o", tmp_path / "net.lzm", "--example", "x=f32[2,4]",
                  "--random-weights", "--explain").stdout
    assert "operations" in text and "fc" in text and "cpu" in text
    said = lazuli_json("compile", net, "-o", tmp_path / "net.lzm", "--example", "x=f32[2,4]",
                       "--random-weights", "--explain")["operations"]
    assert all(set(one) == {"operation", "backend", "what", "why"} for one in said)
    assert any("fc" in one["operation"] and one["backend"] == "cpu" for one in said)


def test_no_native_code_stays_portable(net, tmp_path):
    lazuli("compile", net, "-o", tmp_path / "flat.lzm", "--example", "x=f32[2,4]",
           "--random-weights", "--no-native-code")
    kinds = [s["kind"] for s in lazuli_json("inspect", tmp_path / "flat.lzm")["segments"]]
    assert kinds == ["lzir"]
    lazuli("compile", tmp_path / "flat.lzm", "-o", tmp_path / "net.lzm")
    assert lazuli_json("inspect", tmp_path / "net.lzm")["compiled"]


# ---- failures --------------------------------------------------------------


def test_what_is_missing_is_named(net, tmp_path):
    message = failing("compile", net, "-o", tmp_path / "net.lzm", "--random-weights")
    assert "'x' has no shape" in message and "--example 'x=f32[...]'" in message
    message = failing("compile", net, "-o", tmp_path / "net.lzm", "--example", "x=f32[2,4]")
    assert "--weights FILE" in message and "--random-weights" in message


def test_bad_examples(net, tmp_path):
    for example, word in (("x=f99[2]", "f99"), ("z=f32[2,4]", "z"),
                          ("x=@/nonexistent.npy", "/nonexistent.npy"),
                          ("x=f32[4611686018427387904,1,8,8]", "64-bit")):
        message = failing("compile", net, "-o", tmp_path / "n.lzm", "--random-weights",
                          "--example", example)
        assert word in message


def test_contradictory_examples_name_the_module(net, tmp_path):
    message = failing("compile", net, "-o", tmp_path / "net.lzm", "--random-weights",
                      "--example", "x=f32[2,4]", "--example", "x=f32[2,5]")
    assert "fc" in message and "4" in message and "5" in message


def test_messages_name_modules_and_lines_of_a_traced_program(tmp_path):
    subprocess.run([BIN / "digits", tmp_path / "lazy.lzm"], check=True)
    compile_it = ("compile", tmp_path / "lazy.lzm", "-o", tmp_path / "out.lzm", "--example")
    line = r"   digits\.cpp:\d+$"
    assert re.fullmatch(r"6 \(pool\): kernel is larger .*" + line,
                        failing(*compile_it, "image=f32[1,1,1,1]"))
    assert re.fullmatch(r"expected 4D input to LazyBatchNorm2d '1', .*" + line,
                        failing(*compile_it, "image=f32[1,8,8]"))


def test_bad_text(tmp_path):
    (tmp_path / "bad.mlir").write_text("lz.func @f(")
    assert "bad.mlir" in lazuli("compile", tmp_path / "bad.mlir", "-o", tmp_path / "o.lzm",
                                code=1).stderr
    (tmp_path / "empty.mlir").write_text("")
    assert "empty" in failing("compile", tmp_path / "empty.mlir", "-o", tmp_path / "o.lzm")
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    assert "no model" in failing("compile", tmp_path / "noise.bin", "-o", tmp_path / "o.lzm")


@pytest.mark.parametrize("text, named", [
    ("func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> { return %x : tensor<2xf32> }",
     "'func.func' is an operation of the dialect 'func'"),
    ('"foo.bar"() : () -> ()', "an operation of another dialect"),
    ("lz.func @f(%x: !foo.t) -> !foo.t { lz.return %x : !foo.t }", "is of another dialect")])
def test_text_of_another_dialect(tmp_path, text, named):
    (tmp_path / "net.mlir").write_text(text)
    message = failing("compile", tmp_path / "net.mlir", "-o", tmp_path / "o.lzm")
    assert named in message and "expected operations of lz" in message
    assert "http" not in message and "ialects:" not in message and "allow" not in message


def test_missing_model(tmp_path):
    assert "No such file" in failing("compile", tmp_path / "none.lzm", "-o", tmp_path / "o.lzm")


def test_compiled_already(models, tmp_path):
    message = failing("compile", models / "add.lzm", "-o", tmp_path / "o.lzm")
    assert "compiled already" in message


def test_unwritable_outputs(net, tmp_path):
    base = ("compile", net, "--example", "x=f32[2,4]", "--random-weights", "-o")
    assert "no regular file" in failing(*base, "/dev/full")
    assert "No such file" in failing(*base, tmp_path / "none" / "o.lzm")
    assert "no regular file" in failing(*base, tmp_path)
    lazuli(*base, "/proc/o.lzm", code=1)
    assert "no regular file" in failing(*base, tmp_path / "o.lzm", "--report", "/dev/full")


def test_output_by_default(net, tmp_path):
    """Where the user is, and never the model itself."""
    model = tmp_path / "elsewhere" / "model.lzm"
    model.parent.mkdir()
    lazuli("compile", net, "-o", model, "--no-native-code", "--random-weights", "--example",
           "x=f32[2,4]")
    before = model.read_bytes()
    assert "wrote model.compiled.lzm" in lazuli("compile", model, cwd=tmp_path).stdout
    assert (tmp_path / "model.compiled.lzm").exists() and model.read_bytes() == before


def test_unnamed_dimensions_are_remarked(net, tmp_path):
    several = ("compile", net, "-o", tmp_path / "n.lzm", "--random-weights", "--example",
               "x=f32[2,4]", "--example", "x=f32[3,4]")
    assert "--dynamic x:0=NAME names it" in lazuli(*several).stdout
    assert "names it" not in lazuli(*several, "--dynamic", "x:0=rows").stdout


def test_usage(net):
    assert "MODEL" in failing("compile", code=2)
    failing("compile", net, "--nonsense", code=2)
    for seed in ("-1", "1.5", "x", str(2 ** 64)):
        assert f"'{seed}' is no seed" in failing("compile", net, "--seed", seed, code=2)
    for example in ("x=f32 2,4", "f32[2,4]", "x=f32[2,4", "x=f32[two]", "x"):
        assert f"cannot read the example '{example}', expected" in failing(
            "compile", net, "--example", example, code=2)
    assert "'x:0=' names no symbol" in failing("compile", net, "--dynamic", "x:0=", code=2)


def test_errors_as_json(net, tmp_path):
    result = lazuli("compile", net, "-o", tmp_path / "n.lzm", "--example", "z=f32[1]", "--json",
                    "--random-weights", code=1)
    error = json.loads(result.stdout)["error"]
    assert error["exit_code"] == 1 and "z" in error["message"]
    assert result.stderr.startswith("error: ")


def test_a_symbol_in_expressions_only_cannot_be_told(tmp_path):
    model = tmp_path / "expr.mlir"
    model.write_text('''lz.symbol "n" dynamic {min = 1, max = 8}
lz.func @forward(%x: !lz.tensor<[2*"n"] x f32>) -> !lz.tensor<* x f32> {
  %y = lz.relu %x : (!lz.tensor<[2*"n"] x f32>) -> !lz.tensor<* x f32>
  lz.return %y : !lz.tensor<* x f32>
}
''')
    message = failing("compile", model, "-o", tmp_path / "out.lzm")
    assert "can not tell 'n'" in message and not (tmp_path / "out.lzm").exists()
