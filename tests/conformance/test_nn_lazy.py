"""Lazy modules and train mode of the C++ frontend: exact tables of running statistics, the examples
of PyTorch's and torch.js's pages, what is said about wrong inputs, and dropout."""

import json

import pytest
import torch
from safetensors.torch import save_file

from nn import harness
from ops import artifact, compare


def compile_net(folder, module, example, *options, mode="eval", weights=None, inputs=None,
                dtype="f32"):
    """Traces and compiles; returns the running program."""
    harness.build({"module": module, "mode": mode, "output": str(folder / "net.lzm"),
                   "inputs": inputs or [{"name": "x", "dtype": dtype}]})
    words = [harness.LAZULI, "compile", folder / "net.lzm", "-o", folder / "net.c.lzm"]
    for one in [example] if isinstance(example, str) else example:
        words += ["--example", one]
    if weights is None:
        words += ["--random-weights"]
    else:
        save_file(weights, folder / "w.safetensors")
        words += ["--weights", folder / "w.safetensors"]
    harness.command(*words, *options)
    return artifact.Program(folder / "net.c.lzm", threads=1)


def refusal(folder, *args, **kwargs):
    with pytest.raises(harness.Failure) as caught:
        compile_net(folder, *args, **kwargs)
    return str(caught.value)


# ---- running statistics -------------------------------------------------------------------------

X = torch.tensor([[1.0, 2], [3, 7], [8, -1]])
TABLE = [  # momentum, running_mean and running_var after each of three calls, eval y[0] on 3x
    (0.1, [(.4, .266667), (1.16, .773333), (2.244, 1.496)],
     [(2.2, 2.533333), (7.18, 8.813333), (18.162, 22.632)], (.177394, .946753)),
    (None, [(4, 2.666667), (6, 4), (8, 5.333333)],
     [(13, 16.333333), (32.5, 40.833333), (60.666667, 76.222222)], (-.641941, .07636)),
    (0.0, [(0, 0)] * 3, [(1, 1)] * 3, (2.999985, 5.99997)),
    (1.0, [(4, 2.666667), (8, 5.333333), (12, 8)],
     [(13, 16.333333), (52, 65.333333), (117, 147)], (-.83205, -.164957)),
]


@pytest.mark.parametrize("momentum, means, variances, y0", TABLE)
@pytest.mark.parametrize("cls", ["LazyBatchNorm1d", "BatchNorm1d"])
def test_running_statistics(cls, momentum, means, variances, y0, tmp_path):
    args = {"momentum": momentum} | ({"num_features": 2} if cls == "BatchNorm1d" else {})
    module = {"class": cls, "args": args}
    program = compile_net(tmp_path, module, "x=f32[3,2]", mode="train")
    state = {}
    for call in range(3):
        program.run("forward", [X * (call + 1)])
        for name, expected in (("running_mean", means), ("running_var", variances)):
            state[name] = harness.read_state(program, name, torch.empty(2))
            assert torch.allclose(state[name], torch.tensor(expected[call], dtype=torch.float32),
                                  rtol=1e-5, atol=1e-6), f"{name} after call {call + 1}"
        count = harness.read_state(program, "num_batches_tracked", torch.empty((), dtype=torch.int64))
        assert count == call + 1
    # The state put into the evaluating network is what it normalizes by.
    weights = {"weight": torch.ones(2), "bias": torch.zeros(2),
               "num_batches_tracked": torch.tensor(3), **state}
    program = compile_net(tmp_path, module, "x=f32[3,2]", weights=weights)
    assert torch.allclose(program.run("forward", [3 * X])[0][0], torch.tensor(y0), rtol=1e-4)


def test_unbiased_variance_is_kept_and_biased_used(tmp_path):
    program = compile_net(tmp_path, {"class": "BatchNorm1d",
                                     "args": {"num_features": 1, "momentum": 1.0}}, "x=f32[3,1]",
                          mode="train")
    y, = program.run("forward", [torch.tensor([[1.0], [2], [6]])])
    assert torch.allclose(y.flatten(), torch.tensor([-.92582, -.46291, 1.38873]), rtol=1e-5)
    assert torch.allclose(harness.read_state(program, "running_var", torch.empty(1)),
                          torch.tensor([7.0]))


# ---- documented examples ------------------------------------------------------------------------


