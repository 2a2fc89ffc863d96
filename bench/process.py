"""The other end of bench/worker.py: starts a worker, asks it, and ends it when it is stuck."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

WORKER = pathlib.Path(__file__).with_name("worker.py")


class Failed(Exception):
    """An engine could not do what it was asked for; the text is its own."""


class Process:
    def __init__(self, engine, case, folder, threads, log):
        folder.mkdir(parents=True, exist_ok=True)
        environment = dict(os.environ, **engine.environment(folder, threads))
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = open(log, "ab")
        self.spawned_at = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._log, env=environment, start_new_session=True)
        self._log_path = log
        self.spec = engine.spec
        self._send({"engine": engine.spec, "case": case.to_json(), "folder": str(folder),
                    "threads": threads})
        self.ready_at = self._receive(120)["ready_at"]

    @property
    def pid(self):
        return self._process.pid

    def _send(self, message):
        try:
            self._process.stdin.write(json.dumps(message).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Failed(self._last_words()) from None

    def _receive(self, limit_seconds):
        timer = threading.Timer(limit_seconds, self._kill)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            expired = not timer.is_alive()
            timer.cancel()
        if not line:
            self._process.wait()
            raise Failed(f"took more than {limit_seconds:.0f} s" if expired else self._last_words())
        answer = json.loads(line)
        if "failed" in answer:
            raise Failed(answer["failed"])
        return answer

    def _last_words(self):
        code = self._process.poll()
        return f"its process ended with code {code}, see {self._log_path}"

    def _kill(self):
        """Its own children too, such as a compiler that an engine has started."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def ask(self, what, limit_seconds=600, **arguments):
        self._send({"do": what, **arguments})
        return self._receive(limit_seconds)

    def close(self):
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
