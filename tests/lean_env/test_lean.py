"""The worker on a real Lean: texts, tactics, hashes, what must survive, and what no proof may use.

One Lean is shared by all of these tests; those that end it on purpose say so.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lean_env.pool import Pool
from lean_env.protocol import Limits, Outcome, State

pytestmark = pytest.mark.lean

HEADER = 'notation "ℕ" => Nat\nopen Nat\nset_option maxRecDepth 2000\nset_option autoImplicit true\n\n'

FILE = """namespace A
variable (n : Nat) {α : Type} (xs : List α)
def twice (k : Nat) : Nat := k + k
theorem one : twice n = 2 * n := by
  unfold twice
  sorry
section
variable (h : 0 < n)
include h
theorem two : n ≠ 0 ∧ 0 ≤ n := by
  constructor
  · sorry
  · have k : 0 ≤ n := sorry
    exact k
end
theorem three (p q : Prop) (hp : p) (hq : q) : p ∧ q := ⟨sorry, by
  skip
  sorry⟩
theorem five (a b : Nat) : a + b = b + a := by
  cases a <;> sorry
end A
inductive T | a | b
theorem six (t : T) : t = .a ∨ t = .b := by
  match t with
  | .a => sorry
  | .b => sorry
"""


async def tried(lean: Pool, statement: str, *tactics: str, ms: int = 5_000) -> list[Outcome]:
    """Open `theorem t : STATEMENT`, apply the tactics one after the other, and return what each did."""
    async with lean.session(split=False) as session:
        opened = await session.open(f"{HEADER}theorem t : {statement} := by sorry")
        assert opened.error is None, opened.error
        state, outcomes = opened.holes[0].state, []
        for tactic in tactics:
            outcome = (await session.apply(state, [tactic], Limits(ms=ms)))[0]
            outcomes.append(outcome)
            if len(outcome.states) != 1:
                break
            state = outcome.states[0]
        return outcomes


async def final_hash(lean: Pool, statement: str, tactics: Sequence[str]) -> str:
    outcome = (await tried(lean, statement, *tactics))[-1]
    assert len(outcome.states) == 1, outcome
    return outcome.states[0].hash


@pytest.mark.parametrize(
    ("statement", "tactics"),
    [
        ("∀ a b : ℕ, a < b → a + 1 ≤ b", ["intro a b h", "exact succ_le_of_lt h"]),
        ("∀ (x y : Int), x + y = 3 → x - y = 1 → x = 2", ["grind"]),
        ("∀ l : List ℕ, (l ++ []).length = l.length", ["intro l", "induction l", "simp", "simp"]),
        ("∀ p : Prop, p ∨ ¬p", ["intro p", "exact Classical.em p"]),
        ("(29 * 79 + 31 * 81) % 10 = 2", ["decide"]),
        ("∃ n : ℕ, n * n = 49", ["refine ⟨?_, ?_⟩", "exact 7", "rfl"]),
    ],
)
async def test_tactics_lead_to_a_proof(lean: Pool, statement: str, tactics: list[str]) -> None:
    assert (await tried(lean, statement, *tactics))[-1].kind == "proved"


@pytest.mark.parametrize(
    "tactic",
    [
        "exact nope",
        "refine ⟨nope, ?_⟩",
        "simp [nope]",
        "have h : nope := 1",
        "rw [nope]",
        "all_goals exact nope",
        "omega",
    ],
)
async def test_an_error_that_lean_would_recover_from_is_an_error(lean: Pool, tactic: str) -> None:
    assert [o.kind for o in await tried(lean, "1 = 2", tactic)] == ["error"]


@pytest.mark.parametrize(
    "tactic",
    [
        "sorry",
        "admit",
        "exact sorry",
        "exact (show_term sorry)",
        "· sorry",
        "exact sorryAx _ false",
        "native_decide",
        "decide +native",
        "decide (config := {native := true})",
        "run_tac skip",
        "exact by_elab return default",
        "exact run_elab return default",
        "set_option debug.skipKernelTC true in decide",
        "exact unsafe 1",
        "exact lcProof",
        "open Lean in exact ofReduceBool _ true rfl",
        "stop skip",
    ],
)
async def test_what_no_proof_may_use_is_refused(lean: Pool, tactic: str) -> None:
    outcome = (await tried(lean, "1 = 2", tactic))[0]
    assert outcome.kind == "refused" or (outcome.kind == "error" and "sorry" not in outcome.message), outcome


async def test_a_theorem_does_not_prove_itself(lean: Pool) -> None:
    for tactic in ("exact t", "exact?", "apply t", "simp [t]"):
        outcome = (await tried(lean, "∀ n : ℕ, n * n + 7 = 3 → n = 12345", tactic))[0]
        assert outcome.kind != "proved", tactic


async def test_nor_where_its_statement_needs_what_was_declared_with_it(lean: Pool) -> None:
    statement = "∀ n : ℕ, (match n with | 0 => 1 | k + 1 => k + 7) = 3 → n = 12345"
    for tactic in ("exact t", "exact?", "apply t", "simp [t]"):
        outcome = (await tried(lean, statement, tactic))[0]
        assert outcome.kind != "proved", tactic
    outcome = (await tried(lean, statement, "(intro n h; split at h <;> omega)"))[0]
    assert outcome.kind == "proved", outcome.message


async def test_a_statement_opens_as_its_author_wrote_it(lean: Pool) -> None:
    async with lean.session() as session:
        for statement, goal in [
            ("theorem t (a b : ℕ) (h : a < b) : a + 1 ≤ b := by sorry", "a b : ℕ\nh : a < b\n⊢ a + 1 ≤ b"),
            ("theorem t (xs : List α) : xs ++ [] = xs := sorry", "α : Type u_1\nxs : List α\n⊢ xs ++ [] = xs"),
            (
                "theorem t {α : Type u} [Inhabited α] (x : α) : x = x := by\n  sorry",
                "α : Type u\ninst✝ : Inhabited α\nx : α\n⊢ x = x",
            ),
        ]:
            opened = await session.open(HEADER + statement)
            assert [hole.state.goals for hole in opened.holes] == [(goal,)]


async def test_every_sorry_of_a_file_is_a_hole_in_its_own_context(lean: Pool) -> None:
    async with lean.session() as session:
        opened = await session.open(FILE)
        assert opened.error is None
        where = [(hole.line, hole.column, hole.declaration, hole.kind) for hole in opened.holes]
        assert where == [
            (6, 2, "A.one", "tactic"),
            (12, 4, "A.two", "tactic"),
            (13, 22, "A.two", "term"),
            (16, 57, "A.three", "term"),
            (18, 2, "A.three", "tactic"),
            (20, 14, "A.five", "tactic"),
            (20, 14, "A.five", "tactic"),
            (25, 10, "six", "tactic"),
            (26, 10, "six", "tactic"),
        ]
        for hole in opened.holes:
            outcomes = await session.apply(hole.state, ["assumption", "rfl", "omega", "simp", "grind"], Limits())
            assert outcomes[-1].kind == "proved", (hole, outcomes)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("theorem t : 1 + = 2 := by sorry", "unexpected token"),
        ("theorem t : Nope.x = 2 := by sorry", "Nope"),
        ("import Nope\ntheorem t : 1 = 1 := by sorry", "Nope"),
        ("theorem t : 1 = 1 := by\n  sorry\n  exact nope", ""),
    ],
)
async def test_a_text_that_does_not_elaborate_says_why(lean: Pool, text: str, word: str) -> None:
    async with lean.session() as session:
        opened = await session.open(text)
        assert opened.error is not None and word in opened.error


async def test_equal_goals_have_equal_hashes(lean: Pool) -> None:
    plain = await final_hash(lean, "∀ a b : ℕ, a < b → a + 1 ≤ b", ["intro a b h"])
    assert plain == await final_hash(lean, "∀ a b : ℕ, a < b → a + 1 ≤ b", ["intro a", "intro b", "skip", "intro h"])
    assert plain == await final_hash(lean, "∀ x y : ℕ, x < y → x + 1 ≤ y", ["intro a b h"])
    assert plain != await final_hash(lean, "∀ a b : ℕ, a < b → a + 1 ≤ b", ["intro a b k"])
    assert plain != await final_hash(lean, "∀ a b : ℕ, a < b → a + 2 ≤ b", ["intro a b h"])
    first = await final_hash(lean, "∃ x : ℕ, x = x", ["refine ⟨?_, ?_⟩"])
    assert first == await final_hash(lean, "∃ x : ℕ, x = x", ["refine ⟨?a, ?b⟩", "skip"])


SURVIVED = [
    ("a tactic that repeats itself for ever", "1 = 2", ["repeat skip"]),
    ("a tactic that adds hypotheses for ever", "1 = 2", ["repeat have := 1"]),
    (
        "simp in a loop",
        "∀ (f : ℕ → ℕ), (∀ x, f x = f (x + 1)) → f 0 = 1",
        ["intro f h", "set_option maxRecDepth 1000000 in simp (config := {maxSteps := 100000000}) [h]"],
    ),
    ("a large decision", "∀ n m : Fin 300, n + m = m + n", ["set_option maxRecDepth 1000000 in decide"]),
    ("a large decision in the kernel", "∀ n m : Fin 300, n + m = m + n", ["decide +kernel"]),
    ("a long computation", "(List.range 20000).length = 20000", ["rfl"]),
    ("a long term", "1 = 1", [f"have : {'+'.join(['1'] * 3000)} = 3000 := by decide"]),
    ("a large number", "(2 ^ 16777215 * 2 ^ 16777215) % 2 = 0", ["decide"]),
    (
        "many inequalities",
        "∀ (a b c d e f g h : Int), 3*a+5*b-7*c+11*d ≤ 4 → 2*a-9*b+4*c-13*e ≤ 7 → 5*b-3*d+8*f-2*g ≤ 1 → "
        "a+b+c+d+e+f+g+h ≤ 100 → 7*h-3*a+2*b ≤ 9 → -5*e+3*f-11*g+2*h ≤ -3 → 6*a-5*b+4*c-3*d+2*e-f ≥ 17 → False",
        ["intros", "omega"],
    ),
    ("a shift", "(1 <<< 30000000000) % 2 = 0", ["decide"]),
    (
        "a computation without end in the kernel",
        "(Nat.repeat (fun x => (x * x + 1) % 1000003) 3000000 3) % 2 = 1",
        ["decide +kernel"],
    ),
]


@pytest.mark.parametrize(("statement", "tactics"), [case[1:] for case in SURVIVED], ids=[case[0] for case in SURVIVED])
async def test_what_does_not_end_is_stopped(lean: Pool, statement: str, tactics: list[str]) -> None:
    outcome = (await tried(lean, statement, *tactics, ms=2_000))[-1]
    assert outcome.kind in ("error", "timeout", "open", "proved")
    assert (await tried(lean, "1 = 1", "rfl"))[-1].kind == "proved", "the worker goes on"


async def test_heartbeats_do_not_add_up(lean: Pool) -> None:
    async with lean.session() as session:
        opened = await session.open(
            "theorem t (a b c d : Int) (h : a + b = c) : 2 * a + 2 * b + d = 2 * c + d := by sorry"
        )
        few = Limits(heartbeats=20_000)
        for _ in range(40):
            assert (await session.apply(opened.holes[0].state, ["omega"], few))[0].kind == "proved"


DEEP = f"have : {'(' * 20_000}1{')' * 20_000} = 1 := rfl"


@pytest.mark.parametrize("killer", ["decide +kernel", DEEP], ids=["a number of 10^12 digits", "20,000 parentheses"])
async def test_what_cannot_be_stopped_inside_is_ended_from_outside(lean: Pool, killer: str) -> None:
    """Ends the shared Lean, each time."""
    async with lean.session() as session:
        opened = await session.open(
            "theorem t (p : Prop) (h : p) : p ∧ (Nat.repeat (fun x => x * x) 40 3) % 2 = 1 := by sorry"
        )
        _, second = (await session.apply(opened.holes[0].state, ["refine ⟨?_, ?_⟩"], Limits()))[0].states
        deaths = lean.stats.deaths
        outcomes = await session.apply(second, [killer, "skip"], Limits(ms=1_000))
        assert [o.kind for o in outcomes] == ["timeout", "open"]
        assert outcomes[1].states[0].goals == second.goals
        assert deaths < lean.stats.deaths <= deaths + 2, "it may be tried a second time"


SPLITS = [
    ("a conjunction", "∀ p q : Prop, p → q → p ∧ q", ["intro p q hp hq", "constructor"], ["⊢ p", "⊢ q"]),
    ("a witness", "∃ n : ℕ, n * n = 49", ["apply Exists.intro"], None),
    ("a witness to come", "∃ n : ℕ, n * n = 49", ["refine ⟨?_, ?_⟩"], None),
    ("a witness in a context", "∃ n : ℕ, n * n = 49", ["have h : (?n : ℕ) = ?n := rfl"], None),
    ("transitivity", "∀ a b c : ℕ, a ≤ b → b ≤ c → a ≤ c", ["intro a b c h k", "apply Nat.le_trans"], None),
    ("one goal", "∀ p : Prop, p → p", ["intro p"], ["⊢ p → p"]),
    ("induction", "∀ n : ℕ, 0 + n = n", ["intro n", "induction n"], ["⊢ 0 + 0 = 0", "⊢ 0 + (n✝ + 1) = n✝ + 1"]),
    (
        "induction with names",
        "∀ n : ℕ, 0 + n = n",
        ["intro n", "induction n with\n  | zero => ?_\n  | succ k ih => ?_"],
        ["⊢ 0 + 0 = 0", "⊢ 0 + (k + 1) = k + 1"],
    ),
    ("cases", "∀ p q : Prop, p ∨ q → q ∨ p", ["intro p q h", "cases h"], ["⊢ q ∨ p", "⊢ q ∨ p"]),
    ("rcases", "∀ p q : Prop, p ∨ q → q ∨ p", ["intro p q h", "rcases h with h | h"], ["⊢ q ∨ p", "⊢ q ∨ p"]),
    (
        "a lemma",
        "∀ a b : ℕ, a * 0 + b = b",
        ["intro a b", "have h : a * 0 = 0 := ?_"],
        ["⊢ a * 0 + b = b", "⊢ a * 0 = 0"],
    ),
    ("a step backwards", "∀ p q : Prop, p → (p → q) → q", ["intro p q hp h", "refine h ?_"], ["⊢ p"]),
    ("three", "1 = 1 ∧ 2 = 2 ∧ 3 = 3", ["refine ⟨?_, ?_, ?_⟩"], ["⊢ 1 = 1", "⊢ 2 = 2", "⊢ 3 = 3"]),
    ("a class to find", "∀ α : Type, ∃ x : List α, x = x", ["intro α", "refine ⟨@default _ ?_, ?_⟩"], None),
]


@pytest.mark.parametrize(("statement", "tactics", "targets"), [c[1:] for c in SPLITS], ids=[c[0] for c in SPLITS])
async def test_goals_that_do_not_depend_on_one_another_are_states(
    lean: Pool, statement: str, tactics: list[str], targets: list[str] | None
) -> None:
    async with lean.session() as session:
        state = (await session.open(f"{HEADER}theorem t : {statement} := by sorry")).holes[0].state
        for tactic in tactics[:-1]:
            outcome = (await session.apply(state, [tactic], Limits()))[0]
            assert len(outcome.states) == 1, outcome
            state = outcome.states[0]
        outcome = (await session.apply(state, tactics[-1:], Limits()))[0]
        if targets is None:
            assert len(outcome.states) == 1 and len(outcome.states[0].goals) > 1, outcome
        else:
            assert [state.goals[0].rsplit("\n", 1)[-1] for state in outcome.states] == targets, outcome
            assert all(len(state.goals) == 1 for state in outcome.states)


async def test_each_part_is_proved_by_itself_and_the_whole_verifies(lean: Pool) -> None:
    text = "theorem t (p q : Prop) (hp : p) (hq : q) : (p ∧ q) ∧ ∃ n : Nat, n = 3 := by\n  sorry\n"
    async with lean.session() as session:

        async def only(state: State, tactic: str) -> Outcome:
            return (await session.apply(state, [tactic], Limits()))[0]

        state = (await session.open(text)).holes[0].state
        left, right = (await only(state, "constructor")).states
        assert [s.goals[0].split("\n")[0] for s in (left, right)] == ["case left", "case right"]
        first, second = (await only(left, "constructor")).states
        assert (await only(second, "exact hq")).kind == "proved", "the other part need not be proved first"
        assert (await only(first, "exact ?right")).kind == "error", "another part proves nothing"
        assert (await only(first, "exact hq")).kind == "error"
        assert (await only(first, "exact hp")).kind == "proved"
        dependent = (await only(right, "refine ⟨?_, ?_⟩")).states
        assert len(dependent) == 1 and len(dependent[0].goals) == 2
        rest = (await only(dependent[0], "exact 3")).states
        assert (await only(rest[0], "rfl")).kind == "proved"
    script = ["constructor", "· constructor", "  · exact hp", "  · exact hq", "· refine ⟨?_, ?_⟩", "  exact 3", "  rfl"]
    verdict = await lean.verify(text, text.replace("  sorry", "\n".join(f"  {line}" for line in script)))
    assert verdict.accepted, verdict.reasons


async def test_parts_do_not_see_one_anothers_tactics(lean: Pool) -> None:
    async with lean.session() as session:
        text = "theorem t (p : Prop) (h : p) : p ∧ p := by sorry"
        state = (await session.open(text)).holes[0].state
        outcomes = await session.apply(state, ["constructor", "refine And.intro ?_ ?_"], Limits())
        left, right = outcomes[0].states
        assert left.hash == right.hash == outcomes[1].states[0].hash, "the same goal, whatever its case is called"
        for tactic in ("all_goals exact h", "case left => exact h", "· exact h", "any_goals assumption"):
            assert (await session.apply(left, [tactic], Limits()))[0].kind == "proved", tactic
        for tactic in ("case right => exact h", "swap; exact h", "exact ?right", "· exact h\n· exact h"):
            assert (await session.apply(left, [tactic], Limits()))[0].kind == "error", tactic


async def test_an_error_shows_goals_and_terms_only_on_request(lean: Pool) -> None:
    text = "theorem t (a b : Nat) (h : a < b) : a + b = b + a := by sorry"
    tactics = ["rw [Nat.mul_comm]", "cases a with\n| zero => skip\n| succ n => omega"]
    messages = {}
    for full in (False, True):
        async with lean.session(full=full) as session:
            outcomes = await session.apply((await session.open(text)).holes[0].state, tactics, Limits())
            assert [outcome.kind for outcome in outcomes] == ["error", "error"]
            messages[full] = [outcome.message for outcome in outcomes]
    assert all("⊢ a + b = b + a" not in m and "…" in m for m in messages[False])
    assert "⊢ a + b = b + a" in messages[True][0] and "?n * ?m" in messages[True][0]
    assert messages[True][1].startswith("unsolved goals") and "⊢ 0 + b = b + 0" in messages[True][1]
    assert messages[False][1].startswith("unsolved goals"), "not the number of an internal exception"


async def test_the_same_goal_under_another_name_is_printed_with_it(lean: Pool) -> None:
    async with lean.session() as session:
        state = (await session.open("theorem t (p q : Prop) : p ∧ q := by sorry")).holes[0].state
        tactics = ["refine ⟨?one, ?two⟩", "constructor", "refine ⟨?_, ?two⟩", "refine ⟨?q, ?p⟩", "skip"]
        outcomes = await session.apply(state, tactics, Limits())
        first = [outcome.states[0].goals[0] for outcome in outcomes]
        assert first[0] == "case one\np q : Prop\n⊢ p" and first[1] == "case left\np q : Prop\n⊢ p"
        assert first[2].endswith("p q : Prop\n⊢ p") and first[3] == "case q\np q : Prop\n⊢ p"
        assert first[4] == "p q : Prop\n⊢ p ∧ q"
        renamed = await session.apply(state, ["rename_i x", "revert p; intro r", "(revert q p; intro q r)"], Limits())
        assert renamed[-1].states[0].goals == ("q r : Prop\n⊢ q ∧ r",), "names are part of what is known"


async def test_what_stands_in_the_context_is_told_from_what_stands_in_the_target(lean: Pool) -> None:
    async with lean.session() as session:
        state = (await session.open("theorem t : ∀ p q : Prop, p → q → p := by sorry")).holes[0].state
        goals: list[str] = []
        for tactic in ("skip", "intro p", "intro q", "intro h"):
            state = (await session.apply(state, [tactic], Limits()))[0].states[0]
            goals += state.goals
        assert goals == [
            "⊢ ∀ (p q : Prop), p → q → p",
            "p : Prop\n⊢ ∀ (q : Prop), p → q → p",
            "p q : Prop\n⊢ p → q → p",
            "p q : Prop\nh : p\n⊢ q → p",
        ]


async def test_a_long_line_arrives_whole(lean: Pool) -> None:
    """A pipe takes 64 KB at a time."""
    long = " ∧ ".join(f"x {i} = y {i}" for i in range(12_000))
    async with lean.session() as session:
        opened = await session.open(f'set_option maxRecDepth 100000\n-- {long}\n#print "{long}"')
        assert opened.error is None and max(len(m.text) for m in opened.messages) == 4_000


async def test_which_tactics_exist(lean: Pool) -> None:
    words = ["omega", "grind", "simp", "bv_decide", "exact?", "linarith", "nlinarith", "norm_num", "ring", "aesop"]
    assert await lean.known_tactics(words) == {"omega", "grind", "simp", "bv_decide", "exact?"}
