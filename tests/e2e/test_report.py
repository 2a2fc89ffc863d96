"""The HTML report, opened in a headless browser; the demo's from beginning to end."""

import json
import pathlib
import re
import shutil
import subprocess

import numpy as np
import pytest

from cli import BIN, BUILD, DIGITS, lazuli, lazuli_json

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def chromium(*arguments, profile):
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
               f"--user-data-dir={profile}", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The demo's own steps: program, compile, run; gives the folder and the run's text."""
    folder = tmp_path_factory.mktemp("digits")
    subprocess.run([BIN / "digits", folder / "lazy.lzm"], check=True)
    lazuli("compile", folder / "lazy.lzm", "-o", folder / "digits.lzm", "--weights",
           DIGITS / "digits.safetensors", "--example", "image=f32[1,1,8,8]", "--dynamic",
           "image:0=batch[1..512]")
    text = lazuli("run", folder / "digits.lzm", "-i", f"image=@{DIGITS}/heldout.npz:images",
                  "--truth", f"@{DIGITS}/heldout.npz:labels", "--top-k", 1, "--images", "image",
                  "--report", folder / "report.html").stdout
    return folder, text


@pytest.fixture(scope="module")
def dom(digits):
    assert CHROMIUM, "chromium is not installed; tools/setup installs it"
    folder, _ = digits
    result = chromium("--dump-dom", f"file://{folder}/report.html", profile=folder / "profile")
    assert "</html>" in result.stdout, result.stderr
    return result.stdout


def test_unresolved_artifact_says_what_is_lazy(digits):
    found = lazuli_json("inspect", digits[0] / "lazy.lzm")
    assert not found["compiled"]
    lazy = {s["name"] for s in found["symbols"] if s["kind"] == "lazy"}
    assert {"0.in_channels", "1.num_features", "3.in_channels", "4.num_features", "8.in_features",
            "10.in_features"} <= lazy
    types = {p["name"]: p["type"] for p in found["parameters"]}
    assert types["0.weight"] == 'f32[16, "0.in_channels", 3, 3]'
    assert found["entries"][0]["inputs"] == [{"name": "image", "type": "f32[...]"}]


def test_materialized_sizes(digits):
    found = lazuli_json("inspect", digits[0] / "digits.lzm")["materialized"]
    assert {(s["name"], s["value"]) for s in found} == {
        ("0.in_channels", "1"), ("1.num_features", "16"), ("3.in_channels", "16"),
        ("4.num_features", "32"), ("8.in_features", "512"), ("10.in_features", "64")}


def test_accuracy(digits):
    accuracy = float(re.search(r"accuracy ([\d.]+) %", digits[1])[1])
    assert accuracy >= 98


def test_scores_are_pytorchs(digits):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512, 64), nn.ReLU(), nn.Linear(64, 10))
    model.load_state_dict(load_file(DIGITS / "digits.safetensors"))
    images = np.load(DIGITS / "heldout.npz")["images"]
    with torch.no_grad():
        expected = model.eval()(torch.from_numpy(images)).numpy()
    folder = digits[0]
    lazuli("run", folder / "digits.lzm", "-i", f"image=@{DIGITS}/heldout.npz:images", "-o",
           f"scores=@{folder}/scores.npy")
    np.testing.assert_allclose(np.load(folder / "scores.npy"), expected, rtol=1e-4, atol=1e-4)


def test_report_is_self_contained(digits):
    page = (digits[0] / "report.html").read_text()
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "@import" not in page and "url(" not in page
    facts = json.loads(re.search(r'id="lazuli-report">(.*?)</script>', page, re.S)[1])
    assert facts["accuracy"] >= 0.98 and facts["median_seconds"] > 0
    assert facts["operations"]


def test_report_shows_everything(dom):
    for part in ("symbols", "graph", "shapes", "operations", "predictions"):
        assert f'<section id="{part}"' in dom
    assert dom.count('class="picture') >= 360 and dom.count("data:image/png;base64,") >= 360
    before, after = re.findall(r'<figure id="graph-\w+">(.*?)</figure>', dom, re.S)
    assert 'class="open"' in before
    assert "LazyConv2d '0'" in dom and "in_channels" in dom and "512" in dom
    assert "f32[" in after and dom.count('class="bar"') > 0


def test_browser_reports_no_error(digits):
    folder, _ = digits
    result = chromium("--enable-logging=stderr", "--v=0", "--window-size=1280,4200",
                      f"--screenshot={folder}/report.png", f"file://{folder}/report.html",
                      profile=folder / "profile")
    assert (folder / "report.png").stat().st_size > 50_000
    assert "CONSOLE" not in result.stderr


def test_demo_script():
    """What `make demo` runs after building."""
    result = subprocess.run([DIGITS / "run_demo", BUILD], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert float(re.search(r"accuracy ([\d.]+) %", result.stdout)[1]) >= 98
    for word in ("in_features", "= 512", "median", "runs/s", "report.html"):
        assert word in result.stdout
    assert pathlib.Path(BUILD / "demo" / "report.html").exists()
