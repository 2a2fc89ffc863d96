"""The package is taken from the build folder, also where it is not installed."""

import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
BUILD = pathlib.Path(os.environ.get("LAZULI_BUILD", ROOT / "build"))
sys.path.insert(0, str(BUILD / "python"))


@pytest.fixture
def subtract(tmp_path):
    """A compiled model of two inputs."""
    import lazuli
    import models
    return lazuli.compile(models.save(models.subtraction(), tmp_path), threads=1)
