"""The results as one page of HTML that needs nothing else: charts, tables, and where and how
they were taken."""

import re
from html import escape

from bench import results
from bench.engines import OURS
from bench.report import chart, text

STYLE = """
:root { --ink: #1d2433; --soft: #5b6577; --line: #e3e7ee; --paper: #ffffff; --panel: #f6f8fb;
        --ours: #2357d9; --peer: #b4bfd1; --bad: #b3261e; --good: #1a7f4b; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e7eaf1; --soft: #9aa5b8; --line: #2c3446; --paper: #12161f; --panel: #1a2030;
          --ours: #6c9bff; --peer: #4a566c; --bad: #ff8a80; --good: #69d19b; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1000px; padding: 32px 20px 80px; background: var(--paper);
       color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 28px; margin: 0 0 4px } h2 { font-size: 20px; margin: 48px 0 4px }
p { margin: 6px 0; max-width: 78ch }
.soft { color: var(--soft); font-size: 14px }
code { background: var(--panel); padding: 1px 5px; border-radius: 4px; font-size: 90% }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 12px;
         margin: 24px 0 }
.card { background: var(--panel); border-radius: 10px; padding: 14px 16px; text-decoration: none;
        color: inherit }
.card b { display: block; font-size: 26px; line-height: 1.2 }
.win { color: var(--good) } .loss { color: var(--bad) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: 14px; margin: 8px 0; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid var(--line);
         white-space: nowrap }
th { font-weight: 600; color: var(--soft) }
details { margin: 8px 0 } summary { cursor: pointer; color: var(--soft); font-size: 14px }
svg { width: 100%; max-width: 820px; display: block; margin: 12px 0;
      font: 12px system-ui, sans-serif }
svg text { fill: var(--ink) } svg .engine, svg .none { fill: var(--soft) }
svg .model { font-weight: 600; font-size: 14px } svg text.ours { fill: var(--ours); font-weight: 600 }
svg .bar { fill: var(--peer) } svg .bar.ours { fill: var(--ours) }
svg .noise { stroke: var(--ink); stroke-width: 1.5 }
.warning { border-left: 4px solid var(--bad); padding-left: 12px }
"""


def _inline(line):
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(line))


def _table(header, rows):
    cells = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody>'
            "</table></div>")


def _card(figure):
    """The one number of a figure: how Lazuli stands against the best peers."""
    mean = results.summary(figure).get("best peer")
    if mean is None:
        return ""
    kind = "win" if mean[0] > 1 else "loss"
    return (f'<a class="card" href="#{figure.key}"><span class="soft">{escape(figure.title)}</span>'
            f'<b class="{kind}">{text.times(mean[0])}</b><span class="soft">of the best peer, '
            f"geometric mean of {mean[1]}</span></a>")


def _verdict(figure, model):
    found = results.against_best(figure, model)
    if found is None:
        return ["", "", ""]
    times, best, verdict = found
    return [f'<span class="{verdict}">{text.times(times)}</span>', escape(best.engine),
            text.verdict(figure, verdict)]


def _details(figure, engines):
    rows = []
    for model in figure.models():
        for row in filter(None, (figure.row(model, name) for name in engines)):
            judged = _verdict(figure, model) if row.engine == OURS else [""] * 3
            value = text.number(row.value) if row.status == "ok" else row.status
            rows.append([escape(model), escape(row.engine), value, text.number(row.least),
                         text.number(row.p90), text.percent(row.noise), text.error(row.error),
                         *judged, escape(row.why)])
    header = ["model", "engine", figure.unit, "least", "90th percentile", "noise", "error",
              "against the best", "which is", "", ""]
    return f"<details><summary>all numbers</summary>{_table(header, rows)}</details>"


def _figure(figure):
    engines = figure.engines()
    means = [f"{name} {text.times(mean)} ({count})"
             for name, (mean, count) in results.summary(figure).items()]
    better = "more" if figure.more_is_better else "less"
    lines = [f'<h2 id="{figure.key}">{escape(figure.title)} ({escape(figure.unit)}, {better} is '
             "better)</h2>", f'<p class="soft">{escape(figure.how)}</p>']
    if means:
        lines.append(f"<p>Geometric mean of {OURS}'s advantage over (number of models): "
                     f"{escape(', '.join(means))}.</p>")
    return "".join(lines) + chart.chart(figure, engines) + _details(figure, engines)


def _engines(about):
    rows = [[escape(name), escape(values["version"]), escape(values["about"])]
            for name, values in about["engines"].items()]
    rows += [[escape(name), "absent", _inline(f"`pip install {' '.join(missing)}`")]
             for name, missing in about["absent"].items()]
    return _table(["engine", "version", ""], rows)


def page(about, figures):
    figures = [figure for figure in figures if figure.rows]
    warning = text.warning(about)
    head = "".join(f'<p class="soft">{_inline(line)}</p>' for line in text.environment(about))
    if warning:
        head += f'<p class="warning">{escape(warning)}</p>'
    cards = "".join(map(_card, figures))
    return ('<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>Lazuli and its peers</title><style>{STYLE}</style></head><body>"
            f"<h1>Lazuli and its peers, side by side</h1>{head}"
            f'<div class="cards">{cards}</div>'
            "<p>A ratio above 1 is in Lazuli's favour. Bars of a model share a scale; the line "
            "over a bar's end is the spread of the engine's own medians over the rounds of this "
            "run. "
            "Outputs are compared with PyTorch's: an engine whose error is above "
            f"{about['tolerance']:.0e} of the largest value has no bar.</p>"
            + "".join(map(_figure, figures)) + "<h2>Engines</h2>" + _engines(about)
            + "</body></html>")
