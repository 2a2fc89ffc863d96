"""What the kernel says about the memory of a process."""

import pathlib
import re


def _kilobytes(text, key):
    found = re.search(rf"^{key}:\s+(\d+) kB", text, re.M)
    return int(found[1]) if found else 0


def peak_bytes(process="self"):
    """The most that was resident since the start or since `reset_peak`."""
    return _kilobytes(pathlib.Path(f"/proc/{process}/status").read_text(), "VmHWM") << 10


def resident_bytes(process="self"):
    return _kilobytes(pathlib.Path(f"/proc/{process}/status").read_text(), "VmRSS") << 10


def private_bytes(process="self"):
    """What no other process could share: pages written to. Those of mapped files that are
    only read belong to the page cache."""
    text = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text()
    return _kilobytes(text, "Private_Dirty") << 10


def reset_peak():
    pathlib.Path("/proc/self/clear_refs").write_text("5")


def mapped_libraries(process="self"):
    """Paths of the shared libraries that the process has mapped."""
    lines = pathlib.Path(f"/proc/{process}/maps").read_text().splitlines()
    paths = {line.split(maxsplit=5)[5] for line in lines if len(line.split(maxsplit=5)) == 6}
    return sorted(p for p in paths if re.search(r"\.so(\.|$)", p) and pathlib.Path(p).exists())
