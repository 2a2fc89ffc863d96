"""Python's threads: two run two copies at once, many take turns with one model, and nobody
else waits for it."""

import threading
import time

import numpy as np
import pytest

import lazuli
import models

SIZE = 384


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    proto, _ = models.products(SIZE)
    return lazuli.compile(models.save(proto, tmp_path_factory.mktemp("models")), threads=1)


def expected(x):
    _, weight = models.products(SIZE)
    for _ in range(12):
        x = np.tanh(x @ weight)
    return x


def test_two_copies_in_two_threads(model):
    inputs = [np.random.default_rng(seed).standard_normal((SIZE, SIZE)).astype(np.float32)
              for seed in range(2)]
    results = [[], []]

    def work(index):
        own = model.copy()
        for _ in range(10):
            results[index].append(own.run(inputs[index])[0])

    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for x, outputs in zip(inputs, results):
        assert len(outputs) == 10
        for y in outputs:
            np.testing.assert_allclose(y, expected(x), rtol=1e-3, atol=1e-4)


def test_one_model_in_many_threads(model):
    """Each gets the outputs of its own inputs."""
    inputs = [np.random.default_rng(seed).standard_normal((SIZE, SIZE)).astype(np.float32)
              for seed in range(4)]
    alone = [model.run(x)[0] for x in inputs]
    wrong = []
    ready = threading.Barrier(len(inputs))

    def work(index):
        ready.wait()
        for _ in range(10):
            y, = model.run(inputs[index])
            wrong.append(not np.array_equal(y, alone[index]))

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(inputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wrong) == 10 * len(inputs) and not any(wrong)


def test_a_run_that_fails_leaves_the_model_to_others(model):
    x = np.ones((SIZE, SIZE), np.float32)
    with pytest.raises(lazuli.Error):
        model.run(x[:1])
    outputs = []
    thread = threading.Thread(target=lambda: outputs.append(model.run(x)), daemon=True)
    thread.start()
    thread.join(timeout=60)
    assert len(outputs) == 1


def test_other_threads_go_on_during_a_run(model):
    """Without the interpreter's lock, another thread counts while a model runs."""
    x = np.ones((SIZE, SIZE), np.float32)
    model.run(x)
    during = []  # (begin, end) of each run
    ticks = []
    stop = threading.Event()

    def count():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0.0005)

    counter = threading.Thread(target=count)
    counter.start()
    for _ in range(30):
        begin = time.perf_counter()
        model.run(x)
        during.append((begin, time.perf_counter()))
    stop.set()
    counter.join()
    # A lock held through a run would leave ticks at most at its two ends.
    margin = 0.0005
    assert any(begin + margin < tick < end - margin for begin, end in during for tick in ticks)


def test_compiling_in_two_threads(tmp_path):
    path = models.save(models.subtraction(), tmp_path)
    compiled = []
    threads = [threading.Thread(target=lambda: compiled.append(lazuli.compile(path, threads=1)))
               for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    a = np.ones((2, 2), np.float32)
    assert len(compiled) == 2
    for model in compiled:
        np.testing.assert_array_equal(model.run(a, a)[0], np.zeros((2, 2)))
