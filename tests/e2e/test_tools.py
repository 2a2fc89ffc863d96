"""lazuli bench, inspect, verify, completion, --help: what they print, how they fail."""

import json
import math
import random
import shutil
import subprocess
import time

import pytest

from cli import BIN, failing, lazuli, lazuli_json

COMMANDS = ["compile", "run", "bench", "inspect", "verify", "diff", "completion"]


# ---- bench -----------------------------------------------------------------


def test_bench_latency(models):
    text = lazuli("bench", models / "linear.lzm", "--dim", "x.0=8", "--seconds", 0.1,
                  code=1).stderr
    assert "expected one of: batch" in text
    text = lazuli("bench", models / "linear.lzm", "--dim", "batch=8", "--seconds", 0.1,
                  "--warmup", 0.01, "--profile").stdout
    for word in ("f32[8, 4]", "median", "p90", "p99", "runs/s", "rows/s", "peak memory",
                 "GFLOP/s", "share", "of their own that record times, mean"):
        assert word in text


def test_costs(models, tmp_path):
    """Operations and bytes of instructions, by the sizes of a run, and the names of kernels."""
    # y = x @ w' + b of [batch, 4] and [3, 4], then a relu.
    flops, size = 2 * 3 * 4 + 3 + 3, 4 * (4 + 3)
    for batch in (1, 8):
        entry = lazuli_json("inspect", models / "linear.lzm", "--dim", f"batch={batch}")["entries"][0]
        assert [i["flops"] for i in entry["instructions"]] == [batch * flops]
        assert [i["bytes"] for i in entry["instructions"]] == [batch * size + 4 * (3 * 4 + 3)]
    assert "240 FLOP" in lazuli("inspect", models / "linear.lzm", "--dim", "batch=8").stdout
    found = lazuli_json("bench", models / "linear.lzm", "--dim", "batch=8", "--seconds", 0.05,
                        "--warmup", 0.01, "--profile")["operations"]
    assert [op["flops"] for op in found] == [8 * flops]
    assert found[0]["gflops_per_second"] == pytest.approx(8 * flops / found[0]["mean_us"] / 1e3)
    assert found[0]["gigabytes_per_second"] > 0
    copies = lazuli_json("inspect", models / "counter.lzm")["entries"][0]["instructions"]
    assert [i["bytes"] for i in copies] == [3 * 8] + [2 * 8] * (len(copies) - 1)


def bandwidth(machine, size):
    """As bench reads it off its curve, which it writes out."""
    points = machine["bandwidth"]
    for low, high in zip(points, points[1:]):
        if low["bytes"] < size <= high["bytes"]:
            share = math.log(size / low["bytes"]) / math.log(high["bytes"] / low["bytes"])
            rates = low["gigabytes_per_second"], high["gigabytes_per_second"]
            return (rates[0] + share * (rates[1] - rates[0])) * 1e3
    return points[0 if size <= points[0]["bytes"] else -1]["gigabytes_per_second"] * 1e3


