"""Reports of a comparison, for people and for machines."""

import json
import math
import os


def _number(value):
    return f"{value:.2g}"


def _value(value):
    """An element as it is shown: text in quotes, numbers in few digits."""
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _short(name):
    """Names of exporters can be as long as a line; both ends tell them apart."""
    return name if len(name) <= 44 else f"{name[:18]}...{name[-23:]}"


def _table(rows, alignment, indent="  "):
    """Columns as wide as their widest cell; `alignment` has l or r for each."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(alignment))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) if side == "r" else cell.ljust(width)
                 for cell, width, side in zip(row, widths, alignment)]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines


def _verdict(comparison):
    if comparison.agrees:
        return "agrees"
    if comparison.reason:
        return "differs: " + comparison.reason
    share = f"{comparison.differing} of {comparison.elements}"
    place = comparison.first or "it"
    return (f"differs in {share}, first {place} is {_value(comparison.found)}, expected "
            f"{_value(comparison.expected)}")


def _errors(comparison):
    if comparison.reason:
        return ["", ""]
    return [_number(comparison.max_abs_error), _number(comparison.max_rel_error)]


def _limit(comparison):
    """"1e-06 + 1e-04 rel"."""
    if comparison.reason:
        return ""
    parts = [f"{comparison.atol:g}"] if comparison.atol else []
    if comparison.rtol:
        parts.append(f"{comparison.rtol:g} rel")
    return " + ".join(parts) or "exact"


def _finding_lines(report):
    finding = report.first
    node = finding.value.node
    title = f"'{node.name}' " if node.name else ""
    domain = f"{node.domain}." if node.domain else ""
    lines = ["", f"the first to differ is {domain}{node.op_type} {title}"
                 f"(node {finding.value.index}), of {finding.examined} values compared"]
    rows = []
    for name, kind, comparison, note in finding.inputs:
        errors = _errors(comparison) if comparison else ["", ""]
        rows.append(["input", _short(name), kind, *errors, note])
    comparison = finding.comparison
    rows.append(["output", _short(comparison.name), comparison.type, *_errors(comparison),
                 _verdict(comparison)])
    lines += _table([["", "value", "type", "max error", "relative", ""], *rows], "lllrrl")
    worst = max((item.max_rel_error for _, _, item, _ in finding.inputs if item), default=0)
    if comparison.max_rel_error < 10 * worst:
        lines.append("its inputs are off by nearly as much: the error has grown over several "
                     "operators, of which none stands out")
    if finding.one_at_a_time:
        lines.append("no value differs while all are outputs; with this one alone as an output "
                     "beside the model's own it does, and those before it do not: look at what "
                     "is fused here")
    return lines


def _agreement_lines(report):
    worst = max(report.values.values(), key=lambda item: item.max_rel_error, default=None)
    if worst is None:
        return []
    far = f", the farthest is '{_short(worst.name)}' with a relative error of " \
        f"{_number(worst.max_rel_error)}" if worst.max_rel_error else " exactly"
    return ["", f"all {len(report.values)} values agree{far}"]


def to_text(report):
    """Lines for a terminal."""
    lines = [f"{report.model} against {report.reference}"]
    lines += _table([["input " + name, kind, "" if given else "random"]
                     for name, kind, given in report.inputs], "lll") if report.inputs else []
    lines += _table(
        [["output", "type", "max error", "relative", "allowed", ""]]
        + [[_short(output.name), output.type, *_errors(output), _limit(output), _verdict(output)]
           for output in report.outputs], "llrrll")
    if report.first:
        lines += _finding_lines(report)
    elif report.values is not None:
        lines += _agreement_lines(report)
    lines += [f"note: {note}" for note in report.notes]
    wrong = sum(not output.agrees for output in report.outputs)
    count = len(report.outputs)
    if count == 1:
        lines.append("the output differs" if wrong else "the output agrees")
    else:
        lines.append(f"{wrong} of {count} outputs differ" if wrong else "all outputs agree")
    return "\n".join(lines)


# ---- machines --------------------------------------------------------------


def _json_number(value):
    """JSON has no infinity and no NaN: they are words, as in all of our output."""
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _comparison(comparison):
    keys = ("name", "type", "elements", "differing", "max_abs_error", "max_rel_error", "atol",
            "rtol")
    item = {key: _json_number(getattr(comparison, key)) for key in keys}
    item["agrees"] = comparison.agrees
    if comparison.reason:
        item["reason"] = comparison.reason
    if comparison.differing:
        item |= {"first": comparison.first, "found": _json_number(comparison.found),
                 "expected": _json_number(comparison.expected)}
    return item


def _finding(finding):
    node = finding.value.node
    return {
        "node": node.name, "operator": node.op_type, "domain": node.domain,
        "index": finding.value.index, "output": _comparison(finding.comparison),
        "inputs": [{"name": name, "type": kind,
                    "max_abs_error": _json_number(comparison.max_abs_error) if comparison else None,
                    "max_rel_error": _json_number(comparison.max_rel_error) if comparison else None}
                   for name, kind, comparison, _ in finding.inputs],
        "one_at_a_time": finding.one_at_a_time}


def to_dict(report):
    """What --json prints."""
    all_of_it = {
        "model": report.model, "reference": report.reference, "agrees": report.agrees,
        "inputs": [{"name": name, "type": kind, "random": not given}
                   for name, kind, given in report.inputs],
        "outputs": [_comparison(output) for output in report.outputs]}
    if report.values is not None:
        all_of_it["per_op"] = {"values": len(report.values),
                               "first": _finding(report.first) if report.first else None}
    if report.notes:
        all_of_it["notes"] = report.notes
    return all_of_it
