"""What pyproject.toml pins is what the requirement files pin, and Lazuli has one version."""

import re
import tomllib

import tree

PIN = re.compile(r"^([\w.-]+)==([\w.]+)$")


def pins(lines):
    """{distribution: release} of the lines that pin one."""
    found = (PIN.match(line.strip()) for line in lines)
    return {match[1].lower().replace("_", "-"): match[2] for match in found if match}


def project():
    return tomllib.loads(tree.read("pyproject.toml"))


def test_pins_agree():
    listed = {}
    for name in ("requirements.txt", "requirements-native.txt"):
        listed.update(pins(tree.read(name).splitlines()))
    pinned = pins(project()["build-system"]["requires"] + project()["project"]["dependencies"])
    assert len(pinned) >= 7, f"found only {sorted(pinned)} in pyproject.toml"
    tree.report([f"pyproject.toml: {name}=={release}, expected {listed.get(name, 'no pin')} as in "
                 "the requirement files"
                 for name, release in pinned.items() if listed.get(name) != release])


def test_what_builds_is_pinned():
    requires = project()["build-system"]["requires"]
    tree.report([f"pyproject.toml: build-system.requires has {line}, expected NAME==RELEASE"
                 for line in requires if not PIN.match(line)])


def test_version_stands_in_one_place():
    """pip reads it by a pattern, from the line that CMake reads."""
    settings = project()["tool"]["scikit-build"]["metadata"]["version"]
    assert "version" in project()["project"]["dynamic"]
    found = re.findall(settings["regex"], tree.read(settings["input"]))
    assert len(found) == 1 and re.fullmatch(r"\d+\.\d+\.\d+", found[0])
