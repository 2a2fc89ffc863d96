"""What the lint tests share: where the tree is and which files it holds."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(os.environ.get("LAZULI_SOURCE", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("LAZULI_BUILD", ROOT / "build"))
CODE = {".h", ".hpp", ".c", ".cc", ".cpp", ".cu", ".inc"}


def files():
    """Paths of all files that are or would be committed, relative to ROOT."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:  # an exported tree without git
        skipped = ("build", ".")
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]
        names = [n for n in names if not n.startswith(skipped)]
    return sorted(pathlib.Path(n) for n in names if (ROOT / n).is_file())


def code():
    """The C and C++ files among them."""
    return [path for path in files() if path.suffix in CODE]


def read(path):
    """The text of a file of the tree; bytes that are not UTF-8 are replaced."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def report(problems):
    """Fails with one line for each problem."""
    assert not problems, "\n" + "\n".join(problems)
