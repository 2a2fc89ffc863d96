# Configuration of the lit suite: which files are tests and what the names in
# their RUN lines stand for. Programs are substituted by full paths, so that no
# tool of an installed LLVM is picked up by accident.
import os
import re

import lit.formats

config.name = "lazuli"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "Output"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = config.lazuli_obj_root

for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "HOME"):
    if name in os.environ:
        config.environment[name] = os.environ[name]


def substitute(name, path):
    """Makes the word NAME in a RUN line the program at PATH."""
    pattern = r"(?<![\w./%-])" + re.escape(name) + r"(?![\w./=-])"
    config.substitutions.append((pattern, path))


# lit applies substitutions in order; each pattern matches whole words only.
for tool in ("lazuli-opt", "lazuli-lsp-server", "lazuli"):
    substitute(tool, os.path.join(config.lazuli_bin_dir, tool))
for tool in ("FileCheck", "not", "split-file", "count"):
    substitute(tool, os.path.join(config.llvm_tools_dir, tool))

config.substitutions.append(("%python", config.lazuli_python))
config.substitutions.append(("%src_root", config.lazuli_src_root))
config.substitutions.append(("%bin", config.lazuli_bin_dir))

if config.lazuli_sanitize:
    config.available_features.add("sanitizer")
