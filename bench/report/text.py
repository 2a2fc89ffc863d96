"""How numbers and verdicts are written, the same in all forms."""

VERDICTS = {"win": "faster", "loss": "slower", "even": "within the noise"}


def number(value):
    """Three digits that count."""
    if value is None:
        return ""
    if value == 0:
        return "0"
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}" \
        if size >= 0.1 else f"{value:.3g}"


def error(value):
    return "" if value is None else f"{value:.0e}" if value != float("inf") else "inf"


def percent(value):
    return "" if value is None else f"{value * 100:.1f} %"


def times(value):
    return f"{value:.2f} ×" if value < 100 else f"{value:.0f} ×"


def verdict(figure, name):
    words = {"win": "more", "loss": "less"} if figure.more_is_better else VERDICTS
    if figure.unit == "MB":
        words = {"win": "smaller", "loss": "larger"}
    return words.get(name, VERDICTS["even"])


def environment(about):
    """Lines that say where, when and with what."""
    machine = about["machine"]
    lines = [f"{about['date']}, commit {about['commit'] or 'unknown'}, `{about['command']}`",
             f"{machine['cpu']}, {machine['cpus']} CPUs ({', '.join(machine['features'])}), "
             f"{machine['memory_gb']} GB, Linux {machine['kernel']}, Python {machine['python']}, "
             f"load {machine['load_before']:.1f} when it began"]
    if about["quick"]:
        lines.append("A quick run: its figures are not for telling others.")
    return lines


def warning(about):
    """What makes the figures doubtful; "" if nothing is known to."""
    load = about["machine"]["load_before"]
    return f"The machine was not quiet: load {load:.1f} when it began." if load > 0.7 else ""
