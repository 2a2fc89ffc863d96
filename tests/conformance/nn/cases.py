"""Every module of the C++ frontend in several configurations, as PyTorch spells them.

A case is a class with keyword arguments, the shapes (or values) of its inputs and the modes to
compare. `lazy` lists the arguments that the class's Lazy form infers; the case then runs with that
form as well. `extra` is what only nn-build is told, such as the flags of a call."""

import dataclasses
import itertools

import torch


@dataclasses.dataclass
class Case:
    cls: str
    args: dict
    inputs: list                       # shapes, or tensors
    modes: tuple = ("eval",)
    lazy: tuple = ()
    lazy_args: dict = dataclasses.field(default_factory=dict)
    extra: dict = dataclasses.field(default_factory=dict)
    dims: dict = dataclasses.field(default_factory=dict)   # input number to dims given to trace
    names: tuple = ("x", "y", "z", "u", "v")
    rtol: float = 1e-5
    atol: float = 1e-6
    dtypes: tuple = ("f32",)

    def id(self):
        parts = [f"{key}={value}" for key, value in {**self.args, **self.extra}.items()]
        shapes = [str(tuple(i)) if not isinstance(i, torch.Tensor) else
                  f"{i.dtype}{tuple(i.shape)}" for i in self.inputs]
        return f"{self.cls}({', '.join(parts)})-{'-'.join(shapes)}".replace("torch.", "")


BOTH = ("eval", "train")
CASES = []


def add(cls, inputs, modes=("eval",), lazy=(), *, lazy_args=None, extra=None, dims=None,
        rtol=1e-5, atol=1e-6, dtypes=("f32",), **args):
    CASES.append(Case(cls, args, inputs, modes, lazy, lazy_args or {}, extra or {}, dims or {},
                      rtol=rtol, atol=atol, dtypes=dtypes))


WIDE = ("f32", "f64")


def linear():
    for shape in [(2, 3), (3,), (2, 5, 3), (0, 3)]:
        add("Linear", [shape], lazy=("in_features",), in_features=3, out_features=4, dtypes=WIDE)
    add("Linear", [(2, 70)], lazy=("in_features",), in_features=70, out_features=33, bias=False)
    for bias in (True, False):
        add("Bilinear", [(4, 3), (4, 5)], lazy=("in1_features", "in2_features"), in1_features=3,
            in2_features=5, out_features=2, bias=bias, dtypes=WIDE)
    add("Bilinear", [(2, 4, 3), (2, 4, 1)], lazy=("in1_features", "in2_features"), in1_features=3,
        in2_features=1, out_features=2)
    add("Identity", [(2, 3)])
    add("Flatten", [(2, 3, 4, 5)])
    add("Flatten", [(2, 3, 4, 5)], start_dim=0, end_dim=2)
    add("Flatten", [(2, 3, 4, 5)], start_dim=-3, end_dim=-2)
    add("Unflatten", [(2, 12)], dim=1, unflattened_size=(3, -1))
    add("Unflatten", [(2, 12, 5)], dim=-2, unflattened_size=(2, 3, 2))
    index = torch.tensor([[1, 0, 3], [4, 4, 2]])
    add("Embedding", [index], num_embeddings=5, embedding_dim=3, dtypes=WIDE)
    add("Embedding", [index.int()], num_embeddings=6, embedding_dim=7, padding_idx=2)
    add("Embedding", [torch.tensor(3)], num_embeddings=6, embedding_dim=7, padding_idx=-1)


