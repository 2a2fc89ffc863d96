"""Every pass has its lit file, every operation a test that names it."""

import re

import tree

PASS = re.compile(r'^def\s+(\w+)\s*:\s*Pass<\s*"lz-([\w-]+)"', re.M)
OPERATION = re.compile(r'StringLiteral\("(lz\.[\w.]+)"\)')


def lit_texts(folder):
    return {path: tree.read(path) for path in tree.files()
            if str(path).startswith(folder) and path.suffix in (".mlir", ".test")}


def passes():
    """(class, flag without --lz-) of every pass."""
    return PASS.findall(tree.read("passes/Passes.td"))


def test_every_pass_has_a_lit_file():
    texts = lit_texts("tests/lit/passes/")
    problems = []
    for _, name in passes():
        fitting = [text for path, text in texts.items()
                   if path.stem == name or path.stem.startswith(name + "-")]
        if not any(f"-lz-{name}" in text for text in fitting):
            problems.append(f"pass lz-{name}: no file tests/lit/passes/{name}.mlir "
                            f"(or {name}-*.mlir) runs --lz-{name}")
    assert passes(), "no pass was found in passes/Passes.td"
    tree.report(problems)


def test_pass_names_are_derivable():
    """FuseElementwisePass is --lz-fuse-elementwise and stands in FuseElementwise.cpp."""
    problems = []
    for klass, name in passes():
        camel = "".join(word.capitalize() for word in name.split("-"))
        if klass != camel + "Pass":
            problems.append(f"pass lz-{name}: class {klass}, expected {camel}Pass")
        if not (tree.ROOT / "passes" / f"{camel}.cpp").exists():
            problems.append(f"pass lz-{name}: expected the file passes/{camel}.cpp")
    tree.report(problems)


def operations():
    """Names of all operations, from the headers that TableGen generated."""
    names = set()
    for header in (tree.BUILD / "ir").rglob("*.h.inc"):
        names.update(OPERATION.findall(header.read_text()))
    return sorted(names)


def test_every_operation_is_in_a_lit_test():
    text = "\n".join(lit_texts("tests/lit/").values())
    words = set(re.findall(r"lz\.[\w.]*\w", text))
    found = operations()
    assert found, f"no operation was found in the headers generated in {tree.BUILD}/ir"
    tree.report([f"{name}: no file of tests/lit mentions it"
                 for name in found if name not in words])
