"""LSTM, GRU and Elman layers against torch.nn's, in both directions."""

import itertools

import torch
from torch import nn

from . import dtypes
from .case import op
from .dtypes import exact
from .reduce import label, random_of

GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
TOLERANCE = {"f64": 1e-12, "f32": 2e-5, "f16": 1e-2, "bf16": 5e-2}


def module_of(mode, inputs, hidden, bias, batch_first):
    if mode.startswith("rnn"):
        return nn.RNN(inputs, hidden, bias=bias, batch_first=batch_first,
                      nonlinearity=mode[4:], dtype=torch.float64)
    kind = nn.LSTM if mode == "lstm" else nn.GRU
    return kind(inputs, hidden, bias=bias, batch_first=batch_first, dtype=torch.float64)


def reference(mode, x, weights, biases, h0, c0, batch_first, reverse):
    """y, h_n and, for lstm, c_n."""
    steps = 1 if batch_first else 0
    hidden = weights[1].shape[1]
    module = module_of(mode, x.shape[2], hidden, True, batch_first)
    with torch.no_grad():
        module.weight_ih_l0.copy_(weights[0])
        module.weight_hh_l0.copy_(weights[1])
        for parameter, bias in zip((module.bias_ih_l0, module.bias_hh_l0), biases):
            parameter.copy_(torch.zeros_like(parameter) if bias is None else bias)
        batch = x.shape[0 if batch_first else 1]
        zero = torch.zeros(1, batch, hidden, dtype=torch.float64)
        start = [zero if state is None else exact(state)[None] for state in (h0, c0)]
        wide = exact(x).flip(steps) if reverse else exact(x)
        if x.shape[steps] == 0:  # which torch refuses
            y, last = torch.zeros((*x.shape[:2], hidden)), start[:2 if mode == "lstm" else 1]
        else:
            y, last = module(wide, tuple(start) if mode == "lstm" else start[0])
    last = last if isinstance(last, (tuple, list)) else (last,)
    y = y.flip(steps) if reverse else y
    return [part.to(x.dtype).contiguous() for part in (y, *(state[0] for state in last))]


def recurrent_case(mode, dtype=dtypes.F32, steps=5, batch=2, inputs=3, hidden=4, biases=3,
                   states=True, batch_first=False, reverse=False, constant=False, dims=None,
                   runs=(), name=""):
    """`biases`: 1 for b_ih, 2 for b_hh, 3 for both. `runs`: more (steps, batch)."""
    gates = GATES[mode] * hidden
    bound = 1.2 / hidden**0.5  # so that an rnn_relu neither dies nor explodes
    weights = [random_of((gates, inputs), dtype, 100, -bound, bound),
               random_of((gates, hidden), dtype, 101, -bound, bound)]
    bias = [random_of((gates,), dtype, 102 + i, -0.5, 0.5) if biases >> i & 1 else None
            for i in range(2)]

    def arguments(steps, batch):
        shape = (batch, steps, inputs) if batch_first else (steps, batch, inputs)
        x = random_of(shape, dtype, 104)
        h0 = random_of((batch, hidden), dtype, 105, -1, 1) if states else None
        c0 = random_of((batch, hidden), dtype, 106, -1, 1) if states and mode == "lstm" else None
        values = [x, *weights, *(v for v in (*bias, h0, c0) if v is not None)]
        return values, reference(mode, x, weights, bias, h0, c0, batch_first, reverse)

    first, expected = arguments(steps, batch)
    given = zip(("b_ih", "b_hh", "h0", "c0"),
                (*(b is not None for b in bias), states, states and mode == "lstm"))
    text = f"lz.recurrent {mode} %0 weights %1, %2"
    position = itertools.count(3)
    text += "".join(f" {keyword} %{next(position)}" for keyword, there in given if there)
    flags = [f"{flag} = true" for flag, on in (("batch_first", batch_first),
                                               ("reverse", reverse)) if on]
    constants = 1 + 2 + sum(b is not None for b in bias)
    return op(name or label(mode, dtype, steps, batch, inputs, hidden, f"biases{biases}",
                            "states" * states, "batch_first" * batch_first, "reverse" * reverse,
                            "constant" * constant),
              text, first, expected, attributes=", ".join(flags), dims=dims,
              constant=tuple(range(1, constants)) if constant else (),
              more_runs=[arguments(*more) for more in runs], atol=TOLERANCE[dtype.name])


