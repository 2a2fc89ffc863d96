"""What refers to the module: parameters, constants, states, guards, expectations, and
functions that share them."""

import torch

from . import dtypes
from .case import Case, Run, _parameter, op, type_text
from .reduce import random_of

SCALAR = "!lz.tensor<i64>"


def constant_cases():
    for dtype in dtypes.ANY:
        x = random_of((7,), dtype, 120)
        yield Case(f"parameter-{dtype}", f'%r = lz.get_parameter "const.{dtype}" : {type_text(x)}',
                   [], ["r"], [type_text(x)], [Run([], [x])],
                   _parameter(f"const.{dtype}", x))
    for text, expected in (("dense<1.5> : tensor<2x3xf32>", torch.full((2, 3), 1.5)),
                           ("dense<[[1, -2], [3, 4]]> : tensor<2x2xi8>",
                            torch.tensor([[1, -2], [3, 4]], dtype=torch.int8)),
                           ("dense<[true, false]> : tensor<2xi1>", torch.tensor([True, False])),
                           ("dense<7> : tensor<i64>", torch.tensor(7)),
                           ("dense<[255, 0]> : tensor<2xui8>",
                            torch.tensor([255, 0], dtype=torch.uint8)),
                           ("dense<> : tensor<0x3xf32>", torch.zeros(0, 3))):
        element = dtypes.of(expected)
        yield Case(f"constant-{element}-{list(expected.shape)}".replace(" ", ""),
                   f"%r = lz.constant {text}", [], ["r"], [type_text(expected)],
                   [Run([], [expected])])
    x = random_of((3, 4), dtypes.F32, 121)
    yield Case("argument-returned", "", [type_text(x)], ["0", "0"], [type_text(x)] * 2,
               [Run([x], [x, x])])
    view = "!lz.tensor<12 x f32>"
    yield Case("view-of-argument-returned",
               f"%r = lz.reshape %0 {{shape = #lz.dims<12>}} : ({type_text(x)}) -> {view}",
               [type_text(x)], ["r", "0"], [view, type_text(x)], [Run([x], [x.reshape(12), x])])
    yield Case("no-results", "", [type_text(x)], [], [], [Run([x], [])])


def state(name, value):
    return _parameter(name, value).replace("lz.parameter", "lz.state")


def state_cases():
    # The counter counts the runs of a session.
    yield Case("counter", f"""
        %old = lz.read "counter" : {SCALAR}
        %one = lz.constant dense<1> : tensor<i64>
        %r = lz.add %old, %one : ({SCALAR}, {SCALAR}) -> {SCALAR}
        lz.write "counter", %r : {SCALAR}""", [], ["old", "r"], [SCALAR] * 2,
               [Run([], [torch.tensor(i), torch.tensor(i + 1)]) for i in (5, 6, 7)],
               state("counter", torch.tensor(5)))
    # Reads before and after a write, and a value that outlives two writes.
    x = [random_of((2, 3), dtypes.F32, seed) for seed in (122, 123, 124)]
    ranked = type_text(x[0])
    yield Case("ordered", f"""
        %before = lz.read "memory" : {ranked}
        lz.write "memory", %0 : {ranked}
        %between = lz.read "memory" : {ranked}
        %twice = lz.add %between, %between : ({ranked}, {ranked}) -> {ranked}
        lz.write "memory", %twice : {ranked}
        %after = lz.read "memory" : {ranked}""", [ranked], ["before", "between", "after"],
               [ranked] * 3,
               [Run([x[1]], [x[0], x[1], x[1] * 2]), Run([x[2]], [x[1] * 2, x[2], x[2] * 2])],
               state("memory", x[0]))
    # Two states exchange their contents.
    yield Case("exchange", f"""
        %a = lz.read "left" : {ranked}
        %b = lz.read "right" : {ranked}
        lz.write "left", %b : {ranked}
        lz.write "right", %a : {ranked}""", [], ["a", "b"], [ranked] * 2,
               [Run([], [x[0], x[1]]), Run([], [x[1], x[0]]), Run([], [x[0], x[1]])],
               state("left", x[0]) + state("right", x[1]))
    # A moving average, as batch norm keeps it.
    vector = "!lz.tensor<3 x f32>"
    runs, mean = [], torch.zeros(3)
    for batch in (x[0], x[1], x[2]):
        mean = mean * 0.9 + batch.mean(0) * 0.1
        runs.append(Run([batch], [mean]))
    yield Case("moving-average", f"""
        %m = lz.reduce mean %0 {{axes = [0]}} : (!lz.tensor<"n" x 3 x f32>) -> {vector}
        %old = lz.read "average" : {vector}
        %keep = lz.constant dense<0.9> : tensor<f32>
        %take = lz.constant dense<0.1> : tensor<f32>
        %k = lz.mul %old, %keep : ({vector}, !lz.tensor<f32>) -> {vector}
        %t = lz.mul %m, %take : ({vector}, !lz.tensor<f32>) -> {vector}
        %r = lz.add %k, %t : ({vector}, {vector}) -> {vector}
        lz.write "average", %r : {vector}""", ['!lz.tensor<"n" x 3 x f32>'], ["r"], [vector], runs,
               state("average", torch.zeros(3)))


