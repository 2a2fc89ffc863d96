"""AOTInductor: PyTorch's compiler with a package as its result, loaded without compiling."""

from . import torch_compile


class AotInductor(torch_compile.Inductor):
    name = "aotinductor"
    about = "a package that PyTorch compiled ahead of time, frozen"

    def prepare(self, case, folder, threads):
        import torch
        torch.set_num_threads(threads)
        model, args = case.module()
        with torch.no_grad():
            program = torch.export.export(model, args, dynamic_shapes=_dynamic_shapes(case))
            torch._inductor.aoti_compile_and_package(
                program, package_path=str(folder / "model.pt2"),
                inductor_configs={"freezing": not case.free})

    def open(self, case, folder, threads, sessions=1):
        import torch
        torch.set_num_threads(threads)
        function = torch._inductor.aoti_load_package(str(folder / "model.pt2"))
        return [torch_compile.Session(function) for _ in range(sessions)]

    def artifacts(self, case, folder):
        return [folder / "model.pt2"]


def _dynamic_shapes(case):
    import torch
    if not case.free:
        return None
    dimension = {size: torch.export.Dim(size, min=2, max=512)
                 for axes in case.free.values() for size in axes.values()}
    return {"tensors": tuple({axis: dimension[size] for axis, size in axes.items()}
                             for axes in case.free.values())}
