"""Makes bytecode of a later version of the dialect, which must be refused.

The version is one byte (1 is 0x03, 2 is 0x05, as MLIR writes integers), at a
place that only MLIR knows: so every byte that could be it is tried.
Usage: check_version.py <lazuli-opt>
"""

import subprocess
import sys

opt = sys.argv[1]
bytecode = subprocess.run([opt, "--emit-bytecode", "-"], input=b'lz.symbol "n" dynamic',
                          capture_output=True, check=True).stdout
messages = []
for i, byte in enumerate(bytecode):
    if byte == 0x03:
        later = bytecode[:i] + b"\x05" + bytecode[i + 1:]
        result = subprocess.run([opt, "-"], input=later, capture_output=True, check=False)
        messages.append(result.stderr.decode(errors="replace"))
for line in sorted({line for text in messages for line in text.splitlines()
                    if "of the lz dialect" in line}):
    print(line)
