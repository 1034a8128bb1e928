"""InternLM's step provers: the base models by examples, the later ones by chat.

The formats are those of the proof search scripts that InternLM published with its models (arXiv:2402.06332 for
InternLM2-Math, arXiv:2407.17227 for InternLM2-StepProver, arXiv:2410.15700 for InternLM2.5-StepProver). Their chat wrap
is that of the tokenizers' own template. The examples for base models are Llemma's (arXiv:2310.10631).
"""

from __future__ import annotations

from prover.interfaces import Query
from prover.policy.generation import Message, Prompt
from prover.policy.prompts.adapter import TacticAdapter
from prover.policy.prompts.reading import state_text, tactic, tidy

_EXAMPLES = (
    (
        "α : Type u_1\nr : α → α → Prop\ninst✝¹ : DecidableEq α\ninst✝ : IsIrrefl α r\n"
        "⊢ CutExpand r ≤ InvImage (Finsupp.Lex (rᶜ ⊓ fun x x_1 => x ≠ x_1) fun x x_1 => x < x_1) ↑toFinsupp",
        "rintro s t ⟨u, a, hr, he⟩",
    ),
    (
        "ι : Type u_1\nI✝ J✝ : Box ι\nx y : ι → ℝ\nI J : WithBot (Box ι)\n⊢ ↑I = ↑J ↔ I = J",
        "simp only [Subset.antisymm_iff, ← le_antisymm_iff, withBotCoe_subset_iff]",
    ),
    ("m n : ℕ\nh : Nat.coprime m n\n⊢ Nat.gcd m n = 1", "rw [← h.gcd_eq_one]"),
)
_PROOFSTEP = "PROOFSTEP"


def _example(state: str, step: str) -> str:
    return f"Tactic state:\n---\n{state}\n---\nNext tactic:\n---\n{step}"


def base_prompt(query: Query) -> Prompt:
    """Three examples, and the state in the same form."""
    shown = "".join(f"{_example(state, step)}\n---\n\n" for state, step in _EXAMPLES)
    return shown + _example(state_text(query.state), "")


def base_parse(answer: str) -> str | None:
    """One line."""
    return tidy(answer.split("---")[0].strip().split("\n")[0].split("```")[0])


def plus_prompt(query: Query) -> Prompt:
    """A request in words."""
    state = state_text(query.state)
    text = f"My LEAN 4 state is:\n```lean\n{state}```\nPlease predict a possible tactic to help me prove the theorem."
    return (Message("user", text),)


def step_prompt(query: Query) -> Prompt:
    """The name and the state."""
    return (Message("user", f"DECL {query.problem}\nGOAL {state_text(query.state)}\n"),)


def step_parse(answer: str) -> str | None:
    """What stands behind `PROOFSTEP`."""
    return tactic(answer.rpartition(_PROOFSTEP)[2])


def step25_prompt(query: Query) -> Prompt:
    """The name, the tactics so far and the state: the same state reached in two ways gives two prompts."""
    before = "\n".join(query.tactics)
    fields = f"NAME: {query.problem}\n\n---\nPROOF_BEFORE: {before}\n\n---\nSTATE_BEFORE: {state_text(query.state)}"
    return (Message("user", f"---\n{fields}\n\n---\nTACTIC: "),)


def step25_parse(answer: str) -> str | None:
    """All of the answer."""
    return tactic(answer.split("<|im_end|>")[0])


BASE = TacticAdapter("internlm2-math-base", base_prompt, base_parse, stop=("---", "\n"))
LLEMMA = TacticAdapter("llemma", base_prompt, base_parse, stop=("---", "\n"))
PLUS = TacticAdapter("internlm2-math-plus", plus_prompt, tactic, stop=("<|im_end|>",))
STEP = TacticAdapter("internlm2-step-prover", step_prompt, step_parse, stop=("<|im_end|>",))
STEP25 = TacticAdapter("internlm2_5-step-prover", step25_prompt, step25_parse, stop=("<|im_end|>",))
