#!/usr/bin/env python3
"""Times Lazuli and its peers side by side; bench/README.md says what and how.

    bench/run.py --models resnet50,bert_base --figures latency,start

Writes results.json, results.md and results.html.
"""

import argparse
import datetime
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
QUICK_MODELS = ["mlp", "mobilenet_v2"]


def parse(argv):
    from bench import engines, figures, zoo
    parser = argparse.ArgumentParser(prog="bench/run.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    def names(text):
        return [name for name in text.split(",") if name]

    parser.add_argument("--models", type=names,
                        help="of the zoo, or .onnx files; default: " + ",".join(zoo.ZOO))
    parser.add_argument("--engines", type=names, default=list(engines.ENGINES),
                        help="or FILE.py:CLASS; default: " + ",".join(engines.ENGINES))
    parser.add_argument("--figures", type=names, default=list(figures.FIGURES),
                        help="default: " + ",".join(figures.FIGURES))
    parser.add_argument("--threads", type=lambda text: [int(n) for n in names(text)],
                        default=[2, 1], help="default: 2,1; other figures take the largest")
    parser.add_argument("--quick", action="store_true",
                        help="little time, and two models unless some are named")
    parser.add_argument("--rounds", type=int, help="turns of every engine")
    parser.add_argument("--seconds", type=float, help="of a turn")
    parser.add_argument("--starts", type=int, help="fresh processes per engine and model")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "build" / "bench",
                        help="where models and artifacts are kept")
    parser.add_argument("--out", type=pathlib.Path,
                        help="folder of the results; default: results in --folder")
    options = parser.parse_args(argv)
    if options.out and options.out.exists() and not options.out.is_dir():
        parser.error(f"{options.out} is a file, expected a folder for the results")
    return options


def settings_of(options):
    from bench import settings
    found = (settings.quick if options.quick else settings.full)(options.threads)
    for name in ("rounds", "seconds", "starts"):
        if getattr(options, name) is not None:
            setattr(found, name, getattr(options, name))
    return found


def say(text):
    print(f"{datetime.datetime.now():%H:%M:%S} {text}", file=sys.stderr, flush=True)


def main(argv):
    from bench import figures, lab, machine, report, zoo
    options = parse(argv)
    modules = [figures.find(name) for name in options.figures]
    engines, absent = lab.load_engines(options.engines)
    for name, missing in absent.items():
        say(f"{name} is not installed: pip install {' '.join(missing)}")
    folder = options.folder.resolve()
    models = options.models or (QUICK_MODELS if options.quick else zoo.ZOO)
    cases = zoo.ensure(models, folder / "zoo", say)

    settings = settings_of(options)
    about = report.about(machine, engines, absent, settings, options.quick)
    out = (options.out or folder / "results").resolve()
    place = lab.Lab(settings, engines, cases, folder, say,
                    checkpoint=lambda: report.write(out, about, place.figures))
    for module in modules:
        module.run(place)
    report.write(out, about, place.figures)
    print(report.markdown(about, place.figures))
    say(f"wrote {out}/results.json, results.md, results.html")


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    main(sys.argv[1:])
