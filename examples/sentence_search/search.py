#!/usr/bin/env python3
"""Finds the sentences that mean most nearly what a query means.

  search.py "how do plants eat"     prints the nearest sentences and their scores
  search.py                         asks for queries until the input ends

Needs the artifact that run_search compiles.
"""
import argparse
import os
import pathlib
import sys
import time

import encoder

HERE = pathlib.Path(__file__).resolve().parent
MODEL = HERE.parents[1] / "build" / "sentence_search" / "minilm.lzm"


def parse_arguments():
    parser = argparse.ArgumentParser(description="semantic search over a file of sentences")
    parser.add_argument("query", nargs="*", help="none: queries are read from standard input")
    parser.add_argument("-k", "--top-k", type=int, default=5)
    parser.add_argument("--sentences", type=pathlib.Path, default=HERE / "sentences.txt",
                        help="one sentence a line")
    parser.add_argument("--model", type=pathlib.Path, default=MODEL)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    if not arguments.model.exists():
        parser.error(f"{arguments.model} is not there; examples/sentence_search/run_search makes it")
    return arguments


def read_sentences(path):
    """The lines of a file, without empty ones and those that begin with #."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def answer(query, encode, sentences, vectors, top_k):
    begin = time.perf_counter()
    scores = vectors @ encode.embed([query])[0]
    nearest = scores.argsort()[::-1][:top_k]
    print(f"\n{query}    ({1e3 * (time.perf_counter() - begin):.1f} ms)")
    for index in nearest:
        print(f"  {scores[index]:6.3f}  {sentences[index]}")


def read_queries():
    """Lines typed at a prompt, or piped in."""
    while True:
        if sys.stdin.isatty():
            print("\nquery: ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


def main():
    arguments = parse_arguments()
    sentences = read_sentences(arguments.sentences)
    begin = time.perf_counter()
    encode = encoder.Encoder(encoder.lazuli_runner(arguments.model, arguments.threads))
    loaded = time.perf_counter()
    vectors = encode.embed(sentences)
    seconds = time.perf_counter() - loaded
    print(f"loaded in {1e3 * (loaded - begin):.0f} ms; {len(sentences)} sentences embedded in "
          f"{seconds:.2f} s, {1e3 * seconds / len(sentences):.1f} ms each")
    for query in arguments.query or read_queries():
        answer(query, encode, sentences, vectors, arguments.top_k)


if __name__ == "__main__":
    main()