def conv():
    size = {1: (9,), 2: (9, 8), 3: (6, 7, 5)}
    for n in (1, 2, 3):
        spatial = size[n]
        # Sums of a hundred products and more, whose order PyTorch's library chooses otherwise.
        long = dict(rtol=1e-4, atol=1e-5) if n == 3 else {}
        variants = [
            dict(kernel_size=3),
            dict(kernel_size=tuple([3, 2, 1][:n]), stride=2, padding=1),
            dict(kernel_size=2, dilation=2, bias=False),
            dict(kernel_size=3, groups=2),
            dict(kernel_size=4, padding="same"),
            dict(kernel_size=3, padding="same", dilation=2),
            dict(kernel_size=3, padding="valid"),
            dict(kernel_size=1, groups=4),
        ]
        for kwargs in variants:
            # The same for 64 products: PyTorch's own f32 result is 3e-6 off its f64 one.
            bounds = long or (dict(atol=1e-5) if n == 2 and kwargs["kernel_size"] == 4 else {})
            add(f"Conv{n}d", [(2, 4) + spatial], lazy=("in_channels",), in_channels=4,
                out_channels=8, **bounds, **kwargs)
        add(f"Conv{n}d", [(4,) + spatial], lazy=("in_channels",), in_channels=4, out_channels=6,
            kernel_size=3, padding=1, dtypes=WIDE)
        transposed = [
            dict(kernel_size=3),
            dict(kernel_size=3, stride=2, padding=1, output_padding=1),
            dict(kernel_size=2, stride=3, groups=2, bias=False),
            dict(kernel_size=3, dilation=2, padding=2),
        ]
        for kwargs in transposed:
            add(f"ConvTranspose{n}d", [(2, 4) + spatial[:1] * n], lazy=("in_channels",),
                in_channels=4, out_channels=6, **long, **kwargs)
        add(f"ConvTranspose{n}d", [(4,) + spatial], lazy=("in_channels",), in_channels=4,
            out_channels=6, kernel_size=3, stride=2, dtypes=WIDE)


def pool():
    size = {1: (9,), 2: (9, 8), 3: (6, 7, 5)}
    for n in (1, 2, 3):
        for lead in [(2, 3), (3,)]:
            shape = lead + size[n]
            add(f"MaxPool{n}d", [shape], kernel_size=2)
            add(f"MaxPool{n}d", [shape], kernel_size=3, stride=2, padding=1, ceil_mode=True)
            add(f"AvgPool{n}d", [shape], kernel_size=2, dtypes=WIDE)
            add(f"AvgPool{n}d", [shape], kernel_size=3, stride=2, padding=1, ceil_mode=True,
                count_include_pad=False)
            add(f"AdaptiveAvgPool{n}d", [shape], output_size=3, dtypes=WIDE)
            add(f"AdaptiveAvgPool{n}d", [shape], output_size=(1,) * n)
        add(f"MaxPool{n}d", [(2, 3) + size[n]], kernel_size=2, stride=1, dilation=2)
        add(f"AvgPool{n}d", [(2, 3) + size[n]], kernel_size=3, stride=1, padding=1)
        add(f"ConstantPad{n}d", [(2, 3) + size[n]], padding=2, value=1.5)
        add(f"ConstantPad{n}d", [(2, 3) + size[n]], padding=tuple(range(2 * n)), value=-1.0)
        add(f"ConstantPad{n}d", [(2, 3) + size[n]], padding=(-1, 2) * n, value=0.5)
        add(f"ZeroPad{n}d", [(3,) + size[n]], padding=1)
    add("AvgPool2d", [(2, 3, 8, 8)], kernel_size=2, divisor_override=3)
    add("AvgPool3d", [(2, 3, 4, 4, 4)], kernel_size=2, divisor_override=5)
    add("AdaptiveAvgPool2d", [(2, 3, 7, 8)], output_size=(None, 4))


