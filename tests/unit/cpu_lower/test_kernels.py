"""The conformance cases of single ops, each as one generated kernel.

What fusion, the runtime and oneDNN would do with them is left out: a failure here is one of
backends/cpu. Run as a script with words, it prints the cases whose names hold all of them.
"""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "conformance"))

from ops import (attention, compare, conv_panels, convolution, depthwise,  # noqa: E402
                 elementwise, indexing, matmul, normalization, pooling, random, recurrent, reduce, shape, suite,
                 winograd)

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import kernels  # noqa: E402

FAMILIES = {module.__name__.split(".")[-1]: module for module in (
    attention, conv_panels, convolution, depthwise, elementwise, indexing, matmul, normalization, pooling,
    random, recurrent, reduce, shape, winograd)}

RUNNER = kernels.Runner()


def uses_indices(case):
    return any(word in case.ops for word in ("gather", "scatter"))


def check(case):
    """What is wrong with a case, or None."""
    try:
        answers = RUNNER.run(suite.module_text([case]), case)
    except kernels.Failure as failure:
        return str(failure)
    for run, got in zip(case.runs, answers):
        if isinstance(got, str):
            if not run.error:
                return got
            continue
        if run.error and uses_indices(case):
            return f"ran, expected it to fail with: {run.error}"
        if run.error:
            continue  # a guard of the runtime's
        for result, expected in zip(got, run.expected):
            reason = compare.differs(result, expected, case.rtol, case.atol)
            if reason:
                return reason
    return None


def is_kernel(case):
    """States and guards are the runtime's."""
    return not any(word in case.ops for word in ("lz.read", "lz.write", "lz.guard"))


@pytest.mark.parametrize("family", FAMILIES)
def test_family(family):
    failures = []
    for case in filter(is_kernel, FAMILIES[family].cases()):
        reason = check(case)
        if reason:
            failures.append(f"{case.name}: {reason[:300]}")
    assert not failures, f"{len(failures)} failures:\n" + "\n".join(failures[:20])


def main(words):
    for family, module in FAMILIES.items():
        cases = [case for case in module.cases() if is_kernel(case)]
        chosen = [case for case in cases
                  if all(word in f"{family}/{case.name}" for word in words)]
        failed = 0
        for case in chosen:
            reason = check(case)
            if reason:
                failed += 1
                print(f"FAIL {family}/{case.name}: {reason[:400]}", flush=True)
                if len(chosen) <= 3:
                    print(case.function(0))
        if chosen:
            print(f"{family}: {failed} of {len(chosen)} failed", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
