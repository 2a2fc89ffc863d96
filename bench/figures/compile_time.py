"""What each engine takes to get a model ready: ahead of time where it can, else at load."""

from bench.results import Row, judged


def run(lab):
    threads = max(lab.settings.threads)
    figure = lab.figure(
        "compile", "Compile time", "s",
        "Ahead of time, from an empty folder: Lazuli's, AOTInductor's and IREE's compilers, "
        "torch.compile's first call, OpenVINO with an empty cache, ONNX Runtime saving its "
        "optimized model; for engines without such a step the creation of a session. The import "
        "of the engine is included.")
    lab.each([figure], lambda engine, case: measure(lab, engine, case, threads))


def measure(lab, engine, case, threads):
    seconds = lab.prepare(engine, case, threads, anew=True)
    worker = lab.open(engine, case, threads)
    try:
        load = worker.loaded["seconds"]
    finally:
        worker.close()
    ahead = engine.prepares()
    return [judged(Row(case.name, engine.name, value=seconds if ahead else load,
                       error=worker.error, parts={"load_s": load}))]
