"""Rules on the text of files: heads, lengths, nothing that ties it to a machine."""

import re

import tree

MAX_LINES = 800
HEAD_LINES = 12

TEXT = {".h", ".hpp", ".c", ".cpp", ".td", ".fbs", ".py", ".md", ".txt", ".cmake",
        ".mlir", ".test", ".sh", ".json", ".in", ""}

# A checkout may lie anywhere, and packages come from wherever the user's package
# manager is told to look, so neither may be written down.
FORBIDDEN = [
    (re.compile(r"(?<![\w.])/(?:(?:home|Users)/\w+|root/)"), "a path in someone's home"),
    (re.compile(r"https?://(?:[\w-]+\.)*(?:pypi\.org|pythonhosted\.org|deb\.debian\.org)"),
     "the address of a package registry"),
    (re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X])\b"), "an unfinished spot"),
]


def text_files():
    return [path for path in tree.files() if path.suffix in TEXT]


def forbidden():
    parent = tree.ROOT.resolve().parent
    rules = list(FORBIDDEN)
    for folder in (tree.ROOT.resolve(), parent):
        # Common folders, such as the temporary one, are named for good reasons.
        if str(folder) not in ("/", "/tmp", "/usr", "/opt", "/srv", "/home"):
            pattern = r"(?<![\w.])" + re.escape(str(folder)) + r"/"
            rules.append((re.compile(pattern), "a path of this machine"))
    return rules


def test_nothing_forbidden():
    rules = forbidden()
    problems = []
    for path in text_files():
        for number, line in enumerate(tree.read(path).splitlines(), start=1):
            for pattern, what in rules:
                if pattern.search(line):
                    problems.append(f"{path}:{number}: {what}: {line.strip()[:100]}")
    tree.report(problems)


def test_code_files_have_a_head_and_an_end():
    problems = []
    for path in tree.code():
        text = tree.read(path)
        if not text.lstrip().startswith(("//", "/*")):
            problems.append(f"{path}: no head comment that says what the file does and why")
        # A table of numbers (.inc) is as long as it is.
        if path.suffix != ".inc" and text.count("\n") > MAX_LINES:
            problems.append(f"{path}: {text.count(chr(10))} lines, expected at most {MAX_LINES}")
    tree.report(problems)


def test_headers_are_guarded():
    problems = []
    for path in tree.code():
        if path.suffix not in (".h", ".hpp"):
            continue
        text = tree.read(path)
        if not re.search(r"^#ifndef \w+_H(?:PP)?_?\n#define ", text, re.M) and (
                "#pragma once" not in text):
            problems.append(f"{path}: no include guard")
    tree.report(problems)
