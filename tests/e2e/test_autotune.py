"""Measurements decide between oneDNN and a generated kernel."""

import re

import pytest

from cli import lazuli, lazuli_json

NET = """
lz.parameter "w1" : !lz.tensor<300 x 200 x f32> {init = #lz.fill<0.01>}
lz.parameter "w2" : !lz.tensor<40 x 300 x f32> {init = #lz.fill<0.01>}
lz.func @forward(%x: !lz.tensor<2 x 200 x f32> {lz.name = "x"}, %z: !lz.tensor<1024 x 40 x f32> {lz.name = "z"}, %big: !lz.tensor<40 x 512 x f32> {lz.name = "big"}) -> (!lz.tensor<2 x 40 x f32> {lz.name = "y"}, !lz.tensor<1024 x 512 x f32> {lz.name = "u"}) {
  %w1 = lz.get_parameter "w1" : !lz.tensor<300 x 200 x f32>
  %w2 = lz.get_parameter "w2" : !lz.tensor<40 x 300 x f32>
  %0 = lz.linear %x, %w1 : (!lz.tensor<2 x 200 x f32>, !lz.tensor<300 x 200 x f32>) -> !lz.tensor<2 x 300 x f32> loc("wide")
  %1 = lz.relu %0 : (!lz.tensor<2 x 300 x f32>) -> !lz.tensor<2 x 300 x f32> loc("act")
  %2 = lz.linear %1, %w2 : (!lz.tensor<2 x 300 x f32>, !lz.tensor<40 x 300 x f32>) -> !lz.tensor<2 x 40 x f32> loc("narrow")
  %3 = lz.matmul %z, %big : (!lz.tensor<1024 x 40 x f32>, !lz.tensor<40 x 512 x f32>) -> !lz.tensor<1024 x 512 x f32> loc("large")
  lz.return %2, %3 : !lz.tensor<2 x 40 x f32>, !lz.tensor<1024 x 512 x f32>
}
"""
NOTE = re.compile(r"autotuned: generated ([\d.]+) us, oneDNN ([\d.]+) us")


@pytest.fixture
def net(tmp_path):
    (tmp_path / "net.mlir").write_text(NET)
    return tmp_path


def compile_(net, *flags):
    return lazuli_json("compile", net / "net.mlir", "-o", net / "net.lzm", "--random-weights",
                       "--cache-dir", net / "cache", *flags)


def reasons(net):
    steps = lazuli_json("inspect", net / "net.lzm")["entries"][0]["instructions"]
    return {step["name"]: (step["backend"], step["why"]) for step in steps}


def test_the_faster_is_taken(net):
    found = compile_(net, "--autotune")
    assert (found["measured"], found["cached_times"]) == (2, 0)
    why = reasons(net)
    noted = {name: NOTE.search(text) for name, (_, text) in why.items() if NOTE.search(text)}
    assert len(noted) == 2
    for name, note in noted.items():
        faster = "cpu" if float(note[1]) < float(note[2]) else "onednn"
        if note[1] != note[2]:  # rounded to one digit
            assert why[name][0] == faster, (name, why[name])
    # Nobody asks of a product of a thousand rows.
    assert why["large"][0] == "onednn" and not NOTE.search(why["large"][1])
    lazuli("run", net / "net.lzm", "-i", "x=random", "-i", "z=random", "-i", "big=random")


def test_times_are_kept(net):
    compile_(net, "--autotune")
    first = reasons(net)
    again = compile_(net, "--autotune")
    assert (again["measured"], again["cached_times"]) == (0, 2)
    assert reasons(net) == first
    text = lazuli("compile", net / "net.mlir", "-o", net / "net.lzm", "--random-weights",
                  "--cache-dir", net / "cache", "--autotune").stdout
    assert "0 operations measured, the times of 2 from the cache" in text
    assert compile_(net, "--autotune", "--no-cache")["measured"] == 2
    # Without the option nothing of it remains.
    assert compile_(net)["measured"] == 0
    assert not any(NOTE.search(text) for _, text in reasons(net).values())


def test_only_this_machine_can_be_measured(net):
    result = lazuli("compile", net / "net.mlir", "-o", net / "net.lzm", "--random-weights",
                    "--autotune", "--target-cpu", "x86-64-v3")
    assert "nothing is tuned: measurements are made on this machine" in result.stderr
    assert not any(NOTE.search(text) for _, text in reasons(net).values())


def test_free_dimensions_are_left_to_the_rule(net):
    (net / "net.mlir").write_text(NET.replace("<2 x 200", '<"n" x 200').replace(
        "<2 x 300", '<"n" x 300').replace("<2 x 40", '<"n" x 40').replace(
        'lz.parameter "w1"', 'lz.symbol "n" dynamic {min = 1, max = 9}\nlz.parameter "w1"'))
    assert compile_(net, "--autotune")["measured"] == 0