def test_documented_alone(tmp_path):
    """A LazyBatchNorm1d alone, in train mode, with 2-D and 3-D inputs."""
    torch.manual_seed(0)
    for shape in [(20, 100), (20, 100, 35)]:
        x = torch.randn(shape)
        text = ",".join(map(str, shape))
        program = compile_net(tmp_path, {"class": "LazyBatchNorm1d"}, f"x=f32[{text}]", mode="train")
        problem = compare.differs(program.run("forward", [x])[0], torch.nn.LazyBatchNorm1d()(x),
                                  1e-5, 1e-6)
        assert problem is None, problem


def test_documented_network(tmp_path):
    """Linear(10, 64), LazyBatchNorm1d, ReLU, Linear(64, 32), LazyBatchNorm1d."""
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(10, 64), torch.nn.LazyBatchNorm1d(), torch.nn.ReLU(),
                              torch.nn.Linear(64, 32), torch.nn.LazyBatchNorm1d())
    x = torch.randn(16, 10)
    module = {"class": "Sequential", "children": [
        {"class": "Linear", "args": {"in_features": 10, "out_features": 64}},
        {"class": "LazyBatchNorm1d"}, {"class": "ReLU"},
        {"class": "Linear", "args": {"in_features": 64, "out_features": 32}},
        {"class": "LazyBatchNorm1d"}]}
    with torch.no_grad():
        expected = net(x)
        state = {key: value.clone() for key, value in net.state_dict().items()}
        for index in (1, 4):
            state[f"{index}.running_mean"].zero_()
            state[f"{index}.running_var"].fill_(1)
            state[f"{index}.num_batches_tracked"].zero_()
        program = compile_net(tmp_path, module, "x=f32[16,10]", mode="train", weights=state)
        problem = compare.differs(program.run("forward", [x])[0], expected, 1e-4, 1e-5)
        assert problem is None, problem
        assert torch.allclose(harness.read_state(program, "4.running_var", torch.empty(32)),
                              net[4].running_var, rtol=1e-5)
        net.eval()
        program = compile_net(tmp_path, module, "x=f32[16,10]", weights=net.state_dict())
        problem = compare.differs(program.run("forward", [x])[0], net(x), 1e-4, 1e-5)
        assert problem is None, problem


# ---- wrong inputs -------------------------------------------------------------------------------


@pytest.mark.parametrize("module, example, message", [
    ({"class": "LazyBatchNorm1d"}, "x=f32[2,3,4,5]", "expected 2D or 3D input to LazyBatchNorm1d"),
    ({"class": "LazyBatchNorm2d"}, "x=f32[2,3,4]", "expected 4D input to LazyBatchNorm2d"),
    ({"class": "LazyBatchNorm3d"}, "x=f32[2,3,4,5]", "expected 5D input to LazyBatchNorm3d"),
    ({"class": "LazyInstanceNorm2d"}, "x=f32[2,3]", "expected 3D or 4D input to LazyInstanceNorm2d"),
    ({"class": "LazyConv2d", "args": {"out_channels": 4, "kernel_size": 3}}, "x=f32[2,3]",
     "expected 3D or 4D input to LazyConv2d"),
    ({"class": "LazyConv2d", "args": {"out_channels": 4, "kernel_size": 3, "groups": 2}},
     "x=f32[2,3,8,8]", "in_channels"),
    ({"class": "LazyConv1d", "args": {"out_channels": 4, "kernel_size": 9}}, "x=f32[2,3,5]",
     "kernel"),
    ({"class": "LazyLinear", "args": {"out_features": 4}}, "x=f64[2,3]", "f64"),
    ({"class": "LazyLinear", "args": {"out_features": 4}}, "x=f32[]", "rank"),
])
def test_wrong_inputs(module, example, message, tmp_path):
    assert message in refusal(tmp_path, module, example)


@pytest.mark.parametrize("cls, example", [
    ("LazyBatchNorm1d", "x=f32[1,4]"), ("LazyBatchNorm2d", "x=f32[1,4,1,1]")])
def test_one_value_per_channel(cls, example, tmp_path):
    assert "expected more than 1 value per channel when training" in refusal(
        tmp_path, {"class": cls}, example, mode="train")
    compile_net(tmp_path, {"class": cls}, example)


def test_one_value_per_channel_at_run_time(tmp_path):
    program = compile_net(tmp_path, {"class": "LazyBatchNorm1d"}, "x=f32[3,4]", "--dynamic",
                          "x:0=batch", mode="train")
    program.run("forward", [torch.randn(5, 4)])
    before = harness.read_state(program, "running_mean", torch.empty(4))
    with pytest.raises(artifact.RuntimeFailure, match="more than 1 value per channel"):
        program.run("forward", [torch.randn(1, 4)])
    assert torch.equal(harness.read_state(program, "running_mean", torch.empty(4)), before)


