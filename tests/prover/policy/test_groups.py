"""Groups whose axioms are hypotheses: what follows from them, on a real Lean."""

from __future__ import annotations

import pytest

from lean_env.pool import Pool
from prover.policy.tactics.logic import groups
from prover.policy.tactics.view import view_of
from tests.prover.policy.on_lean import look, tried

OPERATION = "(G : Type) (op : G → G → G) (e : G) (inv : G → G) (assoc : ∀ a b c, op (op a b) c = op a (op b c)) "
LEFT = OPERATION + "(one : ∀ a, op e a = a) (h : ∀ a, op (inv a) a = e) "
RIGHT = OPERATION + "(one : ∀ a, op a e = a) (h : ∀ a, op a (inv a) = e) "
STATEMENTS = {
    "the other inverse": LEFT + ": ∀ a, op a (inv a) = e",
    "the other neutral element": RIGHT + ": ∀ a, op e a = a",
    "the inverse of a product": LEFT + "(x y : G) : inv (op x (inv y)) = op y (inv x)",
    "an equation is solved": RIGHT + "(x y : G) : ∃ z, op x z = y",
    "a monoid of involutions": "(G : Type) (op : G → G → G) (e : G) (assoc : ∀ a b c, op (op a b) c = op a (op b c)) "
    "(one_op : ∀ a, op e a = a) (op_one : ∀ a, op a e = a) (sq : ∀ a, op a a = e) : ∀ a b, op a b = op b a",
    "squares": LEFT + "(h2 : ∀ a, op a a = e) : ∀ a b, op a b = op b a",
}


@pytest.mark.lean
@pytest.mark.parametrize("name", STATEMENTS)
async def test_one_step_proves_it(lean: Pool, name: str) -> None:
    text = f"theorem t {STATEMENTS[name]} := by sorry"
    (outcome,) = await tried(lean, text, lambda state: [next(groups.propose(look(state, text)))[0]])
    assert outcome.kind == "proved", outcome


@pytest.mark.parametrize(
    "axioms",
    [
        "assoc : ∀ (a b c : G), m (m a b) c = m a (m b c)\none : ∀ (a : G), m e a = a\n"
        "inverse : ∀ (a : G), m a (i a) = e",
        "one : ∀ (a : G), m e a = a\ninverse : ∀ (a : G), m (i a) a = e",
        "assoc : ∀ (a b c : G), m (m a b) c = m a (m b c)\none : ∀ (a : G), p e a = a\n"
        "inverse : ∀ (a : G), p (i a) a = e",
    ],
    ids=["neutral on the left, inverse on the right", "not associative", "two operations"],
)
def test_what_is_no_group_is_left_alone(axioms: str) -> None:
    view = view_of((f"G : Type\nm p : G → G → G\ne : G\ni : G → G\n{axioms}\n⊢ m e e = e",), ())
    assert view is not None and not list(groups.propose(view))
