"""Bar charts as inline SVG: a group of bars per model, its scale the longest bar of the group."""

from html import escape

from bench import results
from bench.engines import OURS
from bench.report import text

WIDTH, LABEL, VALUE = 820, 150, 270
BAR, GAP, HEAD, SPACE = 16, 4, 22, 14


def chart(figure, engines):
    """The SVG of a figure; engines stand in the given order in each group."""
    parts, y = [], 4
    for model in figure.models():
        rows = [row for row in (figure.row(model, name) for name in engines) if row]
        longest = max((row.value for row in rows if row.status == "ok"), default=0)
        parts.append(f'<text class="model" x="0" y="{y + 13}">{escape(model)}</text>')
        y += HEAD
        for row in rows:
            parts.append(_bar(figure, row, longest, y))
            y += BAR + GAP
        y += SPACE
    return (f'<svg viewBox="0 0 {WIDTH} {y}" role="img" aria-label="{escape(figure.title)}">'
            + "".join(parts) + "</svg>")


def _bar(figure, row, longest, y):
    ours = " ours" if row.engine == OURS else ""
    middle = y + BAR * 0.75
    label = (f'<text class="engine{ours}" x="{LABEL - 8}" y="{middle}" text-anchor="end">'
             f'{escape(row.engine)}</text>')
    if row.status != "ok":
        words = {"wrong": f"wrong: {row.why}", "failed": f"failed: {row.why}", "none": row.why}
        shown = words[row.status]
        return (f'{label}<text class="none" x="{LABEL}" y="{middle}">'
                f'{escape(shown[:90])}<title>{escape(shown)}</title></text>')
    room = WIDTH - LABEL - VALUE
    length = max(1.0, room * max(0.0, row.value) / longest) if longest > 0 else 1.0
    half = min(length, length * (row.noise or 0))
    return (f'{label}<rect class="bar{ours}" x="{LABEL}" y="{y}" width="{length:.1f}" '
            f'height="{BAR}" rx="2"><title>{escape(_details(figure, row))}</title></rect>'
            f'{_whisker(LABEL + length, half, y + BAR / 2)}'
            f'<text class="value{ours}" x="{LABEL + length + half + 8:.1f}" y="{middle}">'
            f'{escape(_value(figure, row))}</text>')


def _whisker(end, half, middle):
    """The noise as a line over the end of the bar."""
    if half < 0.5:
        return ""
    return (f'<line class="noise" x1="{end - half:.1f}" x2="{end + half:.1f}" '
            f'y1="{middle}" y2="{middle}"/>')


def _value(figure, row):
    """The number; of ours also how it stands against the best peer."""
    shown = f"{text.number(row.value)} {figure.unit}"
    found = results.against_best(figure, row.model) if row.engine == OURS else None
    return shown + (f", {text.times(found[0])} of {found[1].engine}" if found else "")


def _details(figure, row):
    parts = [f"{row.engine}, {row.model}: {text.number(row.value)} {figure.unit}"]
    if row.noise is not None:
        parts[0] += f" ±{text.percent(row.noise)}"
    if row.least is not None:
        parts.append(f"least {text.number(row.least)}")
    if row.p90 is not None:
        parts.append(f"90th percentile {text.number(row.p90)}")
    if row.error is not None:
        parts.append(f"error {text.error(row.error)}")
    return ", ".join(parts)
