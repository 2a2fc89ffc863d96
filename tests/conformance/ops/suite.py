"""Compiles cases, many in one module, runs them and makes pytest functions of them.

A module that does not compile is halved until the cases at fault stand alone, so that one
defect does not hide the others. LAZULI_EXHAUSTIVE=1 adds the slow cases.
"""

import os
import pathlib
import subprocess
import tempfile

import pytest

from . import artifact, compare

EXHAUSTIVE = os.environ.get("LAZULI_EXHAUSTIVE", "0") != "0"
COMPILER = pathlib.Path(os.environ.get("LAZULI_BIN", artifact.BUILD / "bin")) / "lazuli"
CASES_PER_MODULE = 100


def module_text(cases):
    symbols = sorted(set().union(*(case.symbols(i) for i, case in enumerate(cases))))
    text = "".join(f'lz.symbol "{name}" dynamic\n' for name in symbols)
    text += "".join(case.globals for case in cases)
    return text + "".join(case.function(i) for i, case in enumerate(cases))


def compile_module(cases, folder):
    """The program of all cases, or the compiler's words."""
    source, target = pathlib.Path(folder) / "module.mlir", pathlib.Path(folder) / "module.lzm"
    source.write_text(module_text(cases))
    command = [str(COMPILER), "compile", str(source), "-o", str(target)]
    command += os.environ.get("LAZULI_COMPILE_FLAGS", "").split()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        return f"exit code {done.returncode}: {done.stderr.strip()[-2000:]}"
    try:
        return artifact.Program(target)
    except artifact.RuntimeFailure as failure:
        return f"does not load: {failure}"


def compile_all(cases):
    """For each case its program and entry, or why it has none."""
    with tempfile.TemporaryDirectory() as folder:
        program = compile_module(cases, folder)
    if not isinstance(program, str):
        return [(program, f"f{i}") for i in range(len(cases))]
    if len(cases) == 1:
        return [program]
    half = len(cases) // 2
    return compile_all(cases[:half]) + compile_all(cases[half:])


def check_run(program, entry, case, run):
    """What is wrong with one run, or None."""
    try:
        results = program.run(entry, run.inputs)
    except artifact.RuntimeFailure as failure:
        if run.error and run.error in str(failure):
            return None
        return f"{failure}" + (f" (expected: {run.error})" if run.error else "")
    if run.error:
        return f"ran, expected it to fail with: {run.error}"
    if len(results) != len(run.expected):
        return f"{len(results)} results, expected {len(run.expected)}"
    for number, (got, expected) in enumerate(zip(results, run.expected)):
        reason = compare.differs(got, expected, case.rtol, case.atol)
        if reason:
            return f"result {number}: {reason}"
    return None


def check_case(compiled, case):
    """What is wrong with a case, or None."""
    if isinstance(compiled, str):
        return f"does not compile: {compiled}"
    program, entry = compiled
    for number, run in enumerate(case.runs):
        reason = check_run(program, entry, case, run)
        if reason:
            return f"run {number}: {reason}" if len(case.runs) > 1 else reason
    return None


class Chunk:
    """Cases that are compiled together when the first of them is wanted."""

    def __init__(self, cases):
        self.cases, self.compiled = cases, None

    def check(self, position):
        if self.compiled is None:
            self.compiled = compile_all(self.cases)
        case = self.cases[position]
        reason = check_case(self.compiled[position], case)
        return reason and f"{case.name}: {reason}\n{case.function(position)}"


def make_test(cases, per_module=CASES_PER_MODULE):
    """A pytest function with one parameter per case."""
    cases = list(cases)
    names = [case.name for case in cases]
    repeated = {name for name in names if names.count(name) > 1} if len(names) < 5000 else set()
    assert not repeated, f"cases of the same name: {sorted(repeated)}"
    chunks = [Chunk(cases[i:i + per_module]) for i in range(0, len(cases), per_module)]
    parameters = [pytest.param(chunk, i, id=case.name)
                  for chunk in chunks for i, case in enumerate(chunk.cases)]

    @pytest.mark.parametrize("chunk, position", parameters)
    def run_case(chunk, position):
        reason = chunk.check(position)
        assert reason is None, reason

    return run_case