def test_roofline(models, tmp_path):
    """Each operation's bound follows from its cost and what was measured of the machine."""
    text = """lz.parameter "w" : !lz.tensor<512 x 512 x f32> {init = #lz.fill<0.5>}
lz.func @f(%x: !lz.tensor<1 x 512 x f32>, %i: !lz.tensor<2 x i64>) -> (!lz.tensor<1 x 512 x f32>, !lz.tensor<2 x 512 x f32>) {
  %w = lz.get_parameter "w" : !lz.tensor<512 x 512 x f32>
  %y = lz.linear %x, %w : (!lz.tensor<1 x 512 x f32>, !lz.tensor<512 x 512 x f32>) -> !lz.tensor<1 x 512 x f32>
  %g = lz.gather %w, %i {axis = 0} : (!lz.tensor<512 x 512 x f32>, !lz.tensor<2 x i64>) -> !lz.tensor<2 x 512 x f32>
  lz.return %y, %g : !lz.tensor<1 x 512 x f32>, !lz.tensor<2 x 512 x f32>
}"""
    (tmp_path / "net.mlir").write_text(text)
    lazuli("compile", tmp_path / "net.mlir", "-o", tmp_path / "net.lzm", "--random-weights")
    command = ("bench", tmp_path / "net.lzm", "--input", "arg1=[1,2]", "--seconds", 0.02, "--warmup", 0,
               "--profile")
    found = lazuli_json(*command)
    machine = found["machine"]
    assert machine["threads"] == found["threads"]
    ops = {"gather" if op["flops"] == 0 else "linear": op for op in found["operations"]}
    weights, rows = 4 * 512 * 512, 2 * 4 * 512
    # The gather touches two rows of its table, and counts as weights all the same.
    small = 2 * rows + 2 * 8
    assert ops["gather"]["bytes"] == small
    everything = bandwidth(machine, weights + small)
    memory = weights / everything + 4096 / bandwidth(machine, 4096)
    compute = ops["linear"]["flops"] / machine["gflops_per_second"]["f32"] / 1e3
    assert ops["linear"]["bound_us"] == pytest.approx(max(memory, compute))
    assert ops["linear"]["bound_by"] == ("memory" if memory > compute else "compute")
    assert ops["gather"]["bound_us"] == pytest.approx(small / everything)
    for op in ops.values():
        assert op["roofline_share"] == pytest.approx(op["bound_us"] / op["mean_us"])
    times = [op["mean_us"] for op in lazuli_json(*command, "--sort", "time")["operations"]]
    assert times == sorted(times, reverse=True)
    text = lazuli(*command, "--sort", "gain").stdout
    for word in ("roofline", "GB/s by working set", "memory"):
        assert word in text
    assert "--sort" in lazuli(*command, "--sort", "size", code=2).stderr


def test_kernels_have_the_names_of_modules(models, tmp_path):
    named = lazuli_json("inspect", models / "add.lzm")["entries"][0]["instructions"]
    assert [i["what"] for i in named] == ["add"]
    text = """lz.func @forward(%x: !lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32> {
  %0 = lz.cumulative sum %x {axis = 0} : (!lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32> loc("block.sum-1")
  %1 = lz.cumulative sum %0 {axis = 1} : (!lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32> loc("7")
  %2 = lz.cumulative sum %1 {axis = 0} : (!lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32> loc("again")
  %3 = lz.cumulative prod %2 {axis = 0} : (!lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32> loc("7")
  %4 = lz.softmax %3 {axis = 1} : (!lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32> loc("exp")
  %5 = lz.relu %4 : (!lz.tensor<4 x 4 x f32>) -> !lz.tensor<4 x 4 x f32> loc("act")
  lz.return %5 : !lz.tensor<4 x 4 x f32>
}"""
    (tmp_path / "net.mlir").write_text(text)
    lazuli("compile", tmp_path / "net.mlir", "-o", tmp_path / "net.lzm")
    named = lazuli_json("inspect", tmp_path / "net.lzm")["entries"][0]["instructions"]
    # The third is the first one's kernel; "exp" is no function of C.
    assert [i["what"] for i in named] == ["block_sum_1", "cumulative_7", "block_sum_1",
                                          "cumulative_7_2", "exp_relu"]
    lazuli("run", tmp_path / "net.lzm", "-i", "arg0=random")
    assert "cumulative_7_2" in lazuli("bench", tmp_path / "net.lzm", "--seconds", 0.01, "--warmup",
                                      0, "--profile").stdout


def test_bench_json(models):
    found = lazuli_json("bench", models / "linear.lzm", "--seconds", 0.1, "--warmup", 0.01,
                        "--profile")
    latency = found["latency"]
    assert 0 < latency["min"] <= latency["median"] <= latency["p90"] <= latency["p99"]
    assert found["runs"] >= 20
    assert found["peak_memory_bytes"] > 1 << 20
    assert abs(sum(op["share"] for op in found["operations"]) - 1) < 1e-6


