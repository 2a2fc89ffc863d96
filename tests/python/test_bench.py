"""bench/ times a model made here, says of a wrong engine that it is wrong, and writes its
results in all forms; lazuli.bench gives other tools a way in."""

import html.parser
import json
import os
import pathlib
import subprocess
import sys

import models
import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("LAZULI_BUILD", ROOT / "build"))

WRONG = '''
"""Right at a glance, off by a hundredth."""
from bench.engines.onnx_runtime import OnnxRuntime, Session


class Off(Session):
    def run(self):
        return [array * 1.01 for array in super().run()]


class Wrong(OnnxRuntime):
    name = "wrong"

    def open(self, *args, **kwargs):
        return [Off(s._session) for s in super().open(*args, **kwargs)]

    def program(self, case, folder):
        return None


class Absent(OnnxRuntime):
    name = "absent"
    needs = {"no_such_module": "no-such-distribution"}
'''


@pytest.fixture(scope="module")
def products(tmp_path_factory):
    """A model with free rows, its inputs and outputs in two sizes."""
    folder = tmp_path_factory.mktemp("model")
    weight = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32) / 8
    path = models.save(models.model(
        [models.node("MatMul", "x w", "p"), models.node("Tanh", "p", "y")],
        [models.value("x", ["rows", 64])], [models.value("y", ["rows", 64])],
        [models.numpy_helper.from_array(weight, "w")]), folder, "products.onnx")
    for variant, rows in (("", 16), ("rows5.", 5)):
        x = np.random.default_rng(rows).standard_normal((rows, 64)).astype(np.float32)
        np.savez(folder / f"products.{variant}inputs.npz", x=x)
        np.savez(folder / f"products.{variant}expected.npz", o0=np.tanh(x @ weight))
    return path


@pytest.fixture(scope="module")
def results(products, tmp_path_factory):
    """The folder that a quick run of everything leaves."""
    folder = tmp_path_factory.mktemp("bench")
    (folder / "engine.py").write_text(WRONG)
    engines = f"lazuli,onnxruntime,{folder}/engine.py:Wrong,{folder}/engine.py:Absent"
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "run.py"), "--quick", "--models", str(products),
         "--engines", engines, "--threads", "1", "--seconds", "0.02",
         "--folder", str(folder)],
        capture_output=True, text=True, timeout=400,
        env=dict(os.environ, PYTHONPATH=str(BUILD / "python")))
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "results"


@pytest.fixture(scope="module")
def found(results):
    return json.loads((results / "results.json").read_text())


def rows(found, key):
    figure = next(f for f in found["figures"] if f["key"] == key)
    return {row["engine"]: row for row in figure["rows"]}


@pytest.mark.parametrize("key", ["compile", "latency-1", "throughput", "neighbour", "start",
                                 "overhead", "start-python", "memory", "private", "new-shape",
                                 "artifacts", "libraries"])
def test_both_engines_have_every_figure(found, key):
    for engine in ("lazuli", "onnxruntime"):
        row = rows(found, key)[engine]
        assert row["status"] == "ok", row["why"]
        assert np.isfinite(row["value"])


def test_times_are_those_of_this_model(found):
    """A product of 16 x 64 x 64 takes longer than a microsecond and less than 100 ms."""
    for engine in ("lazuli", "onnxruntime"):
        row = rows(found, "latency-1")[engine]
        assert 0.001 < row["least"] <= row["value"] < 100
        assert row["least"] <= row["p90"]
        assert len(row["parts"]["rounds"]) == found["settings"]["rounds"]
        assert row["error"] < 1e-4


def test_a_wrong_engine_is_no_winner(found, results):
    for key in ("latency-1", "throughput", "compile", "memory", "new-shape"):
        row = rows(found, key)["wrong"]
        assert row["status"] == "wrong"
        assert row["error"] == pytest.approx(0.01, rel=0.1)
    latency = next(f for f in found["figures"] if f["key"] == "latency-1")
    assert set(latency["lazuli_is_better_by"]) == {"onnxruntime", "best peer"}
    text = (results / "results.md").read_text()
    assert "**wrong**, error 1e-02" in text
    assert "products.onnx, wrong" not in text
    assert "products, wrong: error 1.0e-02, expected at most 1e-03" in text


def test_what_is_absent_is_listed(found, results):
    assert found["absent"] == {"absent": ["no-such-distribution"]}
    assert "`pip install no-such-distribution`" in (results / "results.md").read_text()


def test_says_where_and_how(found, results):
    assert found["machine"]["cpus"] >= 1
    assert found["engines"]["onnxruntime"]["version"].startswith("onnxruntime ")
    for name in ("results.md", "results.html"):
        text = (results / name).read_text()
        assert found["date"] in text
        assert "bench/run.py --quick" in text


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.bars, self.links, self.open = 0, [], []

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.bars += tag == "rect"
        self.links += [v for k, v in values.items() if k in ("src", "href")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_page_stands_alone(found, results):
    page = Page()
    page.feed((results / "results.html").read_text())
    assert not page.open
    assert page.bars == sum(row["status"] == "ok" for f in found["figures"] for row in f["rows"])
    assert all(link.startswith("#") for link in page.links)


def test_unknown_names_are_errors():
    for option, text in (("--models", "no model is called nothing"),
                         ("--engines", "no engine is called nothing"),
                         ("--figures", "no figure is called nothing")):
        done = subprocess.run([sys.executable, str(ROOT / "bench" / "run.py"), option, "nothing"],
                              capture_output=True, text=True)
        assert done.returncode == 1
        assert text in done.stderr


def test_load_compiles_or_takes_the_artifact_beside(products, tmp_path):
    import lazuli
    import lazuli.bench
    with np.load(products.with_name("products.inputs.npz")) as file:
        inputs = dict(file)
    with np.load(products.with_name("products.expected.npz")) as file:
        expected = file["o0"]
    copy = tmp_path / "model.onnx"
    copy.write_bytes(products.read_bytes())
    run, info = lazuli.bench.load(copy, inputs, 1)
    np.testing.assert_allclose(run()[0], expected, atol=1e-5)
    assert info["compile"] > 0 and info["load"] > 0
    lazuli.compile(copy, tmp_path / "model.lzm")
    run, info = lazuli.bench.load(copy, inputs, 1)
    np.testing.assert_allclose(run()[0], expected, atol=1e-5)
    assert info["compile"] == 0
    with pytest.raises(ValueError, match="found the precision 'bf16', expected 'f32'"):
        lazuli.bench.load(copy, inputs, 1, "bf16")


def test_verdicts_need_more_than_noise():
    sys.path.insert(0, str(ROOT))
    from bench.results import Figure, Row, against_best, geometric_mean, summary
    figure = Figure("latency", "Latency", "ms", "")
    figure.rows = [Row("m", "lazuli", value=2.0, noise=0.02), Row("m", "a", value=2.05, noise=0.02),
                   Row("m", "b", value=1.0, status="wrong"),
                   Row("n", "lazuli", value=2.0, noise=0.02), Row("n", "a", value=1.0, noise=0.02),
                   Row("o", "lazuli", value=1.0, status="failed"), Row("o", "a", value=1.0)]
    ratio, best, verdict = against_best(figure, "m")
    assert (round(ratio, 3), best.engine, verdict) == (1.025, "a", "even")
    assert against_best(figure, "n")[0] == 0.5 and against_best(figure, "n")[2] == "loss"
    assert against_best(figure, "o") is None
    assert summary(figure)["best peer"] == (pytest.approx(geometric_mean([1.025, 0.5])), 2)
    figure.more_is_better = True
    assert against_best(figure, "n")[2] == "win"
