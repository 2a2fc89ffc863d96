"""Where figures are taken: hands out workers with loaded and checked models, keeps what the
engines prepared, and collects the figures."""

import contextlib
import json
import shutil
import time

from bench import process
from bench.check import TOLERANCE
from bench.engines import find
from bench.results import Figure, Row

PREPARE_LIMIT_SECONDS = 2400


class Lab:
    def __init__(self, settings, engines, cases, folder, say, checkpoint):
        self.settings, self.engines, self.cases = settings, engines, cases
        self.folder, self.say, self.checkpoint = folder, say, checkpoint
        self.figures = []
        self._prepared = {}  # (engine, case, threads): seconds or the failure's text
        self._log = folder / "workers.log"

    def figure(self, *arguments, **options):
        self.figures.append(Figure(*arguments, **options))
        return self.figures[-1]

    def artifact_folder(self, engine, case, threads):
        name = f"{engine.name}-{threads}threads" if engine.bakes_threads else engine.name
        return self.folder / "artifacts" / case.name / name

    def start(self, engine, case, threads):
        """A worker that has loaded nothing yet."""
        return process.Process(engine, case, self.artifact_folder(engine, case, threads), threads,
                               self._log)

    def can(self, engine, case):
        """Why the engine has nothing to do with the case; "" if it has."""
        if engine.needs_module and not case.function:
            return "compiles PyTorch modules, and this is a file"
        return ""

    def prepare(self, engine, case, threads, anew=False):
        """What the engine makes ahead of time, made now unless it is there and its engine and
        model are what they were. Returns the seconds it took."""
        key = (engine.name, case.name, threads if engine.bakes_threads else 0)
        if anew or key not in self._prepared:
            self._prepared[key] = self._prepare(engine, case, threads, anew)
        if isinstance(self._prepared[key], str):
            raise process.Failed(self._prepared[key])
        return self._prepared[key]

    def _prepare(self, engine, case, threads, anew):
        if not engine.prepares():
            return 0.0
        folder = self.artifact_folder(engine, case, threads)
        stamp = folder / "prepared.json"
        state = [engine.fingerprint(), case.path.stat().st_mtime_ns]
        if not anew and stamp.exists():
            known = json.loads(stamp.read_text())
            if known["state"] == state:
                return known["seconds"]
        shutil.rmtree(folder, ignore_errors=True)
        self.say(f"  {engine.name} prepares {case.name}")
        try:
            with process.Process(engine, case, folder, threads, self._log) as worker:
                seconds = worker.ask("prepare", PREPARE_LIMIT_SECONDS)["seconds"]
        except process.Failed as error:
            return str(error)
        stamp.write_text(json.dumps({"state": state, "seconds": seconds}))
        return seconds

    def open(self, engine, case, threads, sessions=1):
        """A worker that has loaded the model, and the largest error of its outputs."""
        self.prepare(engine, case, threads)
        worker = self.start(engine, case, threads)
        try:
            worker.loaded = worker.ask("load", sessions=sessions)
            worker.error = worker.ask("verify")["error"]
        except BaseException:
            worker.close()
            raise
        return worker

    @contextlib.contextmanager
    def workers(self, figure, case, threads, sessions=1):
        """{engine name: worker} of all that load the case and give the right outputs; a row
        says why of those that do not."""
        opened = {}
        with contextlib.ExitStack() as stack:
            for engine in self.engines:
                worker = self._try(figure, engine, case, lambda e=engine: self.open(
                    e, case, threads, sessions))
                if worker:
                    stack.callback(worker.close)
                    opened[engine.name] = worker
            yield {name: w for name, w in opened.items() if self._right(figure, case, name, w)}

    def _right(self, figure, case, name, worker):
        if worker.error <= TOLERANCE:
            return True
        figure.rows.append(Row(case.name, name, "wrong", error=worker.error,
                               why=f"error {worker.error:.1e}, expected at most {TOLERANCE:.0e}"))
        return False

    def _try(self, figure, engine, case, action):
        """The action's result; None after a row that says why there is none."""
        why, status = self.can(engine, case), "none"
        if not why:
            try:
                return action()
            except process.Failed as error:
                why, status = str(error), "failed"
        figure.rows.append(Row(case.name, engine.name, status, why=why))
        return None

    def each(self, figures, measure, cases=None):
        """Of every case and engine, `measure(engine, case)` gives a row for each of the
        figures; what fails is a row of the first."""
        for case in self.cases if cases is None else cases:
            self.say(f"{figures[0].key}: {case.name}")
            for engine in self.engines:
                rows = self._try(figures[0], engine, case, lambda e=engine: measure(e, case))
                for figure, row in zip(figures, rows or ()):
                    figure.rows.append(row)
            self.checkpoint()

    def in_turns(self, figure, case, workers, action):
        """{engine name: results of all rounds}: `action(worker)` of every engine in every
        round, beginning with another one each time. One that fails is out, with a row."""
        results = {name: [] for name in workers}
        for turn in range(self.settings.rounds):
            names = list(results)
            first = turn % max(1, len(names))
            for name in names[first:] + names[:first]:
                time.sleep(self.settings.pause_seconds)
                try:
                    results[name].append(action(workers[name]))
                except process.Failed as error:
                    del results[name]
                    figure.rows.append(Row(case.name, name, "failed", why=str(error)))
        return results


def load_engines(names):
    """(engines that are there, {name: distributions that are missing})."""
    engines, absent = [], {}
    for name in names:
        engine = find(name)
        engine.spec = name
        missing = engine.missing()
        if missing:
            absent[engine.name] = missing
        else:
            engines.append(engine)
    return engines, absent
