"""Each tactic format, pinned for one state, and what is read from answers, garbage included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lean_env.errors import UsageError
from lean_env.protocol import State
from prover.interfaces import Query
from prover.policy.generation import Message, Prompt
from prover.policy.prompts import ADAPTERS, TacticAdapter, guess, named

STATE = State(3, ("n : ℕ\nh : 0 < n\n⊢ n ≠ 0", "⊢ True"), "hash")
QUERY = Query(STATE, "Nat.foo", ("intro n", "constructor"), 7, ("Nat.pos_iff", "Nat.ne_of_gt"))
GOALS = "n : ℕ\nh : 0 < n\n⊢ n ≠ 0\n\n⊢ True"

FEW_SHOT = """\
Tactic state:
---
α : Type u_1
r : α → α → Prop
inst✝¹ : DecidableEq α
inst✝ : IsIrrefl α r
⊢ CutExpand r ≤ InvImage (Finsupp.Lex (rᶜ ⊓ fun x x_1 => x ≠ x_1) fun x x_1 => x < x_1) ↑toFinsupp
---
Next tactic:
---
rintro s t ⟨u, a, hr, he⟩
---

Tactic state:
---
ι : Type u_1
I✝ J✝ : Box ι
x y : ι → ℝ
I J : WithBot (Box ι)
⊢ ↑I = ↑J ↔ I = J
---
Next tactic:
---
simp only [Subset.antisymm_iff, ← le_antisymm_iff, withBotCoe_subset_iff]
---

Tactic state:
---
m n : ℕ
h : Nat.coprime m n
⊢ Nat.gcd m n = 1
---
Next tactic:
---
rw [← h.gcd_eq_one]
---

Tactic state:
---
n : ℕ
h : 0 < n
⊢ n ≠ 0

