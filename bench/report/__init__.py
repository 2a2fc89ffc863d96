"""Results as JSON, Markdown and a page of HTML."""

import dataclasses
import datetime
import json

from bench import check, results
from bench.report.as_markdown import markdown
from bench.report.as_html import page

__all__ = ["about", "markdown", "page", "write"]


def about(machine, engines, absent, settings, quick):
    """What belongs to every form of the results."""
    return {
        "date": f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
        "command": machine.command_line(),
        "commit": machine.commit(),
        "quick": quick,
        "machine": machine.describe(),
        "engines": {e.name: {"version": e.version(), "about": e.about} for e in engines},
        "absent": absent,
        "settings": dataclasses.asdict(settings),
        "tolerance": check.TOLERANCE,
    }


def as_json(about, figures):
    found = []
    for figure in figures:
        values = dataclasses.asdict(figure)
        values["lazuli_is_better_by"] = {
            name: {"geometric_mean": mean, "models": count}
            for name, (mean, count) in results.summary(figure).items()}
        found.append(values)
    return json.dumps(_finite(dict(about, figures=found)), indent=1)


def _finite(value):
    """JSON has no infinity: an error without bound is the text "inf"."""
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def write(folder, about, figures):
    folder.mkdir(parents=True, exist_ok=True)
    texts = {"results.json": as_json(about, figures), "results.md": markdown(about, figures),
             "results.html": page(about, figures)}
    for name, text in texts.items():
        aside = folder / f"{name}.new"
        aside.write_text(text, encoding="utf-8")
        aside.replace(folder / name)
