"""The results as Markdown: a table per figure, and what follows from it in one line."""

from bench import results
from bench.engines import OURS
from bench.report import text


def _table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(cells) + " |" for cells in rows]


def cell(row):
    """A figure with its noise and its error, or why there is none."""
    if row is None:
        return ""
    if row.status == "none":
        return "–"
    if row.status == "failed":
        return "failed"
    if row.status == "wrong":
        return f"**wrong**, error {text.error(row.error)}"
    details = []
    if row.noise is not None:
        details.append(f"±{text.percent(row.noise)}")
    if row.error is not None:
        details.append(f"err {text.error(row.error)}")
    return text.number(row.value) + (f" ({', '.join(details)})" if details else "")


def _against(figure, model):
    found = results.against_best(figure, model)
    if found is None:
        return ""
    times, best, verdict = found
    shown = text.times(times)
    return f"{f'**{shown}**' if verdict == 'loss' else shown} {best.engine}, " \
           f"{text.verdict(figure, verdict)}"


def _figure(figure):
    engines = figure.engines()
    rows = [[model, *(cell(figure.row(model, name)) for name in engines), _against(figure, model)]
            for model in figure.models()]
    lines = [f"## {figure.title} ({figure.unit}, "
             f"{'more' if figure.more_is_better else 'less'} is better)", "", figure.how, ""]
    lines += _table(["model", *engines, f"{OURS} against the best peer"], rows)
    means = [f"{name} {text.times(mean)} ({count})"
             for name, (mean, count) in results.summary(figure).items()]
    if means:
        lines += ["", f"Geometric mean of {OURS}'s advantage over (number of models): "
                  + ", ".join(means) + "."]
    reasons = [f"- {r.model}, {r.engine}: {r.why}" for r in figure.rows
               if r.status in ("failed", "wrong")]
    return lines + ([""] + reasons if reasons else []) + [""]


def _engines(about):
    rows = [[name, values["version"], values["about"]] for name, values in about["engines"].items()]
    rows += [[name, "absent", f"`pip install {' '.join(missing)}`"]
             for name, missing in about["absent"].items()]
    return _table(["engine", "version", ""], rows)


def markdown(about, figures):
    lines = ["# Lazuli and its peers, side by side", ""]
    lines += [line + "  " for line in text.environment(about)]
    if text.warning(about):
        lines += ["", f"**{text.warning(about)}**"]
    lines += ["", "± is the spread of an engine's own medians over the rounds of this run, err the "
              "largest error against PyTorch over its largest value. A ratio above 1 is in "
              f"{OURS}'s favour; one within the noise of both is said to be so.", ""]
    lines += _engines(about) + [""]
    for figure in figures:
        if figure.rows:
            lines += _figure(figure)
    return "\n".join(lines)