⊢ True
---
Next tactic:
---
"""

PROMPTS: dict[str, Prompt] = {
    "internlm2-math-base": FEW_SHOT,
    "llemma": FEW_SHOT,
    "internlm2-math-plus": (
        Message(
            "user",
            "My LEAN 4 state is:\n```lean\nn : ℕ\nh : 0 < n\n⊢ n ≠ 0\n\n⊢ True```\n"
            "Please predict a possible tactic to help me prove the theorem.",
        ),
    ),
    "internlm2-step-prover": (Message("user", "DECL Nat.foo\nGOAL n : ℕ\nh : 0 < n\n⊢ n ≠ 0\n\n⊢ True\n"),),
    "internlm2_5-step-prover": (
        Message(
            "user",
            "---\nNAME: Nat.foo\n\n---\nPROOF_BEFORE: intro n\nconstructor\n\n---\n"
            "STATE_BEFORE: n : ℕ\nh : 0 < n\n⊢ n ≠ 0\n\n⊢ True\n\n---\nTACTIC: ",
        ),
    ),
    "bfs-prover": "n : ℕ\nh : 0 < n\n⊢ n ≠ 0\n\n⊢ True:::",
    "llmstep": "[GOAL]n : ℕ\nh : 0 < n\n⊢ n ≠ 0\n\n⊢ True[PROOFSTEP]",
    "reprover": "n : ℕ\nh : 0 < n\n⊢ n ≠ 0\n\n⊢ True",
    "reprover-retrieval": (
        "<a>Nat.ne_of_gt</a>\n\n<a>Nat.pos_iff</a>\n\nn : ℕ\nh : 0 < n\n⊢ n ≠ 0\n\n⊢ True"
    ),
    "chat": (
        Message("system", "You are an expert in Lean 4."),
        Message(
            "user",
            "Lean 4 tactic state:\n```lean\nn : ℕ\nh : 0 < n\n⊢ n ≠ 0\n\n⊢ True\n```\n\n"
            "Tactics so far:\n```lean\nintro n\nconstructor\n```\n\n"
            "Lemmas of the library that may help: Nat.pos_iff, Nat.ne_of_gt.\n\n"
            "Give one Lean 4 tactic that is a good next step. "
            "Answer with the tactic alone, in a ```lean code block.",
        ),
    ),
}  # fmt: skip

TACTICS = {name: adapter for name, adapter in ADAPTERS.items() if isinstance(adapter, TacticAdapter)}


def test_every_format_is_pinned() -> None:
    assert set(PROMPTS) == set(TACTICS)
    assert all(name == adapter.name for name, adapter in ADAPTERS.items())


@pytest.mark.parametrize("name", PROMPTS)
def test_a_prompt_is_what_its_model_was_trained_on(name: str) -> None:
    assert TACTICS[name].prompt(QUERY) == PROMPTS[name]


def test_a_state_without_anything_before_it() -> None:
    bare = Query(State(0, ("⊢ p",), "p"), "t", (), 0)
    assert TACTICS["internlm2_5-step-prover"].prompt(bare) == (
        Message("user", "---\nNAME: t\n\n---\nPROOF_BEFORE: \n\n---\nSTATE_BEFORE: ⊢ p\n\n---\nTACTIC: "),
    )
    chat = TACTICS["chat"].prompt(bare)
    assert isinstance(chat, tuple) and "so far" not in chat[1].content and "Lemmas" not in chat[1].content
    assert TACTICS["reprover-retrieval"].prompt(bare) == "⊢ p"


def test_a_prompt_for_bytes_is_cut_between_characters() -> None:
    long = Query(State(0, ("x" + "ℕ" * 1000,), "p"), "t", (), 0, ("a", "b"))
    for name in ("reprover", "reprover-retrieval"):
        text = TACTICS[name].prompt(long)
        assert isinstance(text, str) and 2297 < len(text.encode()) <= 2300 and text == "x" + "ℕ" * 766


def test_premises_fill_the_room_that_the_state_leaves() -> None:
    many = Query(State(0, ("⊢ p",), "p"), "t", (), 0, tuple(f"Lemma.number{i}" for i in range(500)))
    text = TACTICS["reprover-retrieval"].prompt(many)
    assert isinstance(text, str) and 2250 < len(text.encode()) <= 2300
    assert text.endswith("<a>Lemma.number1</a>\n\n<a>Lemma.number0</a>\n\n⊢ p")


@pytest.mark.parametrize(
    ("name", "answer", "tactic"),
    [
        ("internlm2-math-base", "simp\n", "simp"),
        ("internlm2-math-base", "\nomega --- and so on", "omega"),
        ("internlm2-math-plus", "Here is the predicted next tactic:\n```lean\nnorm_num [h]\n```", "norm_num [h]"),
        ("internlm2-math-plus", "```lean\ninduction n with\n| zero => simp\n| succ n ih =>\n  simp", None),
        ("internlm2-math-plus", "norm_num", "norm_num"),
        ("internlm2-step-prover", "PROOFSTEP induction n with t Ht", "induction n with t Ht"),
        ("internlm2-step-prover", "simp", "simp"),
        ("internlm2_5-step-prover", "rw [h, pow_two]<|im_end|>\n", "rw [h, pow_two]"),
        ("internlm2_5-step-prover", "cases h with\n| inl h => exact h\n| inr h => simp", None),
        ("bfs-prover", "nlinarith [sq_nonneg (a - b)]", "nlinarith [sq_nonneg (a - b)]"),
        ("bfs-prover", "⊢ p:::exact h", "exact h"),
        ("llmstep", "[PROOFSTEP]simp[GOAL]q", "simp"),
        ("llmstep", "exact  h", "exact h"),
        ("reprover", "rw [<a>Nat.add_comm</a>, <a>foo</a>]", "rw [Nat.add_comm, foo]"),
        ("chat", "Sure!\n\n```lean\nsimp\n```\nThis works because …", "simp"),
        ("chat", "<think>Let us see. ```lean\nbad\n```</think>\n```lean4\nomega\n```", "omega"),
        ("chat", "<think>I never stop", ""),
        ("chat", "`exact h`.", "exact h"),
        ("chat", "simp [h]", "simp [h]"),
        ("chat", "I think that simp works", ""),
        ("chat", "```lean simp```", "simp"),
        ("chat", "```\nrw [h]```", "rw [h]"),
    ],
)
def test_the_tactic_in_an_answer(name: str, answer: str, tactic: str | None) -> None:
    """None here stands for the answer's own text, in which several lines are kept as they are."""
    meant = answer.removeprefix("```lean\n") if tactic is None else tactic or None
    assert TACTICS[name].parse(answer) == meant


