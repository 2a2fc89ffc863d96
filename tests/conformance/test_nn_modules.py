"""Every module of the C++ frontend against PyTorch's, and every Lazy form against the same."""

import json

import pytest
import torch

from nn import harness
from nn.cases import CASES
from ops import compare

RUNS = [pytest.param(case, mode, dtype, lazy, id=f"{'Lazy' if lazy else ''}{case.id()}-{mode}-{dtype}")
        for case in CASES for mode in case.modes for dtype in case.dtypes
        for lazy in ([False, True] if case.lazy else [False])]

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def moves(case, name):
    """Instance norm never counts batches: there the counter is no state but a constant."""
    return name != "num_batches_tracked" or case.cls.startswith("Batch")


def check(case, got, expected, what):
    assert len(got) == len(expected)
    for number, (ours, theirs) in enumerate(zip(got, expected)):
        problem = compare.differs(ours, theirs, case.rtol, case.atol)
        assert problem is None, f"{what}, output {number}: {problem}"


@pytest.mark.parametrize("case, mode, dtype, lazy", RUNS)
def test_module(case, mode, dtype, lazy, tmp_path):
    module = harness.reference(case, mode, dtype)
    inputs = harness.inputs_of(case, dtype)
    state = {key: value.clone() for key, value in module.state_dict().items()}
    # Half of the modules are traced with known dimensions, half bound by the example alone.
    ranked = len(case.id()) % 2 == 0
    description = harness.describe(case, inputs, mode, dtype, lazy, ranked)
    program = harness.compile_case(tmp_path, description, inputs, state)
    try:
        # In train mode statistics move: later runs see what earlier ones left.
        for step in range(3 if mode == "train" else 1):
            step_inputs = [value * (step + 1) if value.is_floating_point() else value
                           for value in inputs]
            expected = harness.call(case, module, step_inputs)
            check(case, program.run("forward", step_inputs), expected, f"run {step + 1}")
        if mode == "train":
            for name, value in module.state_dict().items():
                if name in STATISTICS and moves(case, name):
                    check(case, [harness.read_state(program, name, value)], [value], name)
    finally:
        program.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id())
def test_state_dict_keys(case, tmp_path):
    """Names, order and shapes are PyTorch's."""
    path = tmp_path / "keys.json"
    args = {**case.args, **case.extra}
    harness.build({"module": {"class": case.cls, "args": args}, "state_dict": str(path)})
    ours = [(name, shape) for name, shape, _ in json.loads(path.read_text())]
    theirs = [(name, str(list(value.shape)))
              for name, value in getattr(torch.nn, case.cls)(**case.args).state_dict().items()]
    assert ours == theirs
