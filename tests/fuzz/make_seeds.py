"""Writes what the ONNX fuzzer starts from: the models of ONNX's suite, and a dictionary.

    build/venv/bin/python tests/fuzz/make_seeds.py FOLDER

FOLDER gets `seeds/`, a file a model, and `onnx.dict`, the names of all operators,
attributes and domains.
"""

import argparse
import os
import pathlib
import shutil
import sys

import onnx.defs

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance" / "onnx"))

import suite  # noqa: E402  pylint: disable=wrong-import-position

#: Larger ones slow the fuzzer down and are the same operators many times over.
MAX_BYTES = 1 << 16


def write_seeds(folder):
    """The number of models written: those of the suite, and earlier findings."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, case in suite.cases().items():
        if case.model_dir is not None:
            with open(os.path.join(case.model_dir, "model.onnx"), "rb") as file:
                content = file.read()
        else:
            content = case.model.SerializeToString()
        if len(content) <= MAX_BYTES:
            (folder / (name.replace("/", "-") + ".onnx")).write_bytes(content)
            count += 1
    for finding in sorted((HERE / "findings").iterdir()):
        shutil.copy(finding, folder)
        count += 1
    return count


def write_dictionary(path):
    words = {"com.microsoft", "ai.onnx.ml", "ai.onnx.preview.training", "location"}
    for schema in onnx.defs.get_all_schemas_with_history():
        words.add(schema.name)
        words.update(schema.attributes)
    path.write_text("".join(f'"{word}"\n' for word in sorted(words)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    folder = parser.parse_args().folder
    count = write_seeds(folder / "seeds")
    write_dictionary(folder / "onnx.dict")
    print(f"{folder}: {count} models, and onnx.dict")


if __name__ == "__main__":
    main()
