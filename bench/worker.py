"""One engine with one model in a process of its own, so that its threads, its memory and its
start are nobody else's. It does what bench/process.py asks, one line of JSON each way.
"""

import json
import os
import pathlib
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
MAX_SAMPLES = 20000


class Worker:
    def __init__(self, engine, case, folder, threads):
        # What every engine needs anyway comes first, so that it is in nobody's figures.
        import numpy  # noqa: F401

        from bench import check, engines, memory, zoo
        self.check, self.memory = check, memory
        self.engine = engines.find(engine)
        self.case = zoo.Case.from_json(case)
        self.folder, self.threads = pathlib.Path(folder), threads
        self.feed = self.case.arrays("inputs")
        self.libraries = set(memory.mapped_libraries())
        self.resident, self.private = memory.resident_bytes(), memory.private_bytes()
        memory.reset_peak()

    def prepare(self):
        begin = time.perf_counter()
        self.engine.prepare(self.case, self.folder, self.threads)
        return {"seconds": time.perf_counter() - begin}

    def load(self, sessions=1):
        begin = time.perf_counter()
        self.sessions = self.engine.open(self.case, self.folder, self.threads, sessions)
        loaded = time.perf_counter()
        for session in self.sessions:
            session.bind(self.feed)
            session.run()
        return {"seconds": loaded - begin, "first_at": time.monotonic()}

    def _errors(self, session, variant=""):
        expected = list(self.case.arrays("expected", variant).values())
        return self.check.error_of(session.run(), expected)

    def verify(self):
        """The largest error of all sessions."""
        return {"error": max(self._errors(session) for session in self.sessions)}

    def measure(self, seconds, least=3):
        """Milliseconds of single runs, after some that bring caches and clocks back."""
        run = self.sessions[0].run
        _run_for(run, seconds / 4)
        return {"milliseconds": _run_for(run, seconds, least)}

    def throughput(self, seconds):
        """Runs per second of all sessions together, each in a thread of its own."""
        counts, stop = [0] * len(self.sessions), time.perf_counter() + seconds
        barrier = threading.Barrier(len(self.sessions))

        def serve(index):
            barrier.wait()
            while time.perf_counter() < stop:
                self.sessions[index].run()
                counts[index] += 1

        begin = time.perf_counter()
        threads = [threading.Thread(target=serve, args=(i,)) for i in range(len(counts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # The last runs end after `stop`: they count, and so does their time.
        return {"per_second": sum(counts) / (time.perf_counter() - begin)}

    def shape(self, variant, steady):
        """Milliseconds of the first run at the sizes of a variant, and of steady ones."""
        session = self.sessions[0]
        feed = self.case.arrays("inputs", variant)
        begin = time.perf_counter()
        session.bind(feed)
        session.run()
        first = (time.perf_counter() - begin) * 1e3
        return {"first": first, "steady": _run_for(session.run, 0, steady),
                "error": self._errors(session, variant)}

    def footprint(self):
        """Bytes beyond those of the process with the inputs and no engine, and what is mapped."""
        return {"peak": self.memory.peak_bytes() - self.resident,
                "private": self.memory.private_bytes() - self.private,
                "libraries": sorted(set(self.memory.mapped_libraries()) - self.libraries)}


def _run_for(run, seconds, least=1):
    times, stop = [], time.perf_counter() + seconds
    while len(times) < least or (time.perf_counter() < stop and len(times) < MAX_SAMPLES):
        begin = time.perf_counter()
        run()
        times.append((time.perf_counter() - begin) * 1e3)
    return times


def answer(worker, request):
    try:
        return getattr(worker, request.pop("do"))(**request)
    except Exception as error:  # an engine may raise anything; the others go on
        text = " ".join(str(error).split())
        return {"failed": f"{type(error).__name__}: {text}"[:300]}


def main():
    # Libraries print; the answers have a pipe of their own.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    worker = Worker(**json.loads(sys.stdin.readline()))
    print(json.dumps({"ready_at": time.monotonic()}), file=answers)
    for line in sys.stdin:
        print(json.dumps(answer(worker, json.loads(line))), file=answers)
    answers.flush()
    os._exit(0)  # some engines hang or crash while they are torn down


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    main()
