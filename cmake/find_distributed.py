"""Prints where a file of an installed distribution lies: find_distributed.py NAME SUFFIX"""

import importlib.metadata
import sys

name, suffix = sys.argv[1:]
try:
    files = importlib.metadata.files(name) or []
except importlib.metadata.PackageNotFoundError:
    sys.exit(f"the Python package '{name}' is not installed beside {sys.executable}")
found = [file.locate().resolve() for file in files if file.as_posix().endswith(suffix)]
if not found or not found[0].exists():
    sys.exit(f"the Python package '{name}' holds no file {suffix}")
print(found[0].as_posix())
