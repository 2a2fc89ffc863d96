"""Modules as PyTorch's two exporters write them out: lazuli finds attention, norms and
activations in the decomposed graphs again, and computes what PyTorch does."""

import re

import numpy as np
import pytest

from cli import lazuli, lazuli_json

torch = pytest.importorskip("torch")
functional = torch.nn.functional

BATCH, HEADS, LENGTH, DEPTH = 2, 4, 7, 8
EXPORTERS = [("dynamo", 18), ("script", 17)]


class Call(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def sdpa(**options):
    return Call(lambda q, k, v, mask=None: functional.scaled_dot_product_attention(
        q, k, v, attn_mask=mask, **options))


def by_hand(q, k, v):
    """Scores divided, the future filled with minus infinity by a triangle of ones."""
    scores = q @ k.transpose(-1, -2) / DEPTH ** 0.5
    future = torch.tril(torch.ones(LENGTH, LENGTH)) == 0
    return scores.masked_fill(future, float("-inf")).softmax(-1) @ v


def in_batches(q, k, v, mask):
    """Products of three axes, a mask of four."""
    q, k, v = (x.reshape(BATCH * HEADS, LENGTH, DEPTH) for x in (q, k, v))
    scores = torch.bmm(q * DEPTH ** -0.5, k.transpose(1, 2)).view(BATCH, HEADS, LENGTH, LENGTH) + mask
    weights = scores.view(BATCH * HEADS, LENGTH, LENGTH).softmax(-1)
    return torch.bmm(weights, v).view(BATCH, HEADS, LENGTH, DEPTH)


def rms_norm(x, w):
    return w * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


def new_gelu(x):
    inner = (2 / np.pi) ** 0.5 * (x + 0.044715 * torch.pow(x, 3.0))
    return 0.5 * x * (1 + torch.tanh(inner))


def random(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(len(shape)))


def heads(count=3):
    return tuple(random(BATCH, HEADS, LENGTH, DEPTH) + i for i in range(count))


def padding():
    mask = torch.zeros(BATCH, 1, LENGTH, LENGTH)
    mask[..., 5:] = torch.finfo(torch.float32).min
    return mask


CASES = {  # the module, its inputs, and the ops that have to be left of it
    "sdpa": (sdpa(), heads(), ["attention"]),
    "causal": (sdpa(is_causal=True), heads(), ["attention causal"]),
    "float mask": (sdpa(), heads() + (padding(),), ["attention"]),
    "scale": (sdpa(scale=0.3), heads(), ["attention"]),
    "by hand": (Call(by_hand), heads(), ["attention causal"]),
    "in batches": (Call(in_batches), heads() + (padding(),), ["attention"]),
    "rms norm": (Call(rms_norm), (heads(1)[0], random(DEPTH)), ["rms_norm"]),
    "group norm": (torch.nn.GroupNorm(2, 8), (random(2, 8, 5, 5),), ["group_norm"]),
    "gelu": (torch.nn.GELU(), heads(1), ["gelu"]),
    "gelu by tanh": (Call(new_gelu), heads(1), ["gelu"]),
    "silu": (torch.nn.SiLU(), heads(1), ["silu"]),
    "hard swish": (torch.nn.Hardswish(), heads(1), ["hard_swish"]),
}


def export(case, exporter, opset, path):
    module, inputs, _ = case
    names = [f"x{i}" for i in range(len(inputs))]
    torch.onnx.export(module.eval(), inputs, path, dynamo=exporter == "dynamo",
                      opset_version=opset, input_names=names)
    return names


def computing_ops(folder):
    """The ops of the last pass before regions are formed, views and sources aside."""
    text = next(folder.glob("*/*_lz-move-views.mlir")).read_text()
    ops = []
    for op, rest in re.findall(r"= lz\.(\w+) (%.*)", text):
        if op != "reshape":
            ops.append(op + (" causal" if "causal = true" in rest else ""))
    return ops


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("exporter, opset", EXPORTERS)
@pytest.mark.parametrize("name", CASES)
def test_formulas_are_found(name, exporter, opset, tmp_path):
    case = CASES[name]
    model, artifact = tmp_path / "model.onnx", tmp_path / "model.lzm"
    names = export(case, exporter, opset, model)
    lazuli("compile", model, "-o", artifact, "--dump-ir", tmp_path / "ir")
    assert computing_ops(tmp_path / "ir") == case[2]
    arguments = []
    for key, value in zip(names, case[1]):
        np.save(tmp_path / f"{key}.npy", value.numpy())
        arguments += ["-i", f"{key}=@{tmp_path / key}.npy"]
    found = lazuli_json("run", artifact, *arguments)["outputs"][0]
    expected = case[0](*case[1]).detach().numpy()
    np.testing.assert_allclose(np.array(found["data"], np.float32).reshape(expected.shape),
                               expected, rtol=2e-5, atol=2e-6)
