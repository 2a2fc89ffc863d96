"""Runs the `Example:` of every op definition through lazuli-opt.

An example is an op with operands that nobody defines: they become arguments of
a function, with the types that the example's own signature gives them.
Usage: check_examples.py <folder of .td files> <lazuli-opt>
"""

import pathlib
import re
import subprocess
import sys

EXAMPLE = re.compile(r"Example:\s*`([^`]*)`")
OPERAND = re.compile(r"%[\w]+")


def split_types(text):
    """Types of a list, whose commas inside angle brackets separate nothing."""
    types, depth, start = [], 0, 0
    for i, char in enumerate(text):
        depth += {"<": 1, ">": -1}.get(char, 0)
        if char == "," and depth == 0:
            types.append(text[start:i].strip())
            start = i + 1
    return types + [text[start:].strip()] if text.strip() else types


def as_module(example):
    """The example inside a function, or as it is if it stands in a module."""
    if example.startswith(("lz.symbol", "lz.parameter", "lz.state")):
        return example
    operands = OPERAND.findall(example.split(" = ", 1)[-1].split(" : ")[0])
    signature = re.search(r" : \((.*)\) -> ", example)
    types = split_types(signature.group(1)) if signature else []
    if operands and not signature:
        types = [example.rsplit(" : ", 1)[1]]
    assert len(types) == len(operands), example
    arguments = ", ".join(sorted({f"{o}: {t}" for o, t in zip(operands, types)}))
    globals_ = []
    for op, kind in (("get_parameter", "parameter"), ("read", "state"), ("write", "state")):
        match = re.search(rf'lz\.{op} ("[^"]*").* : (\S.*)', example)
        if match:
            globals_.append(f"lz.{kind} {match.group(1)} : {match.group(2)}")
    return "\n".join(globals_ + [f"lz.func @f({arguments}) {{", example, "lz.return", "}"])


def main():
    folder, opt = pathlib.Path(sys.argv[1]), sys.argv[2]
    checked, problems = 0, []
    for path in sorted(folder.glob("*Ops.td")):
        for example in EXAMPLE.findall(path.read_text()):
            example = " ".join(example.split())
            if example.startswith(("lz.return", "lz.yield")):
                continue  # they end the regions of other examples
            result = subprocess.run([opt, "-"], input=as_module(example), text=True,
                                    capture_output=True, check=False)
            checked += 1
            if result.returncode:
                problems.append(f"{path.name}: {example}\n{result.stderr}")
    print("\n".join(problems) or f"{checked} examples")
    return 1 if problems or checked < 50 else 0


sys.exit(main())
