"""The models that are timed, as files: what every engine gets, and what PyTorch makes of it.

    python bench/zoo.py FOLDER NAME...

makes NAME.onnx, NAME.inputs.npz, NAME.expected.npz (PyTorch eager's outputs, in graph order)
and NAME.json. It is a program of its own because PyTorch has no place in the process that
holds the clock. A model of somebody else is timed likewise if its .onnx has the two .npz
files beside it.
"""

import dataclasses
import hashlib
import json
import pathlib
import subprocess
import sys

# The zoo proper: each has one free-standing shape and is timed in every figure.
ZOO = ["mlp", "resnet50", "mobilenet_v2", "convnext_tiny", "vit_b16", "bert_base", "gpt2_prefill",
       "lstm", "unet", "whisper_tiny_encoder"]
# Models of one figure each: (function of models.py, {input: {axis: dimension}}, free sizes).
SPECIAL = {
    "two_layers": ("two_layers", {}, ()),
    "bert_base_dynamic": (
        "bert_base", {"input_ids": {1: "length"}, "attention_mask": {1: "length"}},
        (96, 57, 33, 112, 21)),
}


@dataclasses.dataclass
class Case:
    """A model with its inputs and expected outputs. `function` names what builds the PyTorch
    module; it is empty for a file of somebody else."""

    path: pathlib.Path
    function: str = ""
    free: dict = dataclasses.field(default_factory=dict)

    @property
    def name(self):
        return self.path.stem

    def beside(self, ending):
        return self.path.with_name(f"{self.name}.{ending}")

    def arrays(self, kind, variant=""):
        """{name: array} of `inputs` or `expected`, for a variant's sizes if one is named."""
        import numpy
        with numpy.load(self.beside(f"{variant}.{kind}.npz" if variant else f"{kind}.npz")) as file:
            return dict(file)

    def variants(self):
        return sorted(p.name[len(self.name) + 1:-len(".inputs.npz")]
                      for p in self.path.parent.glob(f"{self.name}.*.inputs.npz"))

    def module(self):
        """The PyTorch module and its arguments."""
        from bench import models
        model, args, _ = models.build(getattr(models, self.function))
        return model, args

    def weight_bytes(self):
        """Bytes of the model's weights, which every engine has to hold in some form."""
        about = self.beside("json")
        if about.exists():
            return json.loads(about.read_text())["weight_bytes"]
        return count_weight_bytes(self.path)

    def to_json(self):
        return {"path": str(self.path), "function": self.function, "free": self.free}

    @staticmethod
    def from_json(values):
        free = {name: {int(axis): size for axis, size in axes.items()}
                for name, axes in values["free"].items()}
        return Case(pathlib.Path(values["path"]), values["function"], free)


def count_weight_bytes(path):
    import onnx
    graph = onnx.load(path).graph
    sizes = (onnx.numpy_helper.to_array(tensor).nbytes for tensor in graph.initializer)
    return sum(sizes)


def case_of(name, folder):
    """The case of a name of the zoo or of an ONNX file."""
    if name.endswith(".onnx"):
        path = pathlib.Path(name).resolve()
        case = Case(path)
        for needed in (path, case.beside("inputs.npz"), case.beside("expected.npz")):
            if not needed.exists():
                raise SystemExit(f"bench: {needed} is not there; a model is timed with "
                                 "NAME.inputs.npz and NAME.expected.npz beside NAME.onnx")
        return case
    if name not in ZOO and name not in SPECIAL:
        raise SystemExit(f"bench: no model is called {name}, expected an .onnx file or one of "
                         + ", ".join(ZOO))
    function, free, _ = SPECIAL.get(name, (name, {}, ()))
    return Case(folder / f"{name}.onnx", function, free)


def fingerprint():
    """Changes with the architectures and with what exports them."""
    from importlib import metadata
    here = pathlib.Path(__file__).parent
    text = (here / "models.py").read_bytes() + (here / "zoo.py").read_bytes()
    text += "".join(metadata.version(n) for n in ("torch", "transformers", "onnxscript")).encode()
    return hashlib.sha256(text).hexdigest()


def is_made(case, stamp):
    about = case.beside("json")
    return about.exists() and json.loads(about.read_text())["made_of"] == stamp


def ensure(names, folder, say):
    """Cases of the names; those of the zoo are made where they are missing or outdated."""
    folder.mkdir(parents=True, exist_ok=True)
    cases = [case_of(name, folder) for name in names]
    own = [case for case in cases if case.function]
    stamp = fingerprint() if own else ""
    for case in own:
        if not is_made(case, stamp):
            say(f"making {case.name}")
            subprocess.run([sys.executable, __file__, str(folder), case.name], check=True,
                           stdout=subprocess.DEVNULL)
    return cases


def write_arrays(case, model, args, names, variant=""):
    import numpy
    import torch
    with torch.no_grad():
        out = model(*args)
    out = out if isinstance(out, (tuple, list)) else (out,)
    stem = f"{variant}." if variant else ""
    numpy.savez(case.beside(f"{stem}inputs.npz"), **{n: a.numpy() for n, a in zip(names, args)})
    numpy.savez(case.beside(f"{stem}expected.npz"),
                **{f"o{index}": array.numpy() for index, array in enumerate(out)})


def export(case, model, args, names):
    import torch
    shapes = None
    if case.free:
        dimension = {size: torch.export.Dim(size, min=2, max=512)
                     for axes in case.free.values() for size in axes.values()}
        shapes = {"tensors": tuple({axis: dimension[size] for axis, size in case.free[n].items()}
                                   for n in names)}
    torch.onnx.export(model, args, str(case.path), input_names=names, opset_version=20,
                      dynamo=True, external_data=False, verbose=False, dynamic_shapes=shapes)


def make(name, folder):
    from bench import models
    case = case_of(name, folder)
    model, args, names = models.build(getattr(models, case.function))
    export(case, model, args, names)
    write_arrays(case, model, args, names)
    for size in SPECIAL.get(name, ("", {}, ()))[2]:
        short = tuple(a[:, :size].contiguous() for a in args)
        write_arrays(case, model, short, names, variant=f"size{size}")
    # Written last: a file that an interrupt left behind is made again.
    case.beside("json").write_text(json.dumps(
        {"made_of": fingerprint(), "weight_bytes": count_weight_bytes(case.path)}))


if __name__ == "__main__":
    sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])
    for wanted in sys.argv[2:]:
        make(wanted, pathlib.Path(sys.argv[1]))
