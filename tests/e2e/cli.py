"""What the end-to-end tests share: the programs, small models, and how to run them."""

import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(os.environ.get("LAZULI_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("LAZULI_BUILD", ROOT / "build"))
BIN = pathlib.Path(os.environ.get("LAZULI_BIN", BUILD / "bin"))
DIGITS = ROOT / "examples" / "digits"

# Linear(? -> 3) and ReLU on an input of any rank.
LAZY_LINEAR = """
lz.symbol "fc.in_features" lazy {module = "LazyLinear 'fc'", field = "in_features"}
lz.parameter "fc.weight" : !lz.tensor<3 x "fc.in_features" x f32> {init = #lz.kaiming_uniform<2.236>}
lz.parameter "fc.bias" : !lz.tensor<3 x f32> {init = #lz.uniform_fan_in<"fc.weight">}
lz.func @forward(%x: !lz.tensor<* x f32> {lz.name = "x"}) -> (!lz.tensor<* x f32> {lz.name = "y"}) {
  %w = lz.get_parameter "fc.weight" : !lz.tensor<3 x "fc.in_features" x f32>
  %b = lz.get_parameter "fc.bias" : !lz.tensor<3 x f32>
  %0 = lz.linear %x, %w, %b : (!lz.tensor<* x f32>, !lz.tensor<3 x "fc.in_features" x f32>, !lz.tensor<3 x f32>) -> !lz.tensor<* x f32> loc("fc"("net.py":1:1))
  %1 = lz.relu %0 : (!lz.tensor<* x f32>) -> !lz.tensor<* x f32> loc("act"("net.py":2:1))
  lz.return %1 : !lz.tensor<* x f32>
}
"""

# y = a + b, with a number of rows that only a run knows.
ADD = """
lz.symbol "n" dynamic {min = 1, max = 1000}
lz.func @forward(%a: !lz.tensor<"n" x 2 x f32> {lz.name = "a"}, %b: !lz.tensor<"n" x 2 x f32> {lz.name = "b"}) -> (!lz.tensor<"n" x 2 x f32> {lz.name = "sum"}) {
  %0 = lz.add %a, %b : (!lz.tensor<"n" x 2 x f32>, !lz.tensor<"n" x 2 x f32>) -> !lz.tensor<"n" x 2 x f32> loc("add"("net.py":1:1))
  lz.return %0 : !lz.tensor<"n" x 2 x f32>
}
"""

# A state that grows by x with each run.
COUNTER = """
lz.state "total" : !lz.tensor<2 x f32> {init = #lz.fill<0.0>}
lz.func @forward(%x: !lz.tensor<2 x f32> {lz.name = "x"}) -> (!lz.tensor<2 x f32> {lz.name = "y"}) {
  %t = lz.read "total" : !lz.tensor<2 x f32>
  %0 = lz.add %t, %x : (!lz.tensor<2 x f32>, !lz.tensor<2 x f32>) -> !lz.tensor<2 x f32> loc("add"("net.py":1:1))
  lz.write "total", %0 : !lz.tensor<2 x f32>
  lz.return %0 : !lz.tensor<2 x f32>
}
"""


def lazuli(*arguments, cwd=None, code=0, stdout=subprocess.PIPE):
    """Runs the command line; fails the test if it does not end with `code`."""
    command = [str(BIN / "lazuli"), *map(str, arguments)]
    result = subprocess.run(command, cwd=cwd, stdout=stdout, stderr=subprocess.PIPE, text=True)
    shown = f"{' '.join(command)}\n{result.stdout}\n{result.stderr}"
    assert result.returncode == code, f"exit code {result.returncode}, expected {code}\n{shown}"
    return result


def failing(*arguments, code=1, cwd=None):
    """The one error message of a command that has to fail."""
    result = lazuli(*arguments, code=code, cwd=cwd)
    lines = result.stderr.splitlines()
    errors = [line for line in lines if line.startswith("error: ")]
    assert len(errors) == 1, f"expected one error:\n{result.stderr}"
    return result.stderr.partition("error: ")[2].strip()


def lazuli_json(*arguments, cwd=None):
    return json.loads(lazuli(*arguments, "--json", cwd=cwd).stdout)
