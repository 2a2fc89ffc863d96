"""Projects outside of the checkout: what the READMEs quote, find_package, an installed tree."""

import os
import re
import shutil
import subprocess

import pytest

from cli import BIN, BUILD, ROOT

OUTSIDE = ROOT / "examples" / "outside"


def blocks(path, language):
    """The code blocks of one language in a README."""
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / path).read_text(), re.DOTALL)


def code(path):
    """A program without the comment at its head."""
    return path.read_text()[path.read_text().index("#include"):]


def shell(script, cwd, **environment):
    result = subprocess.run(["bash", "-ec", script], cwd=cwd, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment})
    assert result.returncode == 0, f"{script}\n{result.stdout}"
    return result.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """What a checkout looks like to the READMEs' commands, in which they may write."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("examples", "runtime"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "build").mkdir()
    (folder / "build" / "bin").symlink_to(BIN)
    (folder / "build" / "lib").symlink_to(BUILD / "lib")
    return folder


@pytest.fixture(scope="module")
def readme_output(checkout):
    """What the commands of the root's README print, from describing a model to running it."""
    [commands] = [block for block in blocks("README.md", "sh") if "examples/outside" in block]
    return shell(commands, checkout)


def test_readmes_quote_the_examples():
    assert blocks("README.md", "cpp")[0] == code(OUTSIDE / "model" / "net.cpp")
    assert blocks("README.md", "cmake")[0] == (OUTSIDE / "model" / "CMakeLists.txt").read_text()
    assert blocks("runtime/README.md", "c")[0] == code(OUTSIDE / "runner" / "main.c")


def test_readme_works_as_it_stands(readme_output):
    assert "wrote net.compiled.lzm" in readme_output
    accuracy = float(re.search(r"accuracy ([\d.]+) %", readme_output)[1])
    assert accuracy > 95


def test_c_program_as_the_readme_compiles_it(readme_output, checkout):
    [commands] = [block for block in blocks("runtime/README.md", "sh") if "cc " in block]
    assert len(shell(commands, checkout).splitlines()) == 10


def test_installed(readme_output, checkout, tmp_path):
    """A C program that knows only where Lazuli was installed; the tool works from there."""
    prefix = tmp_path / "prefix"
    shell(f"cmake --install '{BUILD}' --prefix '{prefix}'", tmp_path)
    shell(f"cmake -S '{OUTSIDE}/runner' -B runner -DCMAKE_PREFIX_PATH='{prefix}'\n"
          "cmake --build runner", tmp_path)
    config = (tmp_path / "runner" / "CMakeCache.txt").read_text()
    assert f"Lazuli_DIR:PATH={prefix}" in config
    shutil.copy(checkout / "net.compiled.lzm", tmp_path)
    assert len(shell("runner/runner", tmp_path).splitlines()) == 10
    shutil.copy(checkout / "net.lzm", tmp_path)
    text = shell(f"'{prefix}/bin/lazuli' compile net.lzm -o again.lzm --random-weights "
                 "--example 'image=f32[1,1,8,8]'", tmp_path)
    assert "wrote again.lzm" in text
    assert (prefix / "include" / "lazuli" / "frontend" / "nn" / "nn.h").exists()


def test_subdirectory_brings_no_tests(tmp_path):
    (tmp_path / "CMakeLists.txt").write_text(f"""
cmake_minimum_required(VERSION 3.20)
project(outer C CXX)
set(LAZULI_BUILD_COMPILER OFF CACHE BOOL "")
add_subdirectory("{ROOT}" lazuli)
add_executable(runner "{OUTSIDE}/runner/main.c")
target_link_libraries(runner PRIVATE lazuli::runtime)
""")
    shell("cmake -S . -B out -G Ninja", tmp_path)
    targets = shell("ninja -C out -t targets all", tmp_path)
    assert "liblazuli_runtime.so" in targets and "runner" in targets
    assert "tests/bin" not in targets and "demo:" not in targets


def test_modules_of_the_frontends_readme(tmp_path):
    """Both of its first programs as one, traced and compiled."""
    program, tagger = blocks("frontend/nn/README.md", "cpp")[:2]
    shutil.copytree(OUTSIDE / "model", tmp_path / "model")
    head, main = program.split("int main() {")
    main = main.rstrip().rstrip("}") + """
  Tagger tagger;
  tagger->eval();
  trace(tagger, {{"x"}}).save("tagger.lzm");
}
"""
    (tmp_path / "model" / "net.cpp").write_text(head + tagger + "int main() {" + main)
    shell(f"cmake -S model -B out -DCMAKE_PREFIX_PATH='{BUILD}'\ncmake --build out\nout/net",
          tmp_path)
    compile_it = f"'{BIN}/lazuli' compile --random-weights"
    assert "f32[batch, 10]" in shell(
        f"{compile_it} net.lzm --example 'image=f32[1,3,8,8]' --dynamic image:0=batch", tmp_path)
    assert "f32[batch, 5]" in shell(
        f"{compile_it} tagger.lzm --example 'x=f32[2,3,7]' --dynamic x:0=batch", tmp_path)


def test_train_mode_is_remarked(checkout, readme_output, tmp_path):
    """The README's network without its eval()."""
    shutil.copytree(OUTSIDE / "model", tmp_path / "model")
    source = tmp_path / "model" / "net.cpp"
    changed = re.sub(r"  net->eval\(\);.*\n", "", source.read_text())
    assert "eval" not in changed
    source.write_text(changed)
    shell(f"cmake -S model -B out -DCMAKE_PREFIX_PATH='{BUILD}'\ncmake --build out\nout/net",
          tmp_path)
    assert "traced in train mode: batch statistics are used, 6 states move" in shell(
        f"'{BIN}/lazuli' inspect net.lzm", tmp_path)
    text = shell(f"'{BIN}/lazuli' compile net.lzm --random-weights --example 'image=f32[2,1,8,8]'",
                 tmp_path)
    assert text.count("remark: the model was traced in train mode") == 1
    assert "call eval() before trace()" in text
    assert "train mode" not in readme_output
    assert "traced in eval mode" in shell(f"'{BIN}/lazuli' inspect net.lzm", checkout)
