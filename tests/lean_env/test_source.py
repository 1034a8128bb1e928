"""The worker's source: put together, and free of what only some versions of Lean have."""

from __future__ import annotations

import re

import pytest

from lean_env.source import BUNDLED_IMPORTS, PARTS, source_folder, worker_source

ALTERNATIVE = re.compile(r"^  \| exact (.+(?:\n    .+)*)$", re.MULTILINE)
DEFINITION = re.compile(r"^(?:unsafe )?(?:def|abbrev) (\w+\??)(.*(?:\n .*)*)", re.MULTILINE)

DIFFERS = (
    r"String\.Pos\b",
    r"\.rawEndPos\b",
    r"\bisPrefixOf\b",
    r"\bsnapshotTasks\b",
    r"\bsubstituteLazy\b",
    r"\btoKernelEnv\b",
    r"\bimportModules\b",
    r"\belabCommandTopLevel\b",
    r"\bElab\.async\b",
    r"\bisInternalDetail\b",
    r"\bsetIfInBounds\b",
    r"\ballowOpaque\b",
    r"``(?:Lean\.)?(?:trustCompiler|ofReduce\w+)",
    r"\.module\b",
)
"""What was renamed, added, removed or is going to be removed between Lean 4.9 and the newest."""


def part(name: str) -> str:
    return (source_folder() / f"{name}.lean").read_text(encoding="utf-8")


def code(name: str) -> str:
    """A part without its comments."""
    return re.sub(r"/-.*?-/", "", re.sub(r"--.*", "", part(name)), flags=re.DOTALL)


def imports(source: str) -> list[str]:
    return [line for line in source.split("\n") if re.match(r"(public )?import ", line)]


def test_every_part_is_in_the_source() -> None:
    assert {path.stem for path in source_folder().glob("*.lean")} == set(PARTS)


@pytest.mark.parametrize("bundled", [True, False])
def test_the_parts_follow_one_another(bundled: bool) -> None:
    source = worker_source(bundled=bundled)
    titles = [re.search(r"^# .*$", part(name), re.MULTILINE) for name in PARTS]
    places = [source.index(title.group()) for title in titles if title is not None]
    assert len(places) == len(PARTS) and places == sorted(places)
    assert source.count("namespace Worker\n") == source.count("end Worker\n") == len(PARTS)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_uses_only_parts_before_it(name: str) -> None:
    used = re.findall(r"^import Worker\.(\w+)$", part(name), re.MULTILINE)
    assert all(PARTS.index(other) < PARTS.index(name) for other in used)


def test_a_native_lean_gets_a_plain_file() -> None:
    source = worker_source(bundled=False)
    assert source.startswith("import Lean\n") and imports(source) == ["import Lean"]
    assert "\ndef main : IO Unit" in source and "\ndef lacksCode : Bool := false" in source
    assert not re.search(r"^(module|public|meta|private|@\[expose\])\b", source, re.MULTILINE)  # not before 2025


def test_the_bundled_lean_gets_a_module() -> None:
    source = worker_source(bundled=True)
    assert source.startswith("module\npublic import ")
    assert imports(source) == [f"public import {name}" for name in BUNDLED_IMPORTS]
    assert "\npublic def main : IO Unit" in source and "\ndef main " not in source
    assert "\ndef lacksCode : Bool := true" in source


def test_both_have_the_same_body() -> None:
    def body(source: str) -> str:
        same = source[source.index("/-!") :].replace("\npublic def main ", "\ndef main ")
        return same.replace("\ndef lacksCode : Bool := true", "\ndef lacksCode : Bool := false")

    assert body(worker_source(bundled=True)) == body(worker_source(bundled=False))


@pytest.mark.parametrize("name", [name for name in PARTS if name != "Compat"])
@pytest.mark.parametrize("pattern", DIFFERS)
def test_what_differs_between_versions_is_in_compat_alone(name: str, pattern: str) -> None:
    assert not re.search(pattern, code(name))


def test_alternatives_are_several_and_distinct() -> None:
    choices = [block for _, block in DEFINITION.findall(code("Compat")) if "  first\n" in block]
    assert len(choices) >= 10
    for block in choices:
        alternatives = ALTERNATIVE.findall(block)
        assert len(alternatives) >= 2 and len(set(alternatives)) == len(alternatives), block


def test_every_definition_of_compat_is_used() -> None:
    everything = "\n".join(code(name) for name in PARTS)
    for name, _ in DEFINITION.findall(code("Compat")):
        assert len(re.findall(rf"(?<![\w.]){re.escape(name)}(?!\w)", everything)) >= 2, name


def test_extensions_are_loaded_and_initializers_run_at_every_import() -> None:
    header = re.search(r"^def importHeader .*?\n\n", code("Compat"), re.DOTALL | re.MULTILINE)
    assert header is not None
    assert header.group().index("allowInitializers") < header.group().index("loadModules")
    assert "(loadExts := true)" in code("Compat")
