"""ONNX's backend suite on Lazuli: the fast part, or all with LAZULI_EXHAUSTIVE=1."""

import os

import pytest

import suite
from skipped import SKIPPED

WHOLE = os.environ.get("LAZULI_EXHAUSTIVE", "0") != "0"
REASONS = {name: reason for reason, names in SKIPPED.items() for name in names}


@pytest.fixture(scope="module")
def worker():
    process = suite.Worker()
    yield process
    process.stop()


def test_the_suite_is_there():
    """An onnx package without its data would otherwise pass."""
    kinds = [name.split("/")[0] for name in suite.cases()]
    assert kinds.count("node") > 1800
    assert len(kinds) - kinds.count("node") > 130


def test_the_list_names_cases():
    unknown = sorted(set(REASONS) - set(suite.cases()))
    assert not unknown, f"skipped.py lists cases that do not exist: {unknown}"


@pytest.mark.parametrize("name", suite.selection(WHOLE, REASONS))
def test_case(worker, name):
    problem = worker.run(name)
    if name in REASONS:
        assert problem, f"{name} passes: take it off the list in skipped.py ({REASONS[name]})"
        pytest.skip(REASONS[name])
    assert not problem, problem


def test_a_crash_ends_one_case_alone(monkeypatch):
    """The process that runs the cases is replaced when one of them ends it."""
    process = suite.Worker()
    monkeypatch.setattr(suite, "run_case", lambda case: os._exit(7))
    assert process.run("node/abs") == "ended its process (exit code 7)"
    monkeypatch.undo()
    assert process.run("node/abs") is None
    process.stop()
