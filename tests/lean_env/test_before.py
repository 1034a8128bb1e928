"""Library theorems proved once more, from what comes before them alone, on a real Lean."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from lean_env import process
from lean_env.bundled import BundledLean
from lean_env.pool import Pool
from lean_env.protocol import Limits
from lean_env.toolchain import Command, Toolchain

pytestmark = pytest.mark.lean

PATIENT = Limits(ms=120_000)
"""However slow the machine is, `exact?` gets to its end."""

ADD_COMM = "theorem t (a b : Nat) : a + b = b + a := by sorry"
MAP = "theorem t (f : Nat → Nat) (xs : List Nat) : (xs.map f).length = xs.length := by sorry"


async def message(lean: Pool, text: str, before: str, tactic: str) -> str:
    """What a tactic says; nothing if it leads on."""
    async with lean.session() as session:
        opened = await session.open(text, before)
        assert opened.error is None, opened.error
        outcome = (await session.apply(opened.holes[0].state, [tactic], PATIENT))[0]
        assert (outcome.kind == "error") == bool(outcome.message), outcome
        return outcome.message


@pytest.mark.parametrize(
    ("text", "before", "tactic", "late"),
    [
        (ADD_COMM, "Nat.add_comm", "exact Nat.add_comm a b", "Nat.add_comm, which is to be proved"),
        (ADD_COMM, "Nat.add_comm", "exact?", "Nat.add_comm, which is to be proved"),
        (ADD_COMM, "Nat.add_comm", "have h := Nat.add_comm a", "Nat.add_comm, which is to be proved"),
        (ADD_COMM, "Nat.add_comm", "suffices h : b + a = b + a by rw [Nat.add_comm]", "Nat.add_comm, which is"),
        (ADD_COMM, "Nat.add_comm", "omega", "which comes after Nat.add_comm"),
        (ADD_COMM, "Nat.add_comm", "have := Nat.add_right_comm a b", "Nat.add_right_comm, which comes after"),
        (ADD_COMM, "Nat.add_comm", "have := @List.append_assoc Nat", "List.append_assoc, which comes after"),
        (ADD_COMM, "Nat.add_comm", "have := @Nat.instCommutativeHAdd", "comes after|[Uu]nknown"),
        (MAP, "List.length_map", "simp", "List.length_map, which is to be proved"),
        (MAP, "List.length_map", "grind", "List.length_map, which is to be proved"),
        (MAP, "List.length_map", "exact (List.length_map f)", "List.length_map, which is to be proved"),
    ],
)
async def test_what_comes_too_late_is_an_error(lean: Pool, text: str, before: str, tactic: str, late: str) -> None:
    assert re.search(rf"uses .*{late}|[Uu]nknown", await message(lean, text, before, tactic))
    assert "which" not in await message(lean, text, "", tactic)


@pytest.mark.parametrize(
    ("text", "before", "tactic"),
    [
        (ADD_COMM, "Nat.add_comm", "induction a"),
        (ADD_COMM, "Nat.add_comm", "cases a <;> cases b"),
        (ADD_COMM, "Nat.add_comm", "have := Nat.succ.injEq a b"),
        (ADD_COMM, "Nat.add_comm", "show a + b = b + a"),
        (ADD_COMM, "List.append_assoc", "exact Nat.add_comm a b"),
        (MAP, "List.length_map", "induction xs with | nil => rfl | cons x xs ih => simp [ih]"),
        ("attribute [-simp] List.length_map\n" + MAP, "List.length_map", "induction xs <;> simp [*]"),
        (
            MAP,
            "List.length_map",
            "induction xs with | nil => rfl | cons x xs ih => simp only [List.map, List.length, ih]",
        ),
    ],
)
async def test_what_comes_before_may_be_used(lean: Pool, text: str, before: str, tactic: str) -> None:
    assert await message(lean, text, before, tactic) == ""


async def test_a_part_of_a_proof_is_looked_at_by_itself(lean: Pool) -> None:
    text = "theorem t (a b : Nat) (p : Prop) (h : p) : p ∧ a + b = b + a := by sorry"
    async with lean.session() as session:
        state = (await session.open(text, "Nat.add_comm")).holes[0].state
        left, right = (await session.apply(state, ["constructor"], Limits()))[0].states
        assert (await session.apply(left, ["exact h"], Limits()))[0].kind == "proved"
        outcomes = await session.apply(right, ["exact Nat.add_comm a b", "intro h", "skip"], Limits())
        assert [outcome.kind for outcome in outcomes] == ["error", "error", "open"]


async def test_a_theorem_that_is_not_there_is_an_error(lean: Pool) -> None:
    async with lean.session() as session:
        opened = await session.open(ADD_COMM, "Nat.nope")
        assert opened.error is not None and "Nat.nope" in opened.error and not opened.holes
    verdict = await lean.verify(ADD_COMM, ADD_COMM.replace("sorry", "exact Nat.add_comm a b"), before="Nat.nope")
    assert not verdict.accepted and "Nat.nope" in "; ".join(verdict.reasons)


U = "theorem u : ∀ a b : Nat, a + b = b + a := Nat.add_comm\n"
OWN = """theorem zero_add' : ∀ n : Nat, 0 + n = n
  | 0 => rfl
  | n + 1 => congrArg Nat.succ (zero_add' n)
theorem succ_add' (n : Nat) : ∀ m : Nat, n.succ + m = (n + m).succ
  | 0 => rfl
  | m + 1 => congrArg Nat.succ (succ_add' n m)
theorem t (a b : Nat) : a + b = b + a := by
  induction a with
  | zero => exact zero_add' b
  | succ n ih => exact (succ_add' n b).trans (congrArg Nat.succ ih)
"""


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (OWN, ""),
        (ADD_COMM.replace("sorry", "exact Nat.add_comm a b"), "t uses Nat.add_comm, which is to be proved"),
        (ADD_COMM.replace("sorry", "omega"), "comes after Nat.add_comm"),
        (U + "theorem t (a b : Nat) : a + b = b + a := u a b", "t uses Nat.add_comm"),
        ("def u : Nat → Unit := fun _ => ()\n" + OWN, ""),
        (U + OWN, ""),
    ],
)
async def test_verification_looks_at_all_that_the_proof_rests_on(lean: Pool, candidate: str, reason: str) -> None:
    verdict = await lean.verify(ADD_COMM, candidate, before="Nat.add_comm")
    assert verdict.accepted == (not reason), verdict.reasons
    assert reason in "; ".join(verdict.reasons)
    assert (await lean.verify(ADD_COMM, candidate)).accepted


# -- a library that says on which line its theorems are


SHAPES = """module
@[expose] public section
namespace Shapes
theorem early (n : Nat) : n + 0 = n := rfl
def twice (n : Nat) : Nat := n + n
inductive Shape | round | flat
theorem middle (n : Nat) : twice n = n + n := rfl
theorem late (n : Nat) : twice n = n + n + 0 := rfl
def after (n : Nat) : Nat := n
instance : Inhabited Shape := ⟨.flat⟩
end Shapes
"""
MIDDLE = "import Shapes\nopen Shapes\ntheorem t (n : Nat) : twice n = n + n := by sorry"


@dataclass(frozen=True)
class WithShapes:
    """The bundled Lean with one more module, compiled whole."""

    real: Toolchain
    compiled: Path
    """The folder with its parts."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    @property
    def bundle(self) -> BundledLean:
        """Without the compiled worker: what lies beside its source is the test's."""
        assert self.real.bundle is not None
        return replace(self.real.bundle, compiled=None)

    def worker(self, source: Path) -> Command:
        for part in self.compiled.glob("Shapes.*"):
            shutil.copy(part, source.parent)
        command = self.real.worker(source)
        return replace(command, env={**command.env, "LEAN_PATH": command.env["LEAN_PATH"] + ":/worker"})


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shapes(bundled: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pool]:
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "Shapes.lean").write_text(SHAPES)
    assert bundled.bundle is not None
    compile_it = ("-o", "/worker/Shapes.olean", "/worker/Shapes.lean")
    argv, env = bundled.bundle.command(compile_it, mount=folder, writable=True)
    finished = process.run(argv, env=env, cwd=None, timeout=300)
    assert (folder / "Shapes.olean.server").is_file(), finished
    async with Pool(cast(Toolchain, WithShapes(bundled, folder)), workers=1) as pool:
        yield pool


async def test_lines_tell_what_comes_before_in_the_same_module(shapes: Pool) -> None:
    def late(name: str) -> str:
        return f"uses Shapes.{name}, which comes after Shapes.middle"

    assert await message(shapes, MIDDLE, "Shapes.middle", "exact middle n") == (
        "uses Shapes.middle, which is to be proved"
    )
    assert await message(shapes, MIDDLE, "Shapes.middle", "exact late n") == late("late")
    assert await message(shapes, MIDDLE, "Shapes.middle", "have := after n") == late("after")
    for tactic in (
        "have := early n",
        "rw [twice]",
        "unfold twice",
        "simp only [twice]",
        "rfl",
        "cases Shape.flat <;> rfl",
    ):
        assert await message(shapes, MIDDLE, "Shapes.middle", tactic) == "", tactic
    assert await message(shapes, MIDDLE, "Shapes.late", "exact middle n") == ""
    assert await message(shapes, MIDDLE, "Shapes.early", "exact middle n") == (
        "uses Shapes.middle, which comes after Shapes.early"
    )


async def test_lines_are_listed(shapes: Pool) -> None:
    library = await shapes.library(MIDDLE)
    found = [(theorem.name, theorem.line) for theorem in library.theorems if theorem.module == "Shapes"]
    assert found == [("Shapes.early", 4), ("Shapes.middle", 7), ("Shapes.late", 8)]
