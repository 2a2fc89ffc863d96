"""torch.compile with freezing, on the PyTorch module itself."""

from . import base


class Session(base.Session):
    """A compiled function of tensors that share the arrays' memory."""

    def __init__(self, function):
        self._function = function

    def bind(self, feed):
        import torch
        self._args = tuple(torch.from_numpy(array) for array in feed.values())

    def run(self):
        import torch
        with torch.inference_mode():
            out = self._function(*self._args)
        return [tensor.numpy() for tensor in (out if isinstance(out, (tuple, list)) else (out,))]


class Inductor(base.Engine):
    """What the forms of PyTorch's compiler have in common."""

    needs = {"torch": "torch"}
    needs_module = True
    bakes_threads = True

    def environment(self, folder, threads):
        return {"OMP_NUM_THREADS": str(threads), "TORCHINDUCTOR_CACHE_DIR": str(folder / "cache")}


class TorchCompile(Inductor):
    name = "torch.compile"
    about = "the PyTorch module, frozen; its cache of kernels filled"

    def prepare(self, case, folder, threads):
        self.open(case, folder, threads)

    def open(self, case, folder, threads, sessions=1):
        import torch
        import torch._inductor.config
        torch.set_num_threads(threads)
        torch._inductor.config.freezing = True
        model, args = case.module()
        function = torch.compile(model, dynamic=bool(case.free) or None)
        with torch.inference_mode():
            function(*args)
        return [Session(function) for _ in range(sessions)]

    def artifacts(self, case, folder):
        return []
