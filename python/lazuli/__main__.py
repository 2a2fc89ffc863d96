"""`python -m lazuli diff MODEL ...`; all other commands are the program `lazuli`."""

import sys

from ._diff.command import main
from ._diff.errors import USAGE

if __name__ == "__main__":
    if sys.argv[1:2] != ["diff"]:
        print("error: expected 'python -m lazuli diff MODEL', see 'python -m lazuli diff --help'; "
              "other commands are those of the program 'lazuli'", file=sys.stderr)
        sys.exit(USAGE)
    sys.exit(main(sys.argv[2:], "python -m lazuli diff"))
