"""examples/sentence_search: a network with its trained weights, at shapes of all sizes."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import BUILD, ROOT

EXAMPLE = ROOT / "examples" / "sentence_search"
ENVIRONMENT = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(BUILD / "python")}


def run(*command, **options):
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT, **options)
    assert result.returncode == 0, result.stdout
    return result.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A build folder that only has the programs."""
    folder = tmp_path_factory.mktemp("build")
    binaries = pathlib.Path(os.environ.get("LAZULI_BIN", BUILD / "bin"))
    (folder / "bin").symlink_to(binaries)
    return folder


@pytest.fixture(scope="module")
def output(folder):
    """What `make sentences` prints."""
    return run(EXAMPLE / "run_search", folder)


def test_embeddings_are_those_of_pytorch(output):
    cosines = [float(text) for text in re.findall(r"least cosine to PyTorch's ([\d.]+)", output)]
    assert len(cosines) == 2 and min(cosines) >= 0.99999


def test_compiled_for_any_batch_and_length(output):
    assert re.search(r"input input_ids +i64\[batch, length\]", output)
    assert re.search(r"output sentence_embedding +f32\[batch, 384\]", output)


def test_times_stand_beside_those_of_onnx_runtime(output):
    table = output[output.index("ms of one run"):]
    rows = [line.split("]")[1].split() for line in table.splitlines()[1:]]
    assert len(rows) == 9 and all(float(time) > 0 for row in rows for time in row)
    assert "ONNX Runtime" in table.splitlines()[0] and len(rows[0]) == 2


#: No query shares a word with the sentence that it finds.
NEAREST = {
    "photosynthesis": "Leaves turn sunlight, water and air into sugar.",
    "notebook takes forever to react":
        "The laptop became slow after too many programs started with it.",
    "gravitational implosion of an enormous sun":
        "A black hole is what remains when a giant star collapses.",
    "keeper stops spot kick": "The goalkeeper saved a penalty in the last minute.",
    "feline naps": "Cats sleep for most of the day and hunt at dusk.",
}


def search(folder, *arguments, **options):
    return run(sys.executable, EXAMPLE / "search.py", "--model",
               folder / "sentence_search" / "minilm.lzm", "-k", "1", *arguments, **options)


def test_finds_what_is_meant(output, folder):
    lines = search(folder, *NEAREST).splitlines()
    found = {line.split("    ")[0]: re.sub(r"^ +[\d.]+ +", "", lines[index + 1])
             for index, line in enumerate(lines) if line.endswith(" ms)")}
    assert found == NEAREST


def test_asks_for_queries(output, folder, tmp_path):
    """One query a line from standard input, over sentences of one's own."""
    (tmp_path / "own.txt").write_text("# animals\nA parrot\n\nThe locomotive\n")
    text = search(folder, "--sentences", tmp_path / "own.txt", input="railway\n\nbird\n")
    assert "2 sentences embedded" in text
    found = [line.split()[-1] for line in text.splitlines() if re.match(r"  +\d\.\d", line)]
    assert found == ["locomotive", "parrot"]


def test_long_text_is_cut(output, folder):
    """To the 256 tokens that the network was trained with."""
    text = search(folder, "a comet with a bright tail " * 100)
    assert "comet" in text.splitlines()[-1]


def test_says_what_is_missing(folder):
    command = [sys.executable, EXAMPLE / "search.py", "--model", folder / "none.lzm", "query"]
    result = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    assert result.returncode == 2 and "run_search makes it" in result.stderr