def test_bench_throughput(models):
    found = lazuli_json("bench", models / "add.lzm", "--mode", "throughput", "--sessions", 2,
                        "--seconds", 0.1, "--warmup", 0.01)
    assert found["sessions"] == 2 and found["threads"] == 1
    assert found["runs_per_second"] > 0


def test_bench_usage(models):
    failing("bench", models / "add.lzm", "--mode", "sideways", code=2)
    failing("bench", models / "add.lzm", "--sessions", "2", code=2)
    failing("bench", models / "add.lzm", "--dim", "n=", code=2)
    assert "1 to 1000" in failing("bench", models / "add.lzm", "--dim", "n=1001")


# ---- inspect ---------------------------------------------------------------


def test_inspect_compiled(models):
    text = lazuli("inspect", models / "linear.lzm", "--graph", "--memory", "--dim",
                  "batch=8").stdout
    for word in ("compiled artifact", "LazyLinear 'fc'", "in_features", "= 4", "batch", "1 to 64",
                 "input   x", "f32[batch, 4]", "f32[batch, 3]", "1 instruction\n", "segment", "code",
                 "memory of temporaries"):
        assert word in text, word
    found = lazuli_json("inspect", models / "linear.lzm")
    assert found["compiled"]
    assert found["entries"][0]["name"] == "forward"
    assert all(i["backend"] and i["what"] for i in found["entries"][0]["instructions"])
    assert json.loads(found["metadata"]["report"])["symbols"][0]["field"] == "in_features"
    size = (models / "linear.lzm").stat().st_size
    assert found["bytes"] == size
    assert all(s["offset"] % 4096 == 0 and s["offset"] + s["bytes"] <= size
               for s in found["segments"])


def test_inspect_states(models):
    found = lazuli_json("inspect", models / "counter.lzm")
    assert found["states"] == [{"name": "total", "type": "f32[2]", "bytes": 8}]


def test_inspect_unresolved(models, tmp_path):
    path = tmp_path / "flat.lzm"
    lazuli("compile", models / "linear.mlir", "-o", path, "--example", "x=f32[2,4]",
           "--random-weights", "--no-native-code")
    found = lazuli_json("inspect", path, "--memory")
    assert not found["compiled"] and found["memory"] is None
    assert [(p["name"], p["type"]) for p in found["parameters"]] == [
        ("fc.weight", "f32[3, 4]"), ("fc.bias", "f32[3]")]
    assert found["entries"][0]["inputs"] == [{"name": "x", "type": "f32[2, 4]"}]
    text = lazuli("inspect", path).stdout
    assert "unresolved artifact" in text and "fc.weight" in text
    assert "kaiming_uniform(2.236)" in text and 'uniform_fan_in("fc.weight")' in text


# ---- verify ----------------------------------------------------------------


def test_verify(models):
    assert "ok" in lazuli("verify", models / "linear.lzm").stdout
    assert lazuli_json("verify", models / "linear.lzm")["ok"]


def test_verify_before_compiling(models, tmp_path):
    lazuli("compile", models / "linear.mlir", "-o", tmp_path / "flat.lzm", "--example",
           "x=f32[2,4]", "--random-weights", "--no-native-code")
    assert "not compiled yet" in lazuli("verify", tmp_path / "flat.lzm").stdout


