#!/usr/bin/env python3
"""The compiled model beside PyTorch, and its times beside ONNX Runtime's.

  compare.py minilm.lzm minilm.onnx [--threads N]

Ends with exit code 1 if the embedding of any sentence differs from PyTorch's.
"""
import argparse
import os
import pathlib
import sys
import time

import numpy as np
import torch

import encoder
from export_model import SentenceEncoder
from search import HERE, read_sentences

MIN_COSINE = 0.99999
SHAPES = [(1, 8), (1, 16), (1, 32), (1, 64), (1, 128), (1, 256), (8, 16), (8, 64), (32, 32)]


def pytorch_runner():
    model = SentenceEncoder().eval()

    def run(ids, mask):
        with torch.inference_mode():
            return model(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    return run


def check_embeddings(run, sentences):
    """The least cosine to PyTorch's embedding of the same sentence, alone and in batches."""
    expected = encoder.Encoder(pytorch_runner()).embed(sentences)
    got = encoder.Encoder(run)
    worst = 1.0
    for batch_size in (1, 16):
        cosines = (got.embed(sentences, batch_size) * expected).sum(axis=1)
        worst = min(worst, cosines.min())
        print(f"{len(sentences)} sentences, {batch_size} at a time: "
              f"least cosine to PyTorch's {cosines.min():.7f}")
    return worst


def load_engines(arguments):
    """Those that are installed; each call starts without a shape that was seen before."""
    engines = {
        "Lazuli": encoder.lazuli_runner(arguments.artifact, arguments.threads),
        "ONNX Runtime": encoder.onnxruntime_runner(arguments.onnx, arguments.threads),
    }
    return {name: run for name, run in engines.items() if run}


def time_sentences(engines, sentences):
    """Each sentence alone, at its own length: a first pass, and one over known shapes."""
    print(f"\n{len(sentences)} sentences, one at a time, ms each     first pass   second pass")
    for name, run in engines.items():
        encode = encoder.Encoder(run)
        passes = []
        for _ in range(2):
            begin = time.perf_counter()
            encode.embed(sentences)
            passes.append(1e3 * (time.perf_counter() - begin) / len(sentences))
        print(f"  {name:43} {passes[0]:10.2f} {passes[1]:13.2f}")


def time_run(run, arguments, rounds=3):
    """Milliseconds of each of some runs, the first left out."""
    # ONNX Runtime's threads wait busily for a while, on the next engine's cores.
    time.sleep(0.05)
    times = []
    for _ in range(1 + rounds):
        begin = time.perf_counter()
        run(*arguments)
        times.append(1e3 * (time.perf_counter() - begin))
    return times[1:]


def time_shapes(engines):
    """Median times of runs of one shape, the engines by turns."""
    print("\nms of one run  " + "".join(f"{name:>14}" for name in engines))
    random = np.random.default_rng(0)
    for batch, length in SHAPES:
        ids = random.integers(1000, 20000, (batch, length))
        times = {name: [] for name in engines}
        for _ in range(3):
            for name, run in engines.items():
                times[name] += time_run(run, (ids, np.ones_like(ids)))
        print(f"  [{batch:2}, {length:3}]    "
              + "".join(f"{np.median(values):14.2f}" for values in times.values()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("artifact", type=pathlib.Path)
    parser.add_argument("onnx", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    sentences = read_sentences(HERE / "sentences.txt")
    worst = check_embeddings(load_engines(arguments)["Lazuli"], sentences)
    engines = load_engines(arguments)
    time_sentences(engines, sentences)
    time_shapes(engines)
    if not worst >= MIN_COSINE:
        sys.exit(f"the least cosine is {worst:.7f}, expected at least {MIN_COSINE}")


if __name__ == "__main__":
    main()
