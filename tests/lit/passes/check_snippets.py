"""Runs the before and after of every pass description in Passes.td.

usage: check_snippets.py PASSES.td LAZULI-OPT [PASS...]; without names all
passes but those whose outcome hangs on an injected service (a unit test runs
their snippets)."""
import re
import subprocess
import sys

INJECTED = {"lz-const-eval"}


def run(program, arguments, text):
    """The text that lazuli-opt prints for TEXT; its complaint ends the test."""
    done = subprocess.run([program, *arguments], input=text, text=True, capture_output=True)
    if done.returncode:
        sys.exit(f"{program} {' '.join(arguments)}:\n{done.stderr}\n{text}")
    return done.stdout


def main():
    source, program, *names = sys.argv[1:]
    passes = re.split(r"^def \w+ : Pass<", open(source).read(), flags=re.M)[1:]
    failures = []
    for text in passes:
        name = re.match(r'"([\w-]+)"', text).group(1)
        if names and name not in names or not names and name in INJECTED:
            continue
        command = re.search(r"`lazuli-opt (--.*?)` turns\n", text)
        blocks = re.findall(r"```mlir\n(.*?)```", text, flags=re.S)
        if not command or len(blocks) != 2:
            failures.append(f"{name}: expected one command and two snippets")
            continue
        flag = command.group(1).replace('"', "")
        actual = run(program, [flag], blocks[0])
        expected = run(program, [], blocks[1])
        if actual != expected:
            failures.append(f"{name}: expected\n{expected}\nfound\n{actual}")
    print(f"{len(passes)} passes")
    sys.exit("\n".join(failures) or 0)


main()