def check_cases():
    rows = '!lz.tensor<"n" x 2 x f32>'
    x = [random_of((n, 2), dtypes.F32, 125) for n in (4, 3)]
    yield Case("guard", f"""
        lz.guard "n" == 4, "the flock must have four birds"
        %r = lz.neg %0 : ({rows}) -> {rows}""", [rows], ["r"], [rows],
               [Run([x[0]], [-x[0]]), Run([x[1]], [], "the flock must have four birds"),
                Run([x[0]], [-x[0]])])
    yield Case("guard-expression", f"""
        lz.guard ["n" mod 2] == 0, "birds come in pairs"
        %r = lz.neg %0 : ({rows}) -> {rows}""", [rows], ["r"], [rows],
               [Run([x[1]], [], "birds come in pairs"), Run([x[0]], [-x[0]])])
    yield Case("expect", f"""
        lz.expect %0 ranks [2, 3] for "BatchNorm1d 'bn'" : {rows}
        %r = lz.neg %0 : ({rows}) -> {rows}""", [rows], ["r"], [rows], [Run([x[0]], [-x[0]])])
    yield Case("expect_several", f"""
        %n = lz.dim_of %0 {{axis = 0}} : ({rows}) -> {SCALAR}
        lz.expect_several %n, "expected more than 1 value per channel" : {SCALAR}
        %r = lz.neg %0 : ({rows}) -> {rows}""", [rows], ["r"], [rows],
               [Run([x[0]], [-x[0]]),
                Run([x[0][:1]], [], "expected more than 1 value per channel")])
    # An argument whose dimensions are not those that the type says.
    yield op("wrong-size", "lz.neg %0", [torch.zeros(3, 4)], [], elements=["f32"],
             dims=[["3", "5"]], error="INVALID_ARGUMENT")
    yield Case("wrong-element-type",
               "%r = lz.neg %0 : (!lz.tensor<3 x f32>) -> !lz.tensor<3 x f32>",
               ["!lz.tensor<3 x f32>"], ["r"], ["!lz.tensor<3 x f32>"],
               [Run([torch.zeros(3, dtype=torch.float64)], [], "INVALID_ARGUMENT"),
                Run([torch.ones(3)], [-torch.ones(3)])])
    strided = torch.arange(24.0).reshape(4, 6)
    for name, view in (("transposed", strided.T), ("stepped", strided[::2, 1::3]),
                       ("repeated", strided[:1].expand(4, 6))):
        yield op(f"strided-{name}", "lz.neg %0", [view], (-view).contiguous())


def cases():
    yield from constant_cases()
    yield from state_cases()
    yield from check_cases()
