"""Lists: those of a known length, the greatest member, and numbers below a bound without repetition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prover.policy.tactics.definitions import own
from prover.policy.tactics.view import Proposal, View, have, mentions, put, seq

_LENGTH = re.compile(r"(?:([\w'₀-₉]+)\.length = (\d)|(\d) = ([\w'₀-₉]+)\.length)")
_LONGEST = 5
_BEST = re.compile(
    r"∃ (?P<m>[\w'₀-₉]+), (?P=m) ∈ (?P<xs>[\w'₀-₉]+) ∧ ∀ \(?(?P<x>[\w'₀-₉]+)(?: : [^,]*)?(?:\),| ∈ (?P=xs),|,) "
    r"(?:(?P=x) ∈ (?P=xs) → )?(?P<left>.+) (?P<sign>[≤≥]) (?P<right>.+)"
)
# By induction on the bound, which is in the list or not.
_DISTINCT = """have {name} : ∀ (n : Nat) (xs : List Nat), xs.Nodup → (∀ x ∈ xs, x < n) → xs.length ≤ n := by
  intro n
  induction n with
  | zero =>
    intro xs _ h
    cases xs with
    | nil => simp
    | cons a t => exact absurd (h a (by simp)) (Nat.not_lt_zero a)
  | succ n ih =>
    intro xs hx h
    by_cases hn : n ∈ xs
    · have h1 := ih (xs.erase n) (hx.erase n) (fun x hm => by
        have h2 := hx.mem_erase_iff.mp hm
        have h3 := h x h2.2
        omega)
      have h2 := List.length_erase_of_mem hn
      have h3 := List.length_pos_of_mem hn
      omega
    · have h1 := ih xs hx (fun x hm => by
        have h2 := h x hm
        have h3 : x ≠ n := fun he => hn (he ▸ hm)
        omega)
      omega"""


def propose(view: View) -> Iterator[Proposal]:
    yield from _of_length(view)
    yield from _greatest(view)
    yield from _from_the_end(view)
    yield from _of_members(view)
    if "Nodup" in view.facts and "length" in view.facts and " < " in view.facts:
        name = view.fresh("hdistinct")
        lemma = _DISTINCT.format(name=name)
        lists = [v.name for v in view.vars if v.type in ("List Nat", "List ℕ")]
        bounds = [v.name for v in view.vars if v.type in ("Nat", "ℕ")][:2]
        bounds += list(dict.fromkeys(re.findall(r" < (\d+)(?!\w)", "\n".join(h.type for h in view.props))))[:1]
        uses = [f"have := {name} {n} {xs} (by assumption) (by grind); omega" for xs in lists[:2] for n in bounds]
        if uses:
            tries = " | ".join(f"({use})" for use in uses)
            yield seq(lemma, f"first | {tries} | (intro hno; first | {tries}) | grind"), 0.85


def _from_the_end(view: View) -> Iterator[Proposal]:
    """What goes through a list and what looks at its end: the list is empty, or has a last member."""
    lists = [v for v in view.vars if v.type.startswith("List ") and v.value is None]
    if not re.search(r"getLast|dropLast|foldl|\.concat|isSuffixOf|<:\+", view.facts + view.context):
        return
    unfold = ", ".join(own(view))
    for xs in [v.name for v in lists if mentions(view.target, v.name)][:2]:
        h, ys, y = (view.fresh(wish) for wish in ("h", "ys", "y"))
        split = f"rcases List.eq_nil_or_concat {xs} with {h} | ⟨{ys}, {y}, {h}⟩ <;> subst {h} <;> simp_all [{unfold}]"
        yield f"({split})", 0.25
        yield f"({split} <;> cases {y} <;> simp_all [{unfold}])", 0.25
        yield f"({split} <;> grind)", 0.15


def _of_members(view: View) -> Iterator[Proposal]:
    """A member divides the list; lists with the same places, or sorted with the same members, are the same."""
    word = r"[\w'₀-₉]+"
    if re.search(
        rf"∃ (?:\(?{word} )?{word}(?: : [^,]*)?\)?,(?: ∃ {word},)? {word} = {word} \+\+ {word} :: {word}",
        view.target,
    ):
        ways = "exact List.eq_append_cons_of_mem | exact List.append_of_mem"
        yield f"(constructor <;> first | {ways} | (rintro ⟨_, _, rfl, _⟩; simp) | (rintro ⟨_, _, rfl⟩; simp))", 0.6
        yield "exact List.append_of_mem (by assumption)", 0.4
        yield "exact List.eq_append_cons_of_mem (by assumption)", 0.4
    reversed_one = re.search(r"([\w'₀-₉]+)\.reverse", view.target)
    if reversed_one is not None and "]?" in view.target:
        i, hi, h = (view.fresh(wish) for wish in ("i", "hi", "h"))
        there = f"(intro {i} {hi}; rw [← List.getElem?_reverse {hi}, {h}])"
        back = f"(apply List.ext_getElem?; intro {i}; by_cases {hi} : {i} < {reversed_one[1]}.length <;> grind)"
        yield f"(constructor <;> intro {h} <;> first | {there} | {back})", 0.4
        yield f"(apply List.ext_getElem?; intro {i}; grind)", 0.2
    same = re.fullmatch(rf"{word} = {word}", view.target)
    order = [h for h in view.props if "Pairwise" in h.type]
    if same is not None and len(order) > 1:
        counts = [h.name for h in view.props if "count" in h.type or "Perm" in h.type or " ~ " in h.type]
        for h in counts[:1]:
            perm = f"(first | exact {h} | exact List.perm_iff_count.2 {h} | grind)"
            used = [h.name for h in order[:2]]
            yield (
                f"exact List.Perm.eq_of_pairwise (by intros; first | omega | grind) {used[0]} {used[1]} (by {perm})",
                0.7,
            )


def _of_length(view: View) -> Iterator[Proposal]:
    """A list of three members is made of three."""
    for h in view.props:
        match = _LENGTH.fullmatch(h.type)
        xs, count = (match[1] or match[4], int(match[2] or match[3])) if match is not None else ("", 0)
        if not xs or count > _LONGEST or not any(v.name == xs and v.value is None for v in view.vars):
            continue
        fresh = view.namer()
        pattern = f"_ | ⟨{fresh('x')}, {xs}⟩"
        for _ in range(count):
            pattern = f"_ | ⟨{fresh('x')}, {pattern}⟩"
        yield f"rcases {xs} with {pattern} <;> simp_all", 0.5
        yield f"rcases {xs} with {pattern} <;> simp_all <;> first | omega | grind", 0.45


def _greatest(view: View) -> Iterator[Proposal]:
    """Of a list that is not empty one member is the greatest, by whatever its members are compared."""
    match = _BEST.fullmatch(view.target)
    if match is None or not any(v.name == match["xs"] for v in view.vars):
        return
    xs, fresh = match["xs"], view.namer()
    key, m, ys, a, b, t = (fresh(name) for name in ("hbest", "m", "l", "x", "y", "t"))
    hm, hb, hc, ih, he = (fresh(name) for name in ("hm", "hb", "hc", "ih", "he"))
    lines = [
        f"intro {ys}",
        f"induction {ys} with",
        f"| nil => intro {he}; exact absurd rfl {he}",
        f"| cons {a} {t} {ih} =>",
        "  intro _",
        f"  cases {t} with",
        f"  | nil => exact ⟨{a}, by simp⟩",
        f"  | cons {b} {t} =>",
        f"    obtain ⟨{m}, {hm}, {hb}⟩ := {ih} (by simp)",
        f"    by_cases {hc} : {_at(match, a, m)}",
        f"    · exact ⟨{m}, by grind⟩",
        f"    · exact ⟨{a}, by grind⟩",
    ]
    lemma = have(key, f"∀ {ys} : List _, {ys} ≠ [] → {put(view.target, xs, ys)}", lines)
    yield seq(lemma, f"exact {key} {xs} (by first | assumption | (intro {he}; simp_all))"), 0.8


def _at(match: re.Match[str], x: str, m: str) -> str:
    """The comparison of two members."""

    names = {match["x"]: x, match["m"]: m}

    def renamed(text: str) -> str:
        return re.sub(r"[^\W\d][\w'₀-₉]*", lambda word: names.get(word[0], word[0]), text)

    return f"{renamed(match['left'])} {match['sign']} {renamed(match['right'])}"


__all__ = ["propose"]
