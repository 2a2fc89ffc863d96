"""The cache of compiled kernels, as a user of the command line meets it."""

import subprocess

import pytest

from cli import ADD, BIN, lazuli, lazuli_json


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "add.mlir"
    path.write_text(ADD)
    return path


def compile_(net, *flags):
    """(summary, bytes of the artifact)"""
    output = net.parent / "net.lzm"
    found = lazuli_json("compile", net, "-o", output, *flags)
    return found, output.read_bytes()


def kernels(folder):
    return sorted((folder / "kernels").glob("*.lzc"))


def test_a_kernel_is_compiled_once(net, tmp_path):
    cache = tmp_path / "cache"
    cold, first = compile_(net, "--cache-dir", cache)
    assert (cold["kernels"], cold["cached_kernels"]) == (1, 0)
    assert len(kernels(cache)) == 1
    warm, second = compile_(net, "--cache-dir", cache)
    assert warm["cached_kernels"] == 1
    assert second == first
    without, third = compile_(net, "--cache-dir", cache, "--no-cache")
    assert without["cached_kernels"] == 0
    assert third == first
    text = lazuli("compile", net, "-o", tmp_path / "net.lzm", "--cache-dir", cache).stdout
    assert "1 from the cache" in text
    # Another processor's code is other code.
    other, _ = compile_(net, "--cache-dir", cache, "--target-cpu", "x86-64-v3")
    assert other["cached_kernels"] == 0 and len(kernels(cache)) == 2


def test_names_do_not_matter(net, tmp_path):
    """Kernels that differ in the user's names only are one, each under its own name."""
    cache = tmp_path / "cache"
    compile_(net, "--cache-dir", cache)
    net.write_text(ADD.replace('"add"', '"residual"').replace('"n"', '"rows"'))
    found, _ = compile_(net, "--cache-dir", cache)
    assert found["cached_kernels"] == 1
    steps = lazuli_json("inspect", tmp_path / "net.lzm")["entries"][0]["instructions"]
    assert [step["what"] for step in steps] == ["residual"]
    found = lazuli_json("run", tmp_path / "net.lzm", "-i", "a=[[1,2]]", "-i", "b=[[3,4]]")
    assert found["outputs"][0]["data"] == [[4, 6]]


def test_damage_is_mended(net, tmp_path):
    cache = tmp_path / "cache"
    _, good = compile_(net, "--cache-dir", cache)
    file, = kernels(cache)
    for damaged in (b"", file.read_bytes()[:100], b"\x7fELF" * 100):
        file.write_bytes(damaged)
        found, again = compile_(net, "--cache-dir", cache)
        assert found["cached_kernels"] == 0 and again == good
        found, _ = compile_(net, "--cache-dir", cache)
        assert found["cached_kernels"] == 1


def test_folders_that_others_may_write_are_refused(net, tmp_path):
    cache = tmp_path / "cache"
    compile_(net, "--cache-dir", cache)
    (cache / "kernels").chmod(0o777)
    result = lazuli("compile", net, "-o", tmp_path / "net.lzm", "--cache-dir", cache)
    assert f"warning: the cache '{cache}/kernels' is not used: others may write it" \
        in result.stderr
    assert "from the cache" not in result.stdout


def test_a_folder_that_cannot_be_made(net, tmp_path):
    (tmp_path / "file").write_text("")
    result = lazuli("compile", net, "-o", tmp_path / "net.lzm", "--cache-dir", tmp_path / "file")
    assert "is not used: it can not be made" in result.stderr


@pytest.fixture
def environment(monkeypatch, tmp_path):
    for name in ("LAZULI_CACHE_DIR", "LAZULI_NO_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return monkeypatch


def test_where_the_cache_is(net, tmp_path, environment):
    compile_(net)
    assert len(kernels(tmp_path / "home" / ".cache" / "lazuli")) == 1
    environment.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    compile_(net)
    assert len(kernels(tmp_path / "xdg" / "lazuli")) == 1
    environment.setenv("LAZULI_CACHE_DIR", str(tmp_path / "own"))
    compile_(net)
    assert len(kernels(tmp_path / "own")) == 1
    compile_(net, "--cache-dir", tmp_path / "asked")
    assert len(kernels(tmp_path / "asked")) == 1
    environment.setenv("LAZULI_NO_CACHE", "1")
    assert compile_(net)[0]["cached_kernels"] == 0
    assert compile_(net, "--cache-dir", tmp_path / "asked")[0]["cached_kernels"] == 1


def test_a_home_that_is_not_there_is_no_concern(net, tmp_path, environment):
    (tmp_path / "file").write_text("")
    environment.setenv("HOME", str(tmp_path / "file"))
    assert lazuli("compile", net, "-o", tmp_path / "net.lzm").stderr == ""


def test_processes_at_once(net, tmp_path):
    cache = tmp_path / "cache"
    running = [subprocess.Popen([BIN / "lazuli", "compile", net, "-o", tmp_path / f"{i}.lzm",
                                 "--cache-dir", cache, "-j", "1"], stdout=subprocess.DEVNULL)
               for i in range(6)]
    assert [process.wait() for process in running] == [0] * 6
    assert len({(tmp_path / f"{i}.lzm").read_bytes() for i in range(6)}) == 1
    assert [path.suffix for path in (cache / "kernels").iterdir()] == [".lzc"]