def norm():
    shapes = {1: [(4, 6), (3, 6, 5)], 2: [(3, 6, 5, 4)], 3: [(3, 6, 3, 4, 2)]}
    for n in (1, 2, 3):
        for shape, kwargs in itertools.product(shapes[n], [
                {}, dict(momentum=None), dict(momentum=0.3, eps=1e-3), dict(affine=False),
                dict(track_running_stats=False), dict(affine=False, track_running_stats=False),
                dict(bias=False)]):
            add(f"BatchNorm{n}d", [shape], BOTH, lazy=("num_features",), num_features=6, **kwargs)
        add(f"BatchNorm{n}d", [shapes[n][-1]], BOTH, lazy=("num_features",), num_features=6,
            dtypes=("f64",))
        batched = shapes[n][-1]
        for shape, kwargs in itertools.product([batched, batched[1:]], [
                {}, dict(affine=True), dict(affine=True, track_running_stats=True),
                dict(affine=False, track_running_stats=True, momentum=0.2),
                dict(affine=True, track_running_stats=True, momentum=None),
                dict(affine=True, bias=False)]):
            lazy_args = dict(affine=False, track_running_stats=False) | kwargs
            add(f"InstanceNorm{n}d", [shape], BOTH, lazy=("num_features",), lazy_args=lazy_args,
                num_features=6, **kwargs)
    for kwargs in [{}, dict(eps=1e-3), dict(bias=False), dict(elementwise_affine=False)]:
        add("LayerNorm", [(2, 5, 6)], lazy=("normalized_shape",), normalized_shape=6, dtypes=WIDE,
            **kwargs)
        add("LayerNorm", [(2, 5, 6)], lazy=("normalized_shape",), lazy_args=dict(axes_count=2),
            normalized_shape=(5, 6), **kwargs)
    for kwargs in [{}, dict(eps=1e-3), dict(elementwise_affine=False)]:
        add("RMSNorm", [(2, 5, 6)], lazy=("normalized_shape",), normalized_shape=6, dtypes=WIDE,
            **kwargs)
        add("RMSNorm", [(2, 5, 6)], lazy=("normalized_shape",), lazy_args=dict(axes_count=2),
            normalized_shape=(5, 6), **kwargs)
    for shape in [(2, 6), (2, 6, 5), (2, 6, 3, 4)]:
        add("GroupNorm", [shape], lazy=("num_channels",), num_groups=3, num_channels=6)
        add("GroupNorm", [shape], lazy=("num_channels",), num_groups=2, num_channels=6, eps=1e-3,
            affine=False, dtypes=WIDE)


def activation():
    for name in ["Hardsigmoid", "Hardswish", "LogSigmoid", "Mish", "ReLU", "ReLU6", "SELU",
                 "Sigmoid", "SiLU", "Softsign", "Tanh", "Tanhshrink", "CELU", "ELU", "GELU",
                 "Hardshrink", "LeakyReLU", "Softshrink", "Hardtanh", "Softplus", "PReLU", "RReLU"]:
        add(name, [(3, 4, 5)], dtypes=WIDE, rtol=1e-5, atol=1e-6)
    add("CELU", [(3, 5)], alpha=0.7)
    add("ELU", [(3, 5)], alpha=0.7)
    add("GELU", [(3, 5)], approximate="tanh")
    add("GLU", [(3, 6)])
    add("GLU", [(3, 6, 5)], dim=1)
    add("Hardshrink", [(3, 5)], lambd=0.2)
    add("Softshrink", [(3, 5)], lambd=0.2)
    add("LeakyReLU", [(3, 5)], negative_slope=0.3)
    add("Hardtanh", [(3, 5)], min_val=-0.3, max_val=0.4)
    add("Softplus", [(3, 5)], beta=2.0, threshold=1.0)
    add("Threshold", [(3, 5)], threshold=0.1, value=-7.0)
    add("RReLU", [(3, 5)], lower=0.1, upper=0.5)
    for shape in [(3, 4), (3, 4, 5), (3, 4, 2, 2)]:
        add("PReLU", [shape], num_parameters=4)
    for name in ["Softmax", "LogSoftmax", "Softmin"]:
        add(name, [(3, 4, 5)], dim=-1, dtypes=WIDE)
        add(name, [(3, 4, 5)], dim=0)
    add("Softmax2d", [(2, 3, 4, 5)])
    add("Softmax2d", [(3, 4, 5)])
    for name in ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout",
                 "FeatureAlphaDropout"]:
        add(name, [(2, 3, 4, 5) if name != "Dropout1d" else (2, 3, 4)], p=0.4)