def test_truncated_artifacts(models, tmp_path):
    whole = (models / "linear.lzm").read_bytes()
    path = tmp_path / "cut.lzm"
    for size in (1, 7, 8, 63, 64, 500, 4096, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        for command in ("verify", "inspect", "run", "bench"):
            assert "cut.lzm" in failing(command, path)


def test_every_flipped_segment_byte_is_found(models, tmp_path):
    path = tmp_path / "bad.lzm"
    shutil.copy(models / "linear.lzm", path)
    segments = lazuli_json("inspect", path)["segments"]
    whole = bytearray(path.read_bytes())
    for segment in segments:
        if not segment["bytes"]:
            continue
        position = segment["offset"] + segment["bytes"] // 2
        whole[position] ^= 16
        path.write_bytes(whole)
        whole[position] ^= 16
        result = lazuli("verify", path, "--json", code=1)
        assert json.loads(result.stdout)["error"]["code"] == "DATA_LOSS"


def test_mutated_artifacts_never_crash(models, tmp_path):
    whole = (models / "linear.lzm").read_bytes()
    path = tmp_path / "mutant.lzm"
    chance = random.Random(1)
    for _ in range(150):
        mutant = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            mutant[chance.randrange(2048)] = chance.randrange(256)
        path.write_bytes(mutant)
        for command in ("verify", "inspect"):
            result = subprocess.run([BIN / "lazuli", command, path], capture_output=True)
            assert result.returncode in (0, 1), result.stderr


def test_not_an_artifact(tmp_path):
    (tmp_path / "x.lzm").write_text("hello")
    for command in ("verify", "inspect"):
        assert "x.lzm" in failing(command, tmp_path / "x.lzm")
        assert "none.lzm" in failing(command, tmp_path / "none.lzm")


# ---- the command line itself -----------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples(command):
    text = lazuli(command, "--help").stdout
    assert "example" in text and f"lazuli {command} " in text


def test_help_and_version():
    assert all(command in lazuli("--help").stdout for command in COMMANDS)
    assert lazuli("--version").stdout.startswith("lazuli ")


def test_usage_errors():
    failing(code=2)
    assert "no command 'explode', expected one of: compile, run" in failing("explode", code=2)
    assert "perhaps 'compile' is meant" in failing("compiel", code=2)
    assert "perhaps 'run' is meant" in failing("rnu", "net.lzm", code=2)
    assert "lazuli verify --help" in failing("verify", code=2)


def test_starts_fast():
    """Nothing of LLVM is loaded to print a version."""
    best = min(timed() for _ in range(5))
    assert best < 0.1


def timed():
    begin = time.perf_counter()
    lazuli("--version")
    return time.perf_counter() - begin


def test_needs_no_compiler_library():
    needed = subprocess.run(["readelf", "-d", BIN / "lazuli"], capture_output=True, text=True,
                            check=True).stdout
    assert "LLVM" not in needed and "MLIR" not in needed and "lazuli_runtime" in needed


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_option(shell):
    script = lazuli("completion", shell).stdout
    for word in ("compile", "--target-cpu" if shell != "fish" else "-l target-cpu", "throughput"):
        assert word in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_bash_completes(tmp_path):
    script = lazuli("completion", "bash").stdout + """
COMP_WORDS=(lazuli bench --se); COMP_CWORD=2; _lazuli; echo "${COMPREPLY[@]}"
COMP_WORDS=(lazuli co); COMP_CWORD=1; _lazuli; echo "${COMPREPLY[@]}"
COMP_WORDS=(lazuli bench --mode ''); COMP_CWORD=3; _lazuli; echo "${COMPREPLY[@]}"
COMP_WORDS=(lazuli run x=@a); COMP_CWORD=2; _lazuli; echo "${COMPREPLY[@]}"
"""
    (tmp_path / "ab.npy").write_text("")
    result = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    lines = result.stdout.splitlines()
    assert set(lines[0].split()) == {"--seed", "--sessions", "--seconds"}
    assert set(lines[1].split()) == {"compile", "completion"}
    assert set(lines[2].split()) == {"latency", "throughput"}
    assert lines[3] == "x=@ab.npy"


def test_closed_pipe_is_no_disaster(models):
    result = subprocess.run(["bash", "-c", f"'{BIN}/lazuli' inspect '{models}/linear.lzm' | true"],
                            capture_output=True, text=True)
    assert result.returncode == 0