@pytest.mark.parametrize("name", TACTICS)
@pytest.mark.parametrize(
    "answer", ["", " ", "\n\n", "```", "```lean", "```lean\n```", "-- a comment", "/- open", "<;>"]
)
def test_nothing_is_read_from_nothing(name: str, answer: str) -> None:
    assert TACTICS[name].parse(answer) is None


@pytest.mark.parametrize(
    ("answer", "tactic"),
    [
        ("simp <;>", "simp"),
        ("simp <;> <;>\n", "simp"),
        ("<;> simp", None),
        ("  intro h  \n  exact h\n\n", "intro h\nexact h"),
        ("constructor\n  · simp\n  · rfl  \n", "constructor\n  · simp\n  · rfl"),
        ("\tsimp", "simp"),
        ("rw   [h]", "rw [h]"),
        ("intro h\r\n  exact\xa0h\r\n", "intro h\n  exact h"),
        ("exact \ufffd", None),
        ('exact "a  b"', 'exact "a  b"'),
        ("```lean\nsimp\n```\n```lean\nrfl\n```", "simp"),
    ],
)
def test_a_tactic_is_tidied(answer: str, tactic: str | None) -> None:
    assert TACTICS["internlm2_5-step-prover"].parse(answer) == tactic


@given(st.text() | st.lists(st.sampled_from("` \n -<;>·|by simp think/")).map("".join))
def test_any_answer_is_read_or_refused(answer: str) -> None:
    for adapter in TACTICS.values():
        tactic = adapter.parse(answer)
        assert tactic is None or (tactic and tactic == tactic.strip())


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("internlm/internlm2-math-base-7b", "internlm2-math-base"),
        ("internlm/internlm2-math-plus-20b", "internlm2-math-plus"),
        ("internlm/internlm2-step-prover", "internlm2-step-prover"),
        ("internlm/internlm2_5-step-prover", "internlm2_5-step-prover"),
        ("/models/internlm2_5-step-prover/", "internlm2_5-step-prover"),
        ("EleutherAI/llemma_7b", "llemma"),
        ("ByteDance-Seed/BFS-Prover-V1-7B", "bfs-prover"),
        ("bytedance-research/BFS-Prover", "bfs-prover"),
        ("ByteDance-Seed/BFS-Prover-V2-32B", "bfs-prover"),
        ("kaiyuy/leandojo-lean4-tacgen-byt5-small", "reprover"),
        ("kaiyuy/leandojo-lean4-retriever-tacgen-byt5-small", "reprover-retrieval"),
        ("wellecks/llmstep-mathlib4-pythia2.8b", "llmstep"),
        ("deepseek-ai/DeepSeek-Prover-V1.5-RL", "deepseek-prover-v1.5"),
        ("deepseek-ai/DeepSeek-Prover-V2-7B", "deepseek-prover-v2"),
        ("Goedel-LM/Goedel-Prover-V2-8B", "goedel-prover-v2"),
        ("AI-MO/Kimina-Prover-Preview-Distill-7B", "kimina-prover"),
    ],
)
def test_a_models_name_says_its_format(model: str, name: str) -> None:
    assert guess(model, None).name == name
    assert guess("/checkpoints/17", {"_name_or_path": model}).name == name


def test_a_model_trained_from_bytes_is_asked_as_reprover() -> None:
    config = {"architectures": ["T5ForConditionalGeneration"], "vocab_size": 384}
    assert guess("/checkpoints/17", config).name == "reprover"


@pytest.mark.parametrize("model", ["gpt2", "internlm/internlm2_5-step-prover-critic", "Qwen/Qwen3-8B", "/tmp/x", "🦙"])
def test_an_unknown_model_needs_a_prompt(model: str) -> None:
    with pytest.raises(UsageError, match="No prompt format is known") as raised:
        guess(model, {"architectures": ["Qwen2ForCausalLM"]})
    assert "--prompt" in raised.value.hint and all(name in raised.value.hint for name in ADAPTERS)


def test_a_format_is_named() -> None:
    assert named("bfs-prover") is ADAPTERS["bfs-prover"]
    with pytest.raises(UsageError, match="--prompt does not know 'bfsprover'") as raised:
        named("bfsprover")
    assert "Did you mean bfs-prover?" in raised.value.hint