def test_one_spatial_element(tmp_path):
    assert "expected more than 1 spatial element when training" in refusal(
        tmp_path, {"class": "LazyInstanceNorm1d"}, "x=f32[2,4,1]", mode="train")


def test_weights_solve_sizes_without_examples(tmp_path):
    """The file says that in_features is 3; an example that differs is a conflict."""
    weights = {"weight": torch.randn(4, 3), "bias": torch.randn(4)}
    module = {"class": "LazyLinear", "args": {"out_features": 4}}
    message = refusal(tmp_path, module, "x=f32[2,5]", weights=weights)
    assert "in_features" in message and "3" in message and "5" in message


def test_loading_before_tracing_solves_sizes(tmp_path):
    weights = {"weight": torch.randn(4, 3), "bias": torch.randn(4)}
    save_file(weights, tmp_path / "w.safetensors")
    harness.build({"module": {"class": "LazyLinear", "args": {"out_features": 4}},
                   "load": str(tmp_path / "w.safetensors"), "state_dict": str(tmp_path / "keys"),
                   "text": str(tmp_path / "net.mlir"), "save": str(tmp_path / "again.safetensors")})
    assert json.loads((tmp_path / "keys").read_text())[0] == ["weight", "[4, 3]", "f32"]
    assert "lz.symbol" not in (tmp_path / "net.mlir").read_text()
    with pytest.raises(harness.Failure) as caught:
        harness.build({"module": {"class": "LazyLinear", "args": {"out_features": 5}},
                       "load": str(tmp_path / "w.safetensors")})
    assert "weight: has shape [4, 3], expected [5, " in str(caught.value)
    assert "bias: has shape [4], expected [5]" in str(caught.value)


# ---- dropout ------------------------------------------------------------------------------------


def test_dropout_draws_anew_each_run(tmp_path):
    program = compile_net(tmp_path, {"class": "Dropout", "args": {"p": 0.3}}, "x=f32[100,200]",
                          mode="train")
    x = torch.ones(100, 200)
    first, = program.run("forward", [x])
    second, = program.run("forward", [x])
    for y in (first, second):
        assert torch.allclose(y[y != 0], torch.tensor(1 / 0.7))
        assert abs((y == 0).double().mean().item() - 0.3) < 0.02
    assert not torch.equal(first, second)
    assert harness.read_state(program, "rng.counter", torch.empty((), dtype=torch.int64)) == 2
    # The same seed and counter give the same draws.
    again = artifact.Program(tmp_path / "net.c.lzm", threads=2)
    assert torch.equal(again.run("forward", [x])[0], first)


@pytest.mark.parametrize("cls, shape, channels", [
    ("Dropout1d", (40, 50, 6), (40, 50)), ("Dropout1d", (500, 6), (500,)),
    ("Dropout2d", (40, 50, 3, 2), (40, 50)), ("Dropout3d", (40, 50, 2, 3, 2), (40, 50))])
def test_dropout_of_channels(cls, shape, channels, tmp_path):
    text = ",".join(map(str, shape))
    program = compile_net(tmp_path, {"class": cls, "args": {"p": 0.4}}, f"x=f32[{text}]",
                          mode="train")
    y = program.run("forward", [torch.ones(shape)])[0].reshape(*channels, -1)
    assert torch.equal((y == 0).all(-1), (y == 0).any(-1))
    assert abs((y[..., 0] == 0).double().mean().item() - 0.4) < 0.06
    assert torch.allclose(y[y != 0], torch.tensor(1 / 0.6))


@pytest.mark.parametrize("cls", ["AlphaDropout", "FeatureAlphaDropout"])
def test_alpha_dropout_keeps_mean_and_variance(cls, tmp_path):
    program = compile_net(tmp_path, {"class": cls, "args": {"p": 0.2}}, "x=f32[300,400]",
                          mode="train")
    y, = program.run("forward", [torch.randn(300, 400, generator=torch.Generator().manual_seed(3))])
    assert abs(y.mean().item()) < 0.03 and abs(y.var().item() - 1) < 0.05


def test_rrelu_slopes(tmp_path):
    program = compile_net(tmp_path, {"class": "RReLU"}, "x=f32[100,100]", mode="train")
    y, = program.run("forward", [-torch.ones(100, 100)])
    assert -1 / 3 <= y.min().item() and y.max().item() <= -1 / 8
    assert abs(y.mean().item() + (1 / 8 + 1 / 3) / 2) < 0.01
