"""The runtime library stays what an embedder may load: small and without LLVM."""

import re
import shutil
import subprocess

import pytest

import tree

LIBRARY = tree.BUILD / "lib" / "liblazuli_runtime.so"
FORBIDDEN = re.compile(r"LLVM|MLIR|lld|clang|protobuf|onnxruntime", re.I)
MAX_STRIPPED_BYTES = 2 << 20


@pytest.fixture(autouse=True)
def library_is_built():
    assert LIBRARY.exists(), f"{LIBRARY} was not built"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def is_sanitized():
    return re.search(
        r"NEEDED.*lib(?:a|t|ub)san", run("readelf", "-d", LIBRARY))


def test_needs_no_compiler_library():
    needed = re.findall(r"NEEDED.*\[(.+)\]", run("readelf", "-d", LIBRARY))
    assert needed, "readelf lists no needed library at all"
    assert not [name for name in needed if FORBIDDEN.search(name)]


def test_loads_no_compiler_library():
    loaded = [line.split()[0] for line in run("ldd", LIBRARY).splitlines()]
    assert not [name for name in loaded if FORBIDDEN.search(name)]
    assert "not found" not in run("ldd", LIBRARY)


def test_holds_no_compiler_symbol():
    symbols = run("nm", "-D", "--demangle", LIBRARY)
    assert not re.findall(r"\b(?:mlir|llvm|google::protobuf)::\S+", symbols)


def test_exports_only_the_public_interface():
    exported = [line.split()[-1] for line in
                run("nm", "-D", "--defined-only", LIBRARY).splitlines()]
    exported = [name.split("@")[0] for name in exported]
    assert [name for name in exported if name.startswith("lz_")], "no lz_ function is exported"
    assert not [name for name in exported if not name.startswith(("lz_", "LAZULI"))]


def test_is_small(tmp_path):
    if is_sanitized():
        pytest.skip("a sanitized library is larger")
    stripped = tmp_path / LIBRARY.name
    shutil.copy(LIBRARY, stripped)
    run("strip", "--strip-unneeded", stripped)
    assert stripped.stat().st_size <= MAX_STRIPPED_BYTES
