"""What a figure was measured on and with."""

import os
import pathlib
import platform
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def _read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


def describe():
    cpu = _read("/proc/cpuinfo")
    flags = set(re.findall(r"[\w]+", (re.search(r"^flags\s*:(.*)$", cpu, re.M) or ["", ""])[1]))
    known = ["avx2", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile"]
    name = re.search(r"^model name\s*:\s*(.*)$", cpu, re.M)
    memory = re.search(r"^MemTotal:\s+(\d+)", _read("/proc/meminfo"), re.M)
    return {
        "cpu": name[1] if name else platform.processor(),
        "cpus": len(os.sched_getaffinity(0)),
        "features": [flag for flag in known if flag in flags],
        "memory_gb": round(int(memory[1]) / 2**20, 1) if memory else None,
        "kernel": platform.release(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip(),
        "python": platform.python_version(),
        "load_before": os.getloadavg()[0],
    }


def commit():
    """The checkout's state; "" outside of one."""
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
                          capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""


def command_line():
    """As a user would type it from the root of the checkout."""
    return " ".join(["bench/run.py", *sys.argv[1:]])
