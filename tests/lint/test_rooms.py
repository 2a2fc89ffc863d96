"""No file includes past the table of rooms (CONTRIBUTING.md, "Rooms")."""

import re

import tree

ROOMS = ("runtime", "ir", "passes", "backends", "frontend", "tools", "python",
         "tests", "examples", "bench")

# The prefix of a file decides what it may include from the repository: the
# longest prefix that fits. Rooms that are not listed may include everything.
ALLOWED = {
    "ir/": ["ir/"],
    # Puts a module into an artifact's `lz-ir` segment and takes it out again.
    "ir/serialize/": ["ir/", "runtime/format/", "runtime/base/"],
    "passes/": ["passes/", "ir/"],
    "frontend/": ["frontend/", "ir/"],
    "backends/": ["backends/", "passes/", "ir/", "runtime/format/", "runtime/base/"],
    # Reads and writes weight files, knows no IR, and so speaks in the runtime's Status.
    "frontend/weights/": ["frontend/weights/", "runtime/base/"],
    # Tensors in files likewise, in the artifact's element types; the command line
    # reads test data by it, without MLIR.
    "frontend/onnx/data/": ["frontend/onnx/data/", "runtime/base/", "runtime/format/"],
    "runtime/": ["runtime/"],
    # The public headers stand alone; what lies below in the runtime looks down only.
    "runtime/include/": [],
    "runtime/base/": ["runtime/base/"],
    "runtime/format/": ["runtime/format/", "runtime/base/"],
    "examples/": ["examples/", "frontend/nn/"],
    "bench/": ["bench/"],
}
# The halves of backends that run, not compile.
RUN_HALF = re.compile(r"^backends/[^/]+/run/")
# Primitive.h is the interface they implement; it sees the format alone.
RUN_HALF_ALLOWED = ["runtime/base/", "runtime/format/", "runtime/exec/Primitive.h"]

# What must not know the compiler: the runtime, and what its tools share with it.
NO_COMPILER = ("runtime/", "frontend/weights/", "frontend/onnx/data/")

FOREIGN = re.compile(r'#include\s*[<"]((?:mlir|mlir-c|llvm|llvm-c|lld|google/protobuf)/[^>"]+)')
OWN = re.compile(r'#include\s*"([^"]+)"')


def is_unit_test(path):
    """Unit tests beside the sources may look everywhere, as tests/ may."""
    return path.name.endswith("Test.cpp")


def allowed_for(path):
    name = str(path)
    if RUN_HALF.match(name):
        return RUN_HALF_ALLOWED + [RUN_HALF.match(name).group(0)]
    fitting = [prefix for prefix in ALLOWED if name.startswith(prefix)]
    return ALLOWED[max(fitting, key=len)] if fitting else None


def lines_of(path):
    return enumerate(tree.read(path).splitlines(), start=1)


def test_includes_follow_the_table():
    problems = []
    for path in tree.code():
        allowed = allowed_for(path)
        if allowed is None or is_unit_test(path):
            continue
        for number, line in lines_of(path):
            match = OWN.match(line)
            if not match or match.group(1).split("/")[0] not in ROOMS:
                continue
            if not match.group(1).startswith(tuple(allowed)):
                problems.append(f"{path}:{number}: includes {match.group(1)}, "
                                f"expected only {', '.join(allowed) or 'nothing of ours'}")
    tree.report(problems)


def test_runtime_includes_no_compiler():
    problems = []
    for path in tree.code():
        if not (str(path).startswith(NO_COMPILER) or RUN_HALF.match(str(path))):
            continue
        for number, line in lines_of(path):
            match = FOREIGN.match(line)
            if match:
                problems.append(f"{path}:{number}: includes {match.group(1)}, "
                                "expected no LLVM, MLIR or protobuf here")
    tree.report(problems)


def test_own_headers_are_named_from_the_root():
    """`#include "Foo.h"` finds a file only by luck once folders are nested."""
    problems = []
    for path in tree.code():
        if str(path).startswith(("examples/", "runtime/include/")):
            continue
        for number, line in lines_of(path):
            match = OWN.match(line)
            if match and "/" not in match.group(1) and (
                    tree.ROOT / path.parent / match.group(1)).exists():
                problems.append(f'{path}:{number}: includes "{match.group(1)}", expected '
                                f'"{path.parent}/{match.group(1)}"')
    tree.report(problems)