def recurrent():
    for cls, (layers, both, first, bias) in itertools.product(
            ["RNN", "LSTM", "GRU"],
            [(1, False, False, True), (2, True, False, True), (2, False, True, False),
             (1, True, True, True)]):
        kwargs = dict(input_size=3, hidden_size=4, num_layers=layers, bidirectional=both,
                      batch_first=first, bias=bias)
        for shape in [(5, 2, 3), (5, 3)]:
            add(cls, [shape], lazy=("input_size",), **kwargs)
            count = layers * (2 if both else 1)
            batch = (2,) if len(shape) == 3 else ()
            if len(shape) == 3 and first:
                batch = (5,)
            states = [(count,) + batch + (4,)] * (2 if cls == "LSTM" else 1)
            add(cls, [shape] + states, lazy=("input_size",), **kwargs)
    add("RNN", [(5, 2, 3)], lazy=("input_size",), input_size=3, hidden_size=4, nonlinearity="relu")
    add("LSTM", [(5, 2, 3)], input_size=3, hidden_size=4, dtypes=("f64",))
    add("GRU", [(5, 2, 3)], input_size=3, hidden_size=4, dtypes=("f64",))
    for both, first in itertools.product([False, True], [False, True]):
        kwargs = dict(input_size=3, hidden_size=4, proj_size=2, bidirectional=both,
                      batch_first=first, num_layers=2)
        count = 4 if both else 2
        add("LSTM", [(5, 2, 3)], lazy=("input_size",), **kwargs)
        batch = 5 if first else 2
        add("LSTM", [(5, 2, 3), (count, batch, 2), (count, batch, 4)], lazy=("input_size",),
            **kwargs)


def attention():
    length, source, batch, embed, heads = 3, 5, 2, 8, 2

    def shapes(first, kdim=embed, vdim=embed):
        order = (lambda t, n, e: (n, t, e)) if first else (lambda t, n, e: (t, n, e))
        return [order(length, batch, embed), order(source, batch, kdim),
                order(source, batch, vdim)]

    lazy = ("embed_dim",)
    base = dict(embed_dim=embed, num_heads=heads)
    for first in (False, True):
        add("MultiheadAttention", shapes(first), lazy=lazy, batch_first=first, **base)
        add("MultiheadAttention", [shapes(first)[0]], lazy=lazy, batch_first=first,
            extra=dict(self=True), **base)
        add("MultiheadAttention", shapes(first, 6, 7), lazy=lazy, batch_first=first, kdim=6,
            vdim=7, **base)
        add("MultiheadAttention", [(length, embed), (source, embed), (source, embed)], lazy=lazy,
            batch_first=first, **base)
    for extra in [dict(need_weights=False), dict(average_attn_weights=False)]:
        add("MultiheadAttention", shapes(False), lazy=lazy, extra=extra, **base)
    for kwargs in [dict(bias=False), dict(add_bias_kv=True), dict(add_zero_attn=True),
                   dict(add_bias_kv=True, add_zero_attn=True, bias=False)]:
        add("MultiheadAttention", shapes(True), lazy=lazy, batch_first=True, **kwargs, **base)
    padding = torch.zeros(batch, source, dtype=torch.bool)
    padding[1, 3:] = True
    causal = torch.ones(length, source, dtype=torch.bool).triu(2)
    per_head = torch.randn(batch * heads, length, source, generator=torch.Generator().manual_seed(1))
    for masks in [["key_padding_mask"], ["attn_mask"], ["attn_mask", "key_padding_mask"]]:
        values = {"key_padding_mask": padding, "attn_mask": causal}
        for need in (True, False):
            for kwargs in [{}, dict(add_bias_kv=True, add_zero_attn=True)]:
                inputs = shapes(False) + [values[m] for m in masks]
                dims = {3 + i: list(values[m].shape) for i, m in enumerate(masks)
                        if m == "attn_mask"}
                add("MultiheadAttention", inputs, lazy=lazy, dims=dims,
                    extra=dict(masks=masks, need_weights=need), **kwargs, **base)
    add("MultiheadAttention", shapes(False) + [per_head], lazy=lazy, dims={3: list(per_head.shape)},
        extra=dict(masks=["attn_mask"]), **base)
    add("MultiheadAttention", shapes(False), dtypes=("f64",), **base)


for group in (linear, conv, pool, norm, activation, recurrent, attention):
    group()
