"""IREE's CPU backend: the ONNX file imported and compiled ahead of time."""

import subprocess
import sys

from . import base


class Session(base.Session):
    def __init__(self, function, device):
        self._function, self._device = function, device

    def bind(self, feed):
        import iree.runtime
        self._args = [iree.runtime.asdevicearray(self._device, array) for array in feed.values()]

    def run(self):
        import numpy
        out = self._function(*self._args)
        out = out if isinstance(out, (tuple, list)) else (out,)
        return [numpy.asarray(array) for array in out]


FLAGS = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu",
         "--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3", "--iree-opt-data-tiling"]


def _tool(module, *arguments):
    done = subprocess.run([sys.executable, "-m", module, *map(str, arguments)],
                          capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{module} failed: {done.stderr.strip()[:200]}")


def _session(path, driver):
    """Of a context of its own, which one thread uses at a time; the file is mapped by all."""
    import iree.runtime as runtime
    config = runtime.Config(driver)
    context = runtime.SystemContext(config=config)
    context.add_vm_module(runtime.VmModule.mmap(context.instance, str(path)))
    module = next(m for name, m in context.modules.items() if name != "hal")
    function = module[next(n for n in module.vm_module.function_names
                           if not n.startswith("__") and not n.endswith("$async"))]
    return Session(function, config.device)


class Iree(base.Engine):
    name = "iree"
    about = "llvm-cpu for this machine, O3, data tiling"
    needs = {"iree.compiler": "iree-base-compiler", "iree.runtime": "iree-base-runtime"}

    def prepare(self, case, folder, threads):
        _tool("iree.compiler.tools.import_onnx", case.path, "-o", folder / "model.mlir")
        _tool("iree.compiler.tools.scripts.iree_compile", folder / "model.mlir", "-o",
              folder / "model.vmfb", *FLAGS)
        (folder / "model.mlir").unlink()

    def open(self, case, folder, threads, sessions=1):
        import iree.runtime as runtime
        runtime.flags.parse_flags(f"--task_topology_group_count={threads}")
        driver = "local-task" if threads > 1 else "local-sync"
        return [_session(folder / "model.vmfb", driver) for _ in range(sessions)]

    def artifacts(self, case, folder):
        return [folder / "model.vmfb"]
