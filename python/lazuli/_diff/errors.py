"""How a comparison gives up: one message, and the exit code of the command line."""

import importlib

from .. import _lazuli

#: Exit codes of `lazuli diff`; all but the last are those of every command.
AGREES, BAD_INPUT, USAGE, DEFECT, DIFFERS = range(5)


class DiffError(_lazuli.Error):
    """What was given cannot be compared. `kind` is a word for machines."""

    def __init__(self, message, kind="INVALID_ARGUMENT", exit_code=BAD_INPUT):
        super().__init__(message)
        self.kind = kind
        self.exit_code = exit_code


def usage(message):
    return DiffError(message, "USAGE", USAGE)


def require(module, purpose):
    """Imports a package that only some comparisons need."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DiffError(f"the Python package {module} is needed {purpose}: {error}; "
                        f"'pip install {module}' installs it", "FAILED_PRECONDITION") from None
