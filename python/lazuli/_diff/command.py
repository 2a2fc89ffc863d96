"""The command line of a comparison: `lazuli diff` runs it as `python -m lazuli diff`.

It prints as every command of `lazuli` does: one message on standard error, or an
object on standard output with --json, and an exit code.
"""

import argparse
import json
import os
import signal
import sys

from .. import _lazuli
from . import AGREES, DIFFERS, Comparer, Options, Tolerances, inputs, testdata
from .errors import BAD_INPUT, DEFECT, DiffError, usage
from .text import to_text


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise usage(f"{message}; see '{self.prog} --help'")


def _make_parser(prog):
    parser = _Parser(prog=prog, description="compare a model with ONNX Runtime or another model",
                     allow_abbrev=False)
    parser.add_argument("model", metavar="MODEL")
    add = parser.add_argument
    add("--reference", metavar="MODEL", help="an ONNX file for ONNX Runtime, or a model for Lazuli")
    add("--inputs-from", metavar="DIR", help="input_0.pb, input_1.pb, ...")
    add("-i", "--input", metavar="NAME=VALUE", action="append", default=[],
        help=f"one of {inputs.FORMS}")
    add("--dim", metavar="NAME=SIZE", action="append", default=[],
        help="a free dimension of random inputs")
    add("--seed", metavar="N", type=int, default=0, help="of random inputs and weights")
    add("--atol", metavar="[DTYPE=]X", action="append", help="the absolute error that is allowed")
    add("--rtol", metavar="[DTYPE=]X", action="append",
        help="the error allowed relative to the largest element of the reference")
    add("--per-op", action="store_true", help="find the first operator that differs")
    add("-j", "--threads", metavar="N", type=int, default=0)
    add("--json", action="store_true", help="print JSON for machines, errors included")
    add("--example", metavar="NAME=TYPE", action="append", default=[])
    add("--dynamic", metavar="NAME:AXIS=SYMBOL", action="append", default=[])
    add("--weights", metavar="FILE")
    add("--allow-partial-weights", action="store_true")
    add("--random-weights", action="store_true")
    add("--target-cpu", metavar="CPU", default="native")
    add("--no-winograd", action="store_true")
    add("--autotune", action="store_true")
    add("--cache-dir", metavar="DIR")
    add("--no-cache", action="store_true")
    return parser


def _parse_dims(texts):
    dims = {}
    for text in texts:
        name, _, size = text.rpartition("=")
        if not name or not size.isdigit():
            raise usage(f"cannot read the dimension '{text}', expected a form like 'batch=32'")
        dims[name] = int(size)
    return dims


def _parse_tolerance(option, texts):
    """["1e-3", "u8=1"] as {"": 1e-3, "u8": 1}."""
    if texts is None:
        return None
    limits = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        try:
            limits[name] = float(number)
            Tolerances({name: 0})
        except (ValueError, KeyError, TypeError):
            limits[name] = -1
        if not limits[name] >= 0:
            raise usage(f"cannot read {option} '{text}', expected a form like '1e-3' or 'u8=1'")
    return limits


def _show_progress(stage):
    """On a terminal's last line, as the compiler does."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K  {stage[:60]} ...\r" if stage else "\r\033[K")
        sys.stderr.flush()


def _compare(arguments):
    if arguments.inputs_from and arguments.input:
        raise usage("--inputs-from gives all inputs, expected no --input beside it")

    def make_inputs(ports):
        if arguments.inputs_from:
            return testdata.read_folder(arguments.inputs_from, ports)
        return inputs.parse(arguments.input, ports, arguments.seed)
    options = Options(arguments.example, arguments.dynamic, arguments.weights,
                      arguments.allow_partial_weights, arguments.random_weights, arguments.seed,
                      arguments.target_cpu, arguments.threads,
                      not arguments.no_cache and (arguments.cache_dir or True),
                      arguments.autotune, not arguments.no_winograd)
    tolerances = Tolerances(_parse_tolerance("--atol", arguments.atol),
                            _parse_tolerance("--rtol", arguments.rtol))
    try:
        return Comparer(arguments.model, arguments.reference, options, tolerances,
                        _show_progress).run(make_inputs, arguments.per_op,
                                            _parse_dims(arguments.dim))
    finally:
        _show_progress("")


def _fail(message, kind, code, as_json):
    message = message.removeprefix("error: ")
    print(f"error: {message}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": {"code": kind, "message": message, "exit_code": code}},
                         indent=2))
    return code


def _print(text, code):
    """Shows a report and gives `code`; a full disk or a closed pipe is an error too."""
    try:
        print(text, flush=True)
        return code
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is left
        return _fail(f"cannot write standard output: {error.strerror}", "IO_ERROR", BAD_INPUT,
                     as_json=False)


def _end_by_interrupt():
    """As a program that does not know of it does, so that the shell does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


def main(arguments, prog="lazuli diff"):
    """Runs the command line; returns the exit code."""
    as_json = "--json" in arguments
    try:
        report = _compare(_make_parser(prog).parse_args(arguments))
    except KeyboardInterrupt:
        return _end_by_interrupt()
    except DiffError as error:
        return _fail(str(error), error.kind, error.exit_code, as_json)
    except _lazuli.Defect as error:
        return _fail(str(error), "INTERNAL", DEFECT, as_json)
    except _lazuli.Error as error:
        return _fail(str(error), "INVALID_ARGUMENT", BAD_INPUT, as_json)
    except ImportError as error:  # the compiler's libraries
        return _fail(str(error), "FAILED_PRECONDITION", BAD_INPUT, as_json)
    except MemoryError:
        return _fail("there is not enough memory", "RESOURCE_EXHAUSTED", BAD_INPUT, as_json)
    return _print(json.dumps(report.to_dict(), indent=2) if as_json else to_text(report),
                  AGREES if report.agrees else DIFFERS)
