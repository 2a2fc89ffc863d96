"""Lets the running environment import the package from the build folder."""

import pathlib
import sys
import sysconfig

folder, stamp = sys.argv[1:]
site = pathlib.Path(sysconfig.get_paths()["purelib"])
(site / "lazuli.pth").write_text(folder + "\n")
pathlib.Path(stamp).write_text(folder + "\n")
