"""Artifacts with code for several processors."""

import numpy as np
import pytest

from cli import failing, lazuli, lazuli_json

# Kernels whose tiles depend on the width of vectors, their grids on free dimensions.
NET = """
lz.symbol "n" dynamic {min = 1, max = 100}
lz.func @forward(%x: !lz.tensor<"n" x 130 x f32> {lz.name = "x"}, %w: !lz.tensor<130 x 75 x f32> {lz.name = "w"}) -> (!lz.tensor<"n" x 75 x f32> {lz.name = "y"}) {
  %0 = lz.matmul %x, %w : (!lz.tensor<"n" x 130 x f32>, !lz.tensor<130 x 75 x f32>) -> !lz.tensor<"n" x 75 x f32> loc("fc")
  %1 = lz.softmax %0 {axis = 1} : (!lz.tensor<"n" x 75 x f32>) -> !lz.tensor<"n" x 75 x f32> loc("softmax")
  %2 = lz.cumulative sum %1 {axis = 0} : (!lz.tensor<"n" x 75 x f32>) -> !lz.tensor<"n" x 75 x f32> loc("sum")
  lz.return %2 : !lz.tensor<"n" x 75 x f32>
}
"""


def has_v4():
    with open("/proc/cpuinfo") as info:
        return "avx512vl" in info.read()


needs_v4 = pytest.mark.skipif(not has_v4(), reason="this CPU has no AVX-512")


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    folder = tmp_path_factory.mktemp("targets")
    (folder / "net.mlir").write_text(NET)
    lazuli("compile", folder / "net.mlir", "-o", folder / "net.lzm", "--target-cpu",
           "x86-64-v3,x86-64-v4")
    return folder


def bench_target(net, n=9):
    return lazuli_json("bench", net / "net.lzm", "--dim", f"n={n}", "--seconds", 0.01, "--warmup",
                       0)["target"]


@needs_v4
def test_the_best_is_run(net):
    assert bench_target(net) == "x86-64-v4"


def test_inspect_lists_targets(net):
    targets = lazuli_json("inspect", net / "net.lzm")["targets"]
    assert [target["cpu"] for target in targets] == ["x86-64-v3", "x86-64-v4"]
    assert "avx512f" in targets[1]["features"] and "avx512f" not in targets[0]["features"]
    assert targets[0]["kernels"] == targets[1]["kernels"] > 0
    text = lazuli("inspect", net / "net.lzm").stdout
    assert "target x86-64-v3: " in text and "target x86-64-v4: " in text
    lazuli("verify", net / "net.lzm")


def expected(x, w):
    y = x.astype(np.float64) @ w
    y = np.exp(y - y.max(1, keepdims=True))
    return np.cumsum(y / y.sum(1, keepdims=True), 0)


@pytest.mark.parametrize("cpu", ["x86-64-v3", pytest.param("x86-64-v4", marks=needs_v4)])
def test_each_target_computes_the_same(net, tmp_path, monkeypatch, cpu):
    monkeypatch.setenv("LAZULI_TARGET_CPU", cpu)
    assert bench_target(net) == cpu
    rng = np.random.default_rng(0)
    w = rng.standard_normal((130, 75)).astype(np.float32)
    np.save(tmp_path / "w.npy", w)
    for n in (1, 3, 17, 100):
        x = rng.standard_normal((n, 130)).astype(np.float32)
        np.save(tmp_path / "x.npy", x)
        for threads in (1, 3):
            lazuli("run", net / "net.lzm", "-i", f"x=@{tmp_path}/x.npy", "-i",
                   f"w=@{tmp_path}/w.npy", "-j", threads, "-o", f"y=@{tmp_path}/y.npy")
            np.testing.assert_allclose(np.load(tmp_path / "y.npy"), expected(x, w), rtol=2e-5,
                                       atol=1e-6)


def test_a_target_that_is_not_there(net, monkeypatch):
    monkeypatch.setenv("LAZULI_TARGET_CPU", "znver9")
    assert "LAZULI_TARGET_CPU is 'znver9', which this CPU or the artifact lacks" in failing(
        "bench", net / "net.lzm", "--dim", "n=2")


def test_alone_each_is_the_same_code(net, tmp_path):
    """What is compiled beside a target changes nothing in it."""
    sizes = []
    for cpu in ("x86-64-v3", "x86-64-v4"):
        lazuli("compile", net / "net.mlir", "-o", tmp_path / "one.lzm", "--target-cpu", cpu)
        one, = [s for s in lazuli_json("inspect", tmp_path / "one.lzm")["segments"]
                if s["kind"] == "code"]
        sizes.append(one["bytes"])
    both = [s["bytes"] for s in lazuli_json("inspect", net / "net.lzm")["segments"]
            if s["kind"] == "code"]
    assert both == sizes


def test_lists_of_targets(net, tmp_path):
    def compile_(cpus, code=0):
        return lazuli("compile", net / "net.mlir", "-o", tmp_path / "t.lzm", "--target-cpu", cpus,
                      code=code).stderr
    assert "is named twice in 'x86-64-v3,x86-64-v3'" in compile_("x86-64-v3,x86-64-v3", code=1)
    assert "unknown target cpu '486'" in compile_("x86-64-v3,486", code=1)
    assert "unknown target cpu ''" in compile_("x86-64-v3,", code=1)
    compile_("x86-64-v3,+avxvnni,haswell")
    targets = lazuli_json("inspect", tmp_path / "t.lzm")["targets"]
    assert [target["cpu"] for target in targets] == ["x86-64-v3", "haswell"]
    assert "avxvnni" in targets[0]["features"] and "avxvnni" not in targets[1]["features"]
