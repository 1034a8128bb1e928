"""Each whole-proof format, pinned for one statement, and the proofs that are read from answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.protocol import Hole, State
from prover.interfaces import FailedProof, Problem, ProofQuery
from prover.policy.generation import Message, Prompt
from prover.policy.prompts import ADAPTERS, ProofAdapter
from prover.policy.prompts.proofs import continuation, opening, script, statement, with_proof
from prover.problems.leantext import sorry_places
from prover.script import fill

HEADER = "import Mathlib\nopen Nat\n"
TEXT = "/-- Show it. -/\ntheorem foo (n : ℕ) (h : 0 < n) :\n    n ≠ 0 := by sorry\n"
STATE = State(0, ("n : ℕ\nh : 0 < n\n⊢ n ≠ 0",), "hash")
QUERY = ProofQuery(STATE, Problem("foo", TEXT, HEADER), 7)
OPEN = "import Mathlib\nopen Nat\n\n/-- Show it. -/\ntheorem foo (n : ℕ) (h : 0 < n) :\n    n ≠ 0 := by"
FAILED = FailedProof(("intro h'", "simp at h'\nomega"), ("unsolved goals\n⊢ False", "linarith failed"))
REPAIR = replace(QUERY, failed=(FAILED,))
TRIED = f"```lean4\n{OPEN}\n  intro h'\n  simp at h'\n  omega\n```"

PLAN = (
    "Before producing the Lean 4 code to formally prove the given theorem, provide a detailed proof plan outlining "
    "the main proof steps and strategies.\nThe plan should highlight key ideas, intermediate lemmas, and proof "
    "structures that will guide the construction of the final formal proof."
)
PROMPTS: dict[str, Prompt] = {
    "deepseek-prover-v1.5": f"Complete the following Lean 4 code:\n\n```lean4\n{OPEN}\n",
    "deepseek-prover-v2": (
        Message("user", f"Complete the following Lean 4 code:\n\n```lean4\n{OPEN} sorry\n```\n\n{PLAN}"),
    ),
    "goedel-prover-v2": (
        Message("user", f"Complete the following Lean 4 code:\n\n```lean4\n{OPEN} sorry```\n\n{PLAN}"),
    ),
    "kimina-prover": (
        Message("system", "You are an expert in mathematics and Lean 4."),
        Message(
            "user",
            "Think about and solve the following problem step by step in Lean 4.\n# Problem:Show it.\n"
            f"# Formal statement:\n```lean4\n{OPEN}\n```\n",
        ),
    ),
    "whole-proof": (
        Message("system", "You are an expert in Lean 4."),
        Message(
            "user",
            f"```lean4\n{OPEN} sorry\n```\n\nProve the theorem: replace its sorry, and change nothing else. "
            "Do not use sorry or axioms. Answer with the whole text in one ```lean4 code block.",
        ),
    ),
}
PROOFS = {name: adapter for name, adapter in ADAPTERS.items() if isinstance(adapter, ProofAdapter)}


def test_every_format_is_pinned() -> None:
    assert set(PROMPTS) == set(PROOFS)


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_is_what_its_model_was_trained_on(name: str) -> None:
    assert PROOFS[name].prompt(QUERY) == PROMPTS[name]


@pytest.mark.parametrize("name", [name for name, prompt in PROMPTS.items() if isinstance(prompt, tuple)])
def test_a_repair_shows_the_proof_and_what_lean_said(name: str) -> None:
    first, prompt = PROMPTS[name], PROOFS[name].prompt(REPAIR)
    assert isinstance(prompt, tuple) and isinstance(first, tuple) and prompt[: len(first)] == first
    tried, said = prompt[len(first) :]
    assert tried == Message("assistant", TRIED)
    assert said.role == "user" and "\n\nunsolved goals\n⊢ False\n\nlinarith failed\n\n" in said.content


def test_a_completion_has_no_turns_for_repairs() -> None:
    assert PROOFS["deepseek-prover-v1.5"].prompt(REPAIR) == PROMPTS["deepseek-prover-v1.5"]


def test_what_lean_says_is_shown_as_far_as_it_can_be_read() -> None:
    prompt = PROOFS["whole-proof"].prompt(replace(QUERY, failed=(FailedProof(("x",), ("e" * 9999,) * 99),)))
    assert isinstance(prompt, tuple) and 16_000 < len(prompt[-1].content) < 17_000


@pytest.mark.parametrize(
    ("text", "hole", "asked", "begun"),
    [
        ("theorem t : p := sorry", 0, "theorem t : p := by sorry", "theorem t : p := by"),
        ("theorem t : p := by\n  sorry\n\n-- end", 0, "theorem t : p := by\n  sorry", "theorem t : p := by"),
        ("lemma a : p := by sorry\nlemma b : q := by sorry\n", 0, "lemma a : p := by sorry", "lemma a : p := by"),
        (
            "lemma a : p := by sorry\nlemma b : q := by sorry\n",
            1,
            "lemma a : p := by sorry\nlemma b : q := by sorry",
            "lemma a : p := by sorry\nlemma b : q := by",
        ),
        ("theorem t : p := by trivial", 0, "theorem t : p := by trivial", "theorem t : p := by trivial"),
    ],
)
def test_the_statement_that_a_model_sees(text: str, hole: int, asked: str, begun: str) -> None:
    query = ProofQuery(STATE, Problem("t", text, hole=hole), 0)
    assert (statement(query), opening(query)) == (asked, begun)


def fenced(code: str) -> str:
    return f"A plan.\n\n```lean4\n{code}\n```\nDone."


@pytest.mark.parametrize(
    ("code", "steps"),
    [
        (f"{OPEN}\n  omega", ("omega",)),
        (f"{OPEN} omega", ("omega",)),
        ("theorem foo (n : ℕ) (h : 0 < n) : n ≠ 0 := by\n    intro h'\n    simp_all", ("intro h'", "simp_all")),
        (f"{OPEN}\n  constructor\n  · simp\n    omega\n\n  · rfl", ("constructor", "· simp\n  omega", "· rfl")),
        (f"{OPEN}\n  cases n with\n  | zero => simp\n  | succ n =>\n    simp", None),
        (f"{OPEN}\n  simp\n  <;> omega", ("simp\n<;> omega",)),
        (f"{OPEN}\n  -- why\n  simp\n  -- the end", ("-- why\nsimp",)),
        (f"{OPEN}\n-- why\n  simp\n  rfl", ("-- why\nsimp", "rfl")),
        (f"{OPEN}\n  omega\n\nend Foo\n#print axioms foo", ("omega",)),
        (f"{OPEN} intro h'\n            simp", ("intro h'\n  simp",)),
        (f"{OPEN} intro h'\n                simp", ("intro h'", "simp")),
        (f"{OPEN} nlinarith [a,\n  b]", ("nlinarith [a,\n  b]",)),
        (OPEN.removesuffix("by") + "Nat.ne_of_gt h", ("exact Nat.ne_of_gt h",)),
        (OPEN.removesuffix("by") + "fun h' =>\n  absurd h' h", ("exact\n  fun h' =>\n    absurd h' h",)),
        # another text for the same statement, or a name of its own where there is no other
        ("lemma foo {n : Nat} (h : n > 0) : n ≠ 0 := by\n  omega", ("omega",)),
        ("theorem bar (n : ℕ) (h : 0 < n) : n ≠ 0 := by omega", ("omega",)),
        # only tactics
        ("  intro h'\n  omega", ("intro h'", "omega")),
        # lemmas become `have`s where they are used
        (
            "lemma aux (k : ℕ) : k = k := by\n  rfl\n\n/-- no theorem aux here -/\ntheorem other : True := trivial\n\n"
            f"{OPEN.split('Nat', 1)[1].strip()}\n  have := aux n\n  omega",
            ("have aux (k : ℕ) : k = k := by\n  rfl", "have := aux n", "omega"),
        ),
    ],
)
def test_the_proof_in_a_code_block(code: str, steps: tuple[str, ...] | None) -> None:
    """None stands for one step of all the lines."""
    found = script(fenced(code), QUERY)
    if steps is None:
        assert found == ("cases n with\n| zero => simp\n| succ n =>\n  simp",)
    else:
        assert found == steps


@pytest.mark.parametrize(
    "answer",
    [
        "",
        " \n",
        "I cannot prove this.",
        "```lean4",
        "```lean4\n```",
        fenced(OPEN),
        fenced(f"{OPEN}\n  sorry"),
        fenced(f"{OPEN}\n  have : n = 1 := by sorry\n  omega"),
        fenced(f"{OPEN}\n  admit"),
        fenced(f"{OPEN}\n  -- nothing"),
        fenced("theorem a : p := by simp\ntheorem b : q := by simp"),
        fenced("lemma aux : p := by sorry\n\ntheorem foo : n ≠ 0 := by\n  exact aux"),
        fenced("import Mathlib"),
        f"<think>\n{fenced(OPEN)}  omega",
    ],
)
def test_no_proof_is_read_from_what_holds_none(answer: str) -> None:
    assert script(answer, QUERY) is None


def test_the_last_block_that_can_be_used_counts() -> None:
    one, two = fenced(f"{OPEN}\n  one"), fenced(f"{OPEN}\n  two")
    assert script(one + two, QUERY) == ("two",)
    assert script(one + fenced("#eval 1"), QUERY) == ("one",)
    assert script(f"<think>{one}</think>{two}", QUERY) == ("two",)
    assert script(f"{OPEN}\n  bare", QUERY) == ("bare",)
    assert script(f"```lean4\n{OPEN}\n  left open\n  rfl", QUERY) == ("left open", "rfl")


@pytest.mark.parametrize(
    ("answer", "steps"),
    [
        ("  norm_num\n  simp\n```\n\nMore", ("norm_num", "simp")),
        ("norm_num\n  simp\n", ("norm_num", "simp")),
        ("nlinarith [a,\n    b]", ("nlinarith [a,\n  b]",)),
        ("norm_num\nsimp", ("norm_num", "simp")),
        ("  simp\n\ntheorem other : p := by\n  omega", ("simp",)),
        (f"```lean4\n{OPEN}\n  again\n```", ("again",)),
        (f"{OPEN}\n  again\n```", ("again",)),
        ("  sorry", None),
        ("", None),
        ("```", None),
    ],
)
def test_a_proof_goes_on_where_the_prompt_ends(answer: str, steps: tuple[str, ...] | None) -> None:
    assert continuation(answer, QUERY) == steps


def test_an_inner_sorry_is_found_by_what_is_around_it() -> None:
    text = "theorem t : p ∧ q := by\n  constructor\n  · sorry\n  · exact hq"
    query = ProofQuery(STATE, Problem("t", text), 0)
    answer = fenced("theorem t : p ∧ q := by\n  constructor\n  · intro x\n    exact x\n  · exact hq")
    assert script(answer, query) == ("intro x", "exact x")
    assert script(fenced("theorem t : p ∧ q := by\n  exact h"), query) is None
    text = "theorem t : p := by\n  have h : q := by sorry\n  exact f h"
    query = ProofQuery(STATE, Problem("t", text), 0)
    answer = fenced("theorem t : p := by\n  have h : q := by\n    simp\n    rfl\n  exact f h")
    assert script(answer, query) == ("simp", "rfl")


def filled(text: str, steps: tuple[str, ...]) -> str:
    (place,) = sorry_places(text)
    line, column = text.count("\n", 0, place) + 1, place - (text.rfind("\n", 0, place) + 1)
    return fill(text, Hole(State(0, (), ""), "tactic", "", line, column, line, column + 5), steps)


@pytest.mark.parametrize(
    "proof",
    [
        "  intro h\n  cases n with\n  | zero => simp\n  | succ k =>\n    -- here\n    omega",
        "  have : a = b := by\n    simp\n\n    ring\n  calc a = b := by simp\n  _ = c := by\n    ring",
        "  refine ⟨?_, ?_⟩\n  · intro x\n    exact x\n  all_goals\n    simp\n  <;> rfl",
    ],
)
def test_what_is_read_is_filled_in_as_it_was_written(proof: str) -> None:
    text = "theorem foo (n : ℕ) (h : 0 < n) : n ≠ 0 := by sorry"
    query = ProofQuery(STATE, Problem("foo", text), 0)
    whole = text.removesuffix(" sorry") + "\n" + proof
    steps = script(fenced(whole), query)
    assert steps is not None and len(steps) > 1
    assert filled(text, steps) == whole
    assert with_proof(query, FailedProof(steps, ())) == whole


@given(st.text() | st.lists(st.sampled_from(["```", "lean4\n", "\n", "  ", "by", "simp", OPEN, "sorry"])).map("".join))
def test_any_answer_is_read_or_refused(answer: str) -> None:
    for adapter in PROOFS.values():
        steps = adapter.parse(answer, QUERY)
        assert steps is None or (steps and all(step.strip() and not step[0].isspace() for step in steps))