def blocked(rows, gates, width):
    """(gates * hidden, ...) as (blocks, gates * width, ...)."""
    hidden = rows.shape[0] // gates
    parts = rows.reshape(gates, hidden // width, width, *rows.shape[1:]).transpose(0, 1)
    return parts.reshape(hidden // width, gates * width, *rows.shape[1:]).contiguous()


def steps_case(mode, steps=5, batch=2, hidden=4, width=2, bias=False, states=True,
               batch_first=False, reverse=False, dims=None, runs=()):
    """lz.recurrent_steps of a projection: that of an input by the unit matrix."""
    gates = GATES[mode]
    ofState = random_of((gates * hidden, hidden), dtypes.F32, 111, -1 / hidden**0.5,
                        1.2 / hidden**0.5)
    vector = random_of((gates * hidden,), dtypes.F32, 112, -0.5, 0.5) if bias else None
    unit = torch.eye(gates * hidden)

    def arguments(steps, batch):
        shape = (batch, steps) if batch_first else (steps, batch)
        x = random_of((*shape, gates * hidden), dtypes.F32, 113, -1, 1)
        given = [random_of((batch, hidden), dtypes.F32, 114 + i, -1, 1) if states else None
                 for i in range(2 if mode == "lstm" else 1)]
        h0, c0 = (*given, None)[:2]
        expected = reference(mode, x, (unit, ofState), (None, vector), h0, c0, batch_first,
                             reverse)
        split = x.reshape(*shape, gates, hidden // width, width).transpose(2, 3)
        values = [split.reshape(*shape, hidden // width, gates * width).contiguous(),
                  blocked(ofState, gates, width).transpose(1, 2).contiguous()]
        values += [] if vector is None else [blocked(vector, gates, width)]
        return values + [v for v in given if v is not None], expected

    first, expected = arguments(steps, batch)
    text = f"lz.recurrent_steps {mode} %0 weights %1"
    position = itertools.count(2)
    present = zip(("b_hh", "h0", "c0"), (bias, states, states and mode == "lstm"))
    text += "".join(f" {keyword} %{next(position)}" for keyword, there in present if there)
    flags = [f"{flag} = true" for flag, on in (("batch_first", batch_first),
                                               ("reverse", reverse)) if on]
    return op(label("steps", mode, steps, batch, hidden, width, "bias" * bias,
                    "states" * states, "batch_first" * batch_first, "reverse" * reverse,
                    "rebound" * bool(dims)),
              text, first, expected, attributes=", ".join(flags), dims=dims,
              more_runs=[arguments(*more) for more in runs], atol=TOLERANCE["f32"])


def steps_cases():
    for mode in GATES:
        for batch_first, reverse, states in itertools.product((False, True), repeat=3):
            yield steps_case(mode, batch_first=batch_first, reverse=reverse, states=states,
                             bias=reverse)
        for batch in (1, 8, 16, 17, 30, 33):
            yield steps_case(mode, steps=7, batch=batch, hidden=48, width=16)
        for hidden, width in ((1, 1), (64, 16), (100, 20), (37, 37), (33, 11)):
            yield steps_case(mode, batch=3, hidden=hidden, width=width, bias=True)
        yield steps_case(mode, steps=1, batch=1, hidden=32, width=32)
        states = 2 if mode == "lstm" else 1
        for batch_first in (False, True):
            free = ['"b"', '"t"'] if batch_first else ['"t"', '"b"']
            sizes = [[*free, "2", str(16 * GATES[mode])], None, *[['"b"', "32"]] * states]
            yield steps_case(mode, hidden=32, width=16, dims=[sizes[0], None], states=False,
                             batch_first=batch_first, runs=[(0, 3), (9, 5)])
            yield steps_case(mode, hidden=32, width=16, batch_first=batch_first, dims=sizes,
                             runs=[(1, 1), (9, 21), (0, 3), (3, 8)])


def constant_cases():
    """Layers as they are compiled: a product and steps."""
    for mode in GATES:
        for batch_first, reverse, states in itertools.product((False, True), repeat=3):
            yield recurrent_case(mode, steps=6, batch=9, inputs=20, hidden=96, constant=True,
                                 batch_first=batch_first, reverse=reverse, states=states)
        for biases in (0, 1, 2):
            yield recurrent_case(mode, inputs=5, hidden=24, biases=biases, constant=True)
        yield recurrent_case(mode, steps=4, batch=40, inputs=30, hidden=101, constant=True)
        states = 2 if mode == "lstm" else 1
        sizes = [['"t"', '"b"', "12"], None, None, None, None, *[['"b"', "64"]] * states]
        yield recurrent_case(mode, inputs=12, hidden=64, constant=True, dims=sizes,
                             runs=[(1, 1), (17, 3), (0, 3), (4, 20)], name=f"{mode}-constant-rebound")


def cases():
    for mode in GATES:
        for batch_first, reverse, states in itertools.product((False, True), repeat=3):
            yield recurrent_case(mode, batch_first=batch_first, reverse=reverse, states=states,
                                 constant=reverse)
        for biases in (0, 1, 2):
            yield recurrent_case(mode, biases=biases)
        for dtype in dtypes.FLOAT:
            yield recurrent_case(mode, dtype, inputs=7, hidden=9, steps=3)
        yield recurrent_case(mode, steps=1, batch=1, inputs=1, hidden=1)
        yield recurrent_case(mode, steps=12, batch=3, inputs=40, hidden=64, constant=True)
        states = 2 if mode == "lstm" else 1
        sizes = [['"t"', '"b"', "3"], None, None, None, None, *[['"b"', "4"]] * states]
        yield recurrent_case(mode, dims=sizes, runs=[(1, 1), (17, 3), (0, 3), (4, 9)],
                             name=f"{mode}-rebound")
    yield from steps_cases()
    yield from constant_cases()
