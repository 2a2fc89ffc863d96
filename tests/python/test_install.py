"""`pip install .` of a clean checkout into an environment of its own, used from elsewhere."""

import contextlib
import os
import re
import shutil
import subprocess

import numpy as np
import onnx
import pytest

import models
from conftest import ROOT

# Debian's own interpreter where there is one, as tools/setup takes it.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"
# Neither the build folder nor what the tests' environment holds may help.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ("PYTHONPATH", "LD_LIBRARY_PATH", "CMAKE_PREFIX_PATH")}


def run(*command, fails=False, **options):
    result = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT, **options)
    assert (result.returncode != 0) == fails, result.stdout[-8000:]
    return result.stdout


#: What no clone holds: build folders, .deps, caches.
NOT_CLONED = shutil.ignore_patterns("build*", ".*", "__pycache__")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The environment's folder. The clone and what was built in it are gone."""
    checkout = shutil.copytree(ROOT, tmp_path_factory.mktemp("clone") / "lazuli",
                               ignore=NOT_CLONED)
    environment = tmp_path_factory.mktemp("environment")
    run(PYTHON, "-m", "venv", environment)
    run(environment / "bin" / "pip", "install", "--disable-pip-version-check", checkout,
        cwd=environment)
    shutil.rmtree(checkout)
    return environment


@pytest.fixture(scope="module")
def package(environment):
    [library] = environment.glob("lib/python3*/site-packages/lazuli/_lazuli*.so")
    return library.parent


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with a model for oneDNN, a product of what only a run knows, its input,
    and what comes out."""
    folder = tmp_path_factory.mktemp("work")
    square = models.value("x", [600, 600]), models.value("y", [600, 600])
    nodes = [models.node("MatMul", "x x", "p"), models.node("Tanh", "p", "y")]
    models.save(models.model(nodes, square[:1], square[1:]), folder)
    x = np.random.default_rng(1).standard_normal((600, 600)).astype(np.float32) / 5
    np.save(folder / "x.npy", x)
    np.save(folder / "expected.npy", np.tanh(x @ x))
    return folder


def test_compiles_and_runs(environment, work):
    text = run(environment / "bin" / "python", "-c", """
import lazuli, numpy
model = lazuli.compile("model.onnx", "model.lzm")
y, = lazuli.load("model.lzm").run(numpy.load("x.npy"))
assert numpy.abs(y - numpy.load("expected.npy")).max() < 1e-4
import importlib.metadata
print(lazuli.__version__, importlib.metadata.version("lazuli"), lazuli.__file__)
""", cwd=work)
    version, installed, file = text.split()
    assert version == installed and file.startswith(str(environment))


def test_command_line(environment, work):
    lazuli = environment / "bin" / "lazuli"
    assert "wrote cli.lzm" in run(lazuli, "compile", "model.onnx", "-o", "cli.lzm", cwd=work)
    assert re.search(r"\bonednn\b", run(lazuli, "inspect", "cli.lzm", cwd=work))
    run(lazuli, "run", "cli.lzm", "--input", "x=@x.npy", "--output", "y=@y.npy", cwd=work)
    assert np.abs(np.load(work / "y.npy") - np.load(work / "expected.npy")).max() < 1e-4


def test_holds_what_it_needs_and_no_more(package):
    names = {path.name.split(".")[0] for path in package.iterdir()}
    libraries = {"_lazuli", "liblazuli_compiler", "liblazuli_runtime", "liblazuli_onednn"}
    sources = {path.stem for path in (ROOT / "python" / "lazuli").iterdir()}
    assert names - {"__pycache__"} == (libraries | sources) - {"__pycache__"}
    beside = {path.name for path in package.parent.glob("lazuli*")}
    assert all(re.fullmatch(r"lazuli(-.*\.dist-info)?", name) for name in beside)


def test_names_no_folder_of_the_build(environment, package):
    """Libraries are found relative to the package, but for those of LLVM."""
    for binary in [environment / "bin" / "lazuli", *package.glob("*.so")]:
        [path] = re.findall(r"\(RPATH\).*\[(.*)\]", run("readelf", "-d", binary))
        foreign = [entry for entry in path.split(":") if not entry.startswith("$ORIGIN")]
        assert all("llvm" in entry for entry in foreign), f"{binary.name}: {path}"


@contextlib.contextmanager
def missing(library, needed):
    """Meanwhile `library` needs a release of another one that is nowhere."""
    data = library.read_bytes()
    assert data.count(needed) == 1
    library.unlink()  # a process that runs keeps its own
    library.write_bytes(data.replace(needed, re.sub(rb"\d\d", b"99", needed)))
    try:
        yield
    finally:
        library.write_bytes(data)


def test_says_that_mlir_is_missing(environment, package, work):
    """What was compiled before runs all the same."""
    run(environment / "bin" / "lazuli", "compile", "model.onnx", "-o", "before.lzm", cwd=work)
    with missing(package / "liblazuli_compiler.so", b"libMLIR.so.22"):
        text = run(environment / "bin" / "python", "-c", """
import lazuli, numpy
lazuli.load("before.lzm").run(numpy.load("x.npy"))
try:
    lazuli.compile("model.onnx")
except ImportError as error:
    print(error)
""", cwd=work)
    assert "lazuli.compile needs the libraries of LLVM and MLIR 22: libMLIR.so.99" in text
    assert "packages libmlir-22" in text


def test_says_that_tbb_is_missing(environment, package):
    with missing(package / "liblazuli_runtime.so", b"libtbb.so.12"):
        text = run(environment / "bin" / "python", "-c", "import lazuli", fails=True)
    assert "ImportError: lazuli's runtime cannot be loaded: libtbb.so.99" in text
    assert "the Python package tbb brings it" in text
