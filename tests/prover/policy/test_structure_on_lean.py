"""Statements about functions, relations, lists and operations that one proposal closes, on a real Lean."""

from __future__ import annotations

import pytest

from lean_env.pool import Pool
from lean_env.protocol import Limits
from tests.prover.policy.on_lean import closed_in_one_step, offered

pytestmark = pytest.mark.lean

_RING = (
    "(R : Type) (p t : R → R → R) (o : R) (n : R → R) (h1 : ∀ x y z, p (p x y) z = p x (p y z)) "
    "(h2 : ∀ x y, p x y = p y x) (h3 : ∀ x, p x o = x) (h4 : ∀ x, p x (n x) = o) "
    "(h5 : ∀ x y z, t x (p y z) = p (t x y) (t x z)) (h6 : ∀ x y z, t (p x y) z = p (t x z) (t y z)) "
)
STATEMENTS = {
    "no more members": "(α : Type) (k l : List α) (h1 : k.Nodup) (h2 : ∀ a, a ∈ k → a ∈ l) : k.length ≤ l.length",
    "the same members": "(α : Type) (k l : List α) (h1 : k.Nodup) (h2 : l.Nodup) (h : ∀ a, a ∈ k ↔ a ∈ l) : k.Perm l",
    "as many members": "(k l : List Nat) (h1 : k.Nodup) (h2 : l.Nodup) (h3 : k ⊆ l) (h4 : l ⊆ k) : l.length = k.length",
    "least fixed point": "(F : (Nat → Prop) → Nat → Prop) "
    "(h : ∀ S T : Nat → Prop, (∀ n, S n → T n) → ∀ n, F S n → F T n) : ∃ S : Nat → Prop, ∀ n, S n ↔ F S n",
    "a constant that a value tells": "(g : Int → Int) (h : ∀ x y, g (x + y) = g x + 2 * y) : ∃ d, ∀ x, g x = 2 * x + d",
    "lemmas about functions that hypotheses describe": "(put : Nat → List Nat → List Nat) "
    "(order : List Nat → List Nat) "
    "(h0 : ∀ x, put x [] = [x]) (h1 : ∀ x y l, put x (y :: l) = if x ≤ y then x :: y :: l else y :: put x l) "
    "(h2 : order [] = []) (h3 : ∀ x l, order (x :: l) = put x (order l)) (l : List Nat) : (order l).sum = l.sum",
    "twice the other way round": "(back : List Nat → List Nat) (join : List Nat → List Nat → List Nat) "
    "(h0 : ∀ l, join [] l = l) (h1 : ∀ x k l, join (x :: k) l = x :: join k l) (h2 : back [] = []) "
    "(h3 : ∀ x l, back (x :: l) = join (back l) [x]) (l : List Nat) : back (back l) = l",
    "instances that the premises tell": "(S : Nat → Nat → Prop) (h : ∀ x y z, S x y → S y z → S x z) (u v w z : Nat) "
    "(h1 : S u v) (h2 : S v w) (h3 : S w z) : S u z",
    "above two": "(a b : Int) : ∃ c, a ≤ c ∧ b < c",
    "two between": "(a b : Rat) (h : a < b) : ∃ c d, a < c ∧ c < d ∧ d < b",
    "halves of a list": "(l : List Nat) (k : Nat) (h : l.length = 2 * k) : ∃ u v, l = u ++ v ∧ u.length = v.length",
    "no endless descent": "(g : Nat → Nat) : ∃ k, g k ≤ g (k + 1)",
    "endless descent": "(g : Nat → Nat) (h : ∀ k, g (k + 1) < g k) : False",
    "three at once": "(Q : Nat → Prop) (h0 : Q 0) (h1 : Q 1) (h2 : Q 2) (h : ∀ k, Q k → Q (k + 3)) (k : Nat) : Q k",
    "two predecessors": "(Q : Nat → Prop) (h0 : Q 0) (h1 : Q 1) (h : ∀ k, Q k → Q (k + 1) → Q (k + 2)) (k : Nat) : Q k",
    "steps from an unknown value": "(g : Nat → Nat) (h : ∀ k, g (g k) = k + 4) (h1 : ∀ k, g (k + 1) = g k + 1) : "
    "g 0 = 2",
    "accumulator of a hypothesis": "(r : List Nat → List Nat → List Nat) (h0 : ∀ a, r [] a = a) "
    "(h1 : ∀ x l a, r (x :: l) a = r l (x :: a)) (l : List Nat) : r l [] = l.reverse",
    "list of two": "(l : List Nat) (h : l.length = 2) : ∃ a b, l = [a, b]",
    "fold of the least": "(l : List Int) (a x : Int) (h : x ∈ l) : l.foldl min a ≤ x",
    "greatest by a measure": "(α : Type) (w : α → Nat) (l : List α) (h : l ≠ []) : ∃ m, m ∈ l ∧ ∀ x, x ∈ l → w x ≤ w m",
    "distinct numbers": "(l : List Nat) (k : Nat) (h : l.Nodup) (h1 : ∀ x ∈ l, x < k) : l.length ≤ k",
    "opposites": _RING + "(x y : R) : t (n x) (n y) = t x y",
    "squares of their own": _RING + "(h7 : ∀ x, t x x = x) : ∀ x y, t x y = t y x",
    "bounds of bounds": "{α : Type} (r : α → α → Prop) (j : α → α → α) (h1 : ∀ a b c, r a b → r b c → r a c) "
    "(h2 : ∀ a b, r a b → r b a → a = b) (h3 : ∀ a b, r a (j a b)) (h4 : ∀ a b, r b (j a b)) "
    "(h5 : ∀ a b c, r a c → r b c → r (j a b) c) (a b c : α) : j (j a b) c = j a (j b c)",
    "false of two steps": ": ¬ ∀ f : Int → Int, (∀ x, f (f x) = x + 2) → ∀ x, f x = x + 1",
    "dependent choice": "(Q : Nat → Prop) (h : ∀ a, ∃ b, a < b ∧ Q b) : "
    "∃ g : Nat → Nat, ∀ n, g n < g (n + 1) ∧ Q (g n)",
    "sets and elements": "(g : (Nat → Prop) → Nat) : ∃ S T, g S = g T ∧ S ≠ T",
    "tests and elements": "(α : Type) (g : (α → Bool) → α) (h : ∀ s t, g s = g t → s = t) : False",
    "false without values": ": ¬ ∀ (α : Type) (Q : α → Prop), (∀ x, Q x) → ∃ x, Q x",
    "lists side by side, backwards": "(α : Type) (l m : List α) (h : l.length = m.length) : "
    "(l.zip m).reverse = l.reverse.zip m.reverse",
    "first place of a member": "(l : List Nat) (x : Nat) : x ∈ l ↔ ∃ u v : List Nat, l = u ++ x :: v ∧ x ∉ u",
    "sorted lists with the same members": "(l m : List Int) (h1 : l.Pairwise (fun x y => x ≤ y)) "
    "(h2 : m.Pairwise (fun x y => x ≤ y)) (h : ∀ x, l.count x = m.count x) : l = m",
    "twice a sum": "(k : Nat) : 2 * (List.range (k + 1)).sum = k * (k + 1)",
    "left inverse": "(S T : Type) (s : S) (j : S → T) (h : ∀ x y : S, j x = j y → x = y) : "
    "∃ r : T → S, ∀ x : S, r (j x) = x",
    "fixed point of the diagonal": "(S T : Type) (F : S → S → T) (h : ∀ g : S → T, ∃ s : S, ∀ x : S, F s x = g x) "
    "(c : T → T) : ∃ t : T, c t = t",
    "what is equal on the image": "(S T : Type) (j : S → T) : (∀ t : T, ∃ s : S, j s = t) ↔ "
    "∀ (U : Type) (u v : T → U), (∀ s : S, u (j s) = v (j s)) → ∀ t : T, u t = v t",
    "palindromes by places": "(l : List Nat) : l.reverse = l ↔ ∀ k : Nat, k < l.length → l[k]? = l[l.length - 1 - k]?",
    "false of one negative number": ": ¬ ∀ l : List Int, l ≠ [] → l.foldl max 0 ∈ l",
    "folds in step": "(xs : List Int) : xs.foldl (fun s x => s - x) 0 = -xs.foldl (fun s x => s + x) 0",
    "what each step of a fold keeps": "(w : List Bool) (f : Nat → Bool → Nat) (h : ∀ n b, f n b = if b then 3 * n else "
    "n + 2) : w.foldl f 1 % 2 = 1",
    "squares of products": "{G : Type} (m : G → G → G) (e : G) (i : G → G) (ha : ∀ x y z, m (m x y) z = m x (m y z)) "
    "(h1 : ∀ x, m e x = x) (hi : ∀ x, m (i x) x = e) (h : ∀ x y, m (m x y) (m x y) = m (m x x) (m y y)) : "
    "∀ x y, m x y = m y x",
    "inverses of products": "{G : Type} (m : G → G → G) (e : G) (i : G → G) (ha : ∀ x y z, m (m x y) z = m x (m y z)) "
    "(h1 : ∀ x, m e x = x) (hi : ∀ x, m (i x) x = e) (h : ∀ x y, i (m x y) = m (i x) (i y)) : ∀ x y, m x y = m y x",
    "cancelling on the right": "{G : Type} (m : G → G → G) (e : G) (i : G → G) (ha : ∀ x y z, m (m x y) z = "
    "m x (m y z)) (h1 : ∀ x, m x e = x) (hi : ∀ x, m x (i x) = e) : ∀ a b c, m b a = m c a → b = c",
    "injective and not above": "(f : Nat → Nat) (h : ∀ x y, f x = f y → x = y) (h1 : ∀ n, f n ≤ n) : ∀ n, f n = n",
    "no descent by a relation": "{α : Type} (R : α → α → Prop) (h : WellFounded R) : ¬ ∃ f : Nat → α, "
    "∀ n, R (f (n + 1)) (f n)",
    "dividing each other": "(a b : Int) (h : a ∣ b) (h1 : b ∣ a) : a = b ∨ a = -b",
    "numbers below ten": "(l : List Nat) (h : l.Nodup) (h1 : ∀ x ∈ l, x < 10) : l.length ≤ 10",
    "chosen by a relation": "{α : Type} (R : α → α → Prop) (h : ∀ a b c, R a b → R a c → b = c) (h1 : ∀ a, ∃ b, R a b) "
    "(h2 : ∀ a b, R a b → R b a) : ∃ f : α → α, (∀ a b, R a b ↔ f a = b) ∧ ∀ a, f (f a) = a",
    "doubled and down": "(P : Nat → Prop) (h : P 1) (h1 : ∀ n, P n → P (2 * n)) (h2 : ∀ n, P (n + 1) → P n) (n : Nat) "
    ": P n",
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_one_step_is_enough(lean: Pool, name: str) -> None:
    await closed_in_one_step(lean, STATEMENTS[name], 24)


_THINNED = """inductive Thin {α : Type} : List α → List α → Prop where
  | done : Thin [] []
  | drop (x : α) (l m : List α) : Thin l m → Thin l (x :: m)
  | keep (x : α) (l m : List α) : Thin l m → Thin (x :: l) (x :: m)

"""
_STEPS = """inductive Prog where
  | stop : Prog
  | add : Nat → Prog
  | both : Prog → Prog → Prog
  | unless : Prog → Prog

inductive Ends : Prog → Nat → Nat → Prop where
  | stop (s : Nat) : Ends .stop s s
  | add (k s : Nat) : Ends (.add k) s (s + k)
  | both (p q : Prog) (s t u : Nat) : Ends p s t → Ends q t u → Ends (.both p q) s u
  | zero (p : Prog) : Ends (.unless p) 0 0
  | more (p : Prog) (s t : Nat) : s ≠ 0 → Ends p s t → Ends (.unless p) s t

"""
_PACKED = """def pack (x : Nat) : List (Nat × Nat) → List (Nat × Nat)
  | [] => [(x, 1)]
  | (y, k) :: l => if x = y then (y, k + 1) :: l else (x, 1) :: (y, k) :: l

def packed : List Nat → List (Nat × Nat)
  | [] => []
  | x :: l => pack x (packed l)

def unpacked : List (Nat × Nat) → List Nat
  | [] => []
  | (x, k) :: l => List.replicate k x ++ unpacked l

"""
_THIRDS = """def thirds {α : Type} : List α → List α
  | [] => []
  | [x] => [x]
  | [x, _] => [x]
  | x :: _ :: _ :: l => x :: thirds l

"""
_LAMP = """inductive Lamp where
  | on : Lamp
  | off : Lamp

inductive Push where
  | up : Push
  | down : Push

def Lamp.after : Lamp → Push → Lamp
  | _, .up => .on
  | _, .down => .off

def Lamp.afterAll (l : Lamp) (ps : List Push) : Lamp := ps.foldl Lamp.after l

"""
_DECISIONS = """inductive Claim where
  | var : Nat → Claim
  | neg : Claim → Claim
  | either : Claim → Claim → Claim

inductive Tree where
  | yes : Tree
  | no : Tree
  | ask : Nat → Tree → Tree → Tree

def Claim.holds (v : Nat → Bool) : Claim → Bool
  | .var x => v x
  | .neg p => !(Claim.holds v p)
  | .either p q => Claim.holds v p || Claim.holds v q

def Tree.holds (v : Nat → Bool) : Tree → Bool
  | .yes => true
  | .no => false
  | .ask x t e => if v x then Tree.holds v t else Tree.holds v e

def Claim.tree : Claim → Tree → Tree → Tree
  | .var x, t, e => .ask x t e
  | .neg p, t, e => Claim.tree p e t
  | .either p q, t, e => Claim.tree p t (Claim.tree q t e)

"""
_SEARCH_TREES = """inductive Tr where
  | nil : Tr
  | bin : Tr → Nat → Tr → Tr

def Tr.every (P : Nat → Prop) : Tr → Prop
  | .nil => True
  | .bin l x r => Tr.every P l ∧ P x ∧ Tr.every P r

def Tr.ordered : Tr → Prop
  | .nil => True
  | .bin l x r => Tr.every (fun y => y < x) l ∧ Tr.every (fun y => x < y) r ∧ Tr.ordered l ∧ Tr.ordered r

def Tr.inorder : Tr → List Nat
  | .nil => []
  | .bin l x r => Tr.inorder l ++ x :: Tr.inorder r

"""
_PILES = """def place (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if y < x then y :: place x ys else x :: y :: ys

def placed : List Nat → List Nat
  | [] => []
  | x :: xs => place x (placed xs)

"""
_HEIGHT = """inductive Bush where
  | bud : Bush
  | fork : Bush → Nat → Bush → Bush

def Bush.nodes : Bush → Nat
  | .bud => 0
  | .fork l _ r => Bush.nodes l + 1 + Bush.nodes r

def Bush.tall : Bush → Nat
  | .bud => 0
  | .fork l _ r => 1 + max (Bush.tall l) (Bush.tall r)

"""
_TIDIED = """inductive Term where
  | lit : Nat → Term
  | ref : Nat → Term
  | sum : Term → Term → Term
  | prod : Term → Term → Term

def Term.value (s : Nat → Nat) : Term → Nat
  | .lit k => k
  | .ref x => s x
  | .sum a b => Term.value s a + Term.value s b
  | .prod a b => Term.value s a * Term.value s b

def Term.tidy : Term → Term
  | .lit k => .lit k
  | .ref x => .ref x
  | .sum (.lit 0) b => Term.tidy b
  | .sum a b => .sum (Term.tidy a) (Term.tidy b)
  | .prod (.lit 1) b => Term.tidy b
  | .prod a b => .prod (Term.tidy a) (Term.tidy b)

"""
_CHAIN = """inductive Chain {α : Type} (r : α → α → Prop) : α → α → Prop where
  | here : ∀ a, Chain r a a
  | more : ∀ a b c, r a b → Chain r b c → Chain r a c

"""
_AGAIN = """def again {α : Type} (f : α → α) : Nat → α → α
  | 0, x => x
  | n + 1, x => again f n (f x)

"""
_RISING = """inductive Rising : List Nat → Prop where
  | none : Rising []
  | one : ∀ x, Rising [x]
  | more : ∀ x y l, x ≤ y → Rising (y :: l) → Rising (x :: y :: l)

def place (x : Nat) : List Nat → List Nat
  | [] => [x]
  | y :: ys => if x ≤ y then x :: y :: ys else y :: place x ys

def arrange : List Nat → List Nat
  | [] => []
  | x :: xs => place x (arrange xs)

"""
_RABBITS = """def pairs : Nat → Nat
  | 0 => 0
  | 1 => 1
  | n + 2 => pairs (n + 1) + pairs n

"""
_PRODUCT = """def upTo : Nat → Nat
  | 0 => 1
  | n + 1 => (n + 1) * upTo n

"""
_TAIL = """inductive Path {α : Type} (r : α → α → Prop) : α → α → Prop where
  | stay : ∀ {a}, Path r a a
  | step : ∀ {a b c}, Path r a b → r b c → Path r a c

"""
_DOOR = """inductive Door where | open | shut

def Door.used : Door → Door
  | .open => .shut
  | .shut => .open

def through : Door → List Nat → Door
  | d, [] => d
  | d, _ :: l => through d.used l

"""
_WHEEL = """def turn {α : Type} : Nat → List α → List α
  | 0, l => l
  | _ + 1, [] => []
  | n + 1, a :: l => turn n (l ++ [a])

"""
_MACHINE = """inductive Total where
  | one (x : Nat)
  | two (a b : Total)

def Total.worth (env : Nat → Int) : Total → Int
  | .one x => env x
  | .two a b => a.worth env + b.worth env

inductive Op where
  | load (x : Nat)
  | plus

def Total.code : Total → List Op
  | .one x => [.load x]
  | .two a b => a.code ++ b.code ++ [.plus]

def steps (env : Nat → Int) : List Op → List Int → Option (List Int)
  | [], s => some s
  | .load x :: p, s => steps env p (env x :: s)
  | .plus :: p, a :: b :: s => steps env p ((b + a) :: s)
  | .plus :: _, _ => none

"""
_LOOKED_UP = """def begun : List (Option Nat) → Option Nat
  | [] => none
  | some a :: _ => some a
  | none :: l => begun l

"""
_SQUARES = """def inverses : Nat → Rat
  | 0 => 0
  | n + 1 => inverses n + 1 / ((n + 1 : Rat) ^ 2)

"""
_CLOSED = """def inner (F : (Nat → Prop) → Nat → Prop) : Nat → Prop :=
  fun n => ∀ S : Nat → Prop, (∀ k, F S k → S k) → S n

"""
FILES = {
    "a chain and a step that meet": (
        _CHAIN,
        "{α : Type} (r : α → α → Prop) (h : ∀ x y z, r x y → r x z → ∃ w, r y w ∧ r z w) (x y z : α) "
        "(p : r x y) (q : Chain r x z) : ∃ w, Chain r y w ∧ r z w",
    ),
    "fixed by its definition": (
        _CLOSED,
        "(F : (Nat → Prop) → Nat → Prop) (h : ∀ S T : Nat → Prop, (∀ n, S n → T n) → ∀ n, F S n → F T n) : "
        "∀ n, F (inner F) n ↔ inner F n",
    ),
    "remainders that come round": (_RABBITS, "(n : Nat) : 3 ∣ pairs n ↔ 4 ∣ n"),
    "two members at once": (_RABBITS, "(n : Nat) : pairs n < 2 ^ n"),
    "a sum of the file": (_SQUARES, "(n : Nat) : inverses n ≤ 2"),
    "chains that meet again": (
        _TAIL,
        "{α : Type} (r : α → α → Prop) (h : ∀ x y z, r x y → r x z → ∃ w, r y w ∧ r z w) (x y z : α) "
        "(p : Path r x y) (q : Path r x z) : ∃ w, Path r y w ∧ Path r z w",
    ),
    "both states": (_DOOR, "(l : List Nat) : through Door.open l = Door.shut ↔ l.length % 2 = 1"),
    "once around": (_WHEEL, "{α : Type} (l : List α) : turn l.length l = l"),
    "a machine that may fail": (
        _MACHINE,
        "(env : Nat → Int) (a : Total) : steps env a.code [] = some [a.worth env]",
    ),
    "a match in the claim": (
        _LOOKED_UP,
        "(l m : List (Option Nat)) : begun (l ++ m) = (match begun l with | some a => some a | none => begun m)",
    ),
    "every fifth": (_RABBITS, "(n : Nat) : 5 ∣ pairs (5 * n)"),
    "every sixth": (_RABBITS, "(n : Nat) : 8 ∣ pairs (n * 6)"),
    "above powers": (_PRODUCT, "(n : Nat) (h : 7 ≤ n) : 3 ^ n < upTo n"),
    "at least powers": (_PRODUCT, "(n : Nat) (h : n > 3) : 2 ^ n ≤ upTo n"),
    "a function written as a field": (
        _TIDIED,
        "(s : Nat → Nat) (e : Term) : Term.value s (Term.tidy e) = Term.value s e",
    ),
    "the other way along a chain": (
        _CHAIN,
        "{α : Type} (r : α → α → Prop) (h : ∀ x y, r x y → r y x) (a b : α) (hc : Chain r a b) : Chain r b a",
    ),
    "steps of steps": (
        _AGAIN,
        "{α : Type} (f : α → α) (m n : Nat) (x : α) : again f (m * n) x = again (again f m) n x",
    ),
    "what insertion keeps": (_RISING, "(l : List Nat) : Rising (arrange l) ∧ (arrange l).Perm l"),
    "numbers that sorting keeps": (_PILES, "(l : List Nat) (a : Nat) : (placed l).count a = l.count a"),
    "transitivity": (_THINNED, "(l m n : List Nat) (h1 : Thin l m) (h2 : Thin m n) : Thin l n"),
    "determinism": (_STEPS, "(p : Prog) (s t u : Nat) (h1 : Ends p s t) (h2 : Ends p s u) : t = u"),
    "there and back": (_PACKED, "(l : List Nat) : unpacked (packed l) = l"),
    "places along a recursion": (_THIRDS, "(l : List Nat) (i : Nat) : (thirds l)[i]? = l[3 * i]?"),
    "the last counts": (
        _LAMP,
        "(ps : List Push) : Lamp.afterAll Lamp.off ps = Lamp.on ↔ ps.getLast? = some Push.up",
    ),
    "what to go on with": (
        _DECISIONS,
        "(v : Nat → Bool) (p : Claim) : Tree.holds v (Claim.tree p Tree.yes Tree.no) = Claim.holds v p",
    ),
    "order of a search tree": (
        _SEARCH_TREES,
        "(t : Tr) (h : Tr.ordered t) : (Tr.inorder t).Pairwise (fun x y => x < y)",
    ),
}


@pytest.mark.parametrize("name", FILES)
async def test_one_step_is_enough_in_a_file(lean: Pool, name: str) -> None:
    file, statement = FILES[name]
    await closed_in_one_step(lean, statement, 32, file)


async def test_powers_of_a_height(lean: Pool) -> None:
    text = f"{_HEIGHT}theorem t (b : Bush) : Bush.nodes b + 1 ≤ 2 ^ Bush.tall b := by sorry"
    async with lean.session() as env:
        state = (await env.open(text)).holes[0].state
        (apart,) = await env.apply(state, ["induction b <;> simp_all [Bush.nodes, Bush.tall]"], Limits())
        outcomes = await env.apply(apart.states[0], offered(apart.states[0], text, 12), Limits(ms=20_000))
        assert outcomes[-1].kind == "proved"


async def test_a_structure_is_taken_apart_into_its_laws(lean: Pool) -> None:
    file = (
        "structure Mon (M : Type) where\n  op : M → M → M\n  one : M\n"
        "  assoc : ∀ a b c : M, op (op a b) c = op a (op b c)\n  left : ∀ a : M, op one a = a\n\n"
    )
    text = f"{file}theorem t (M : Type) (S : Mon M) (e : M) (h : ∀ a : M, S.op a e = a) : S.one = e := by sorry"
    async with lean.session() as env:
        state = (await env.open(text)).holes[0].state
        (apart,) = [tactic for tactic in offered(state, text, 32) if "dsimp only" in tactic]
        (outcome,) = await env.apply(state, [apart], Limits())
        assert "assoc : ∀ (a b c : M), op (op a b) c = op a (op b c)" in outcome.states[0].goals[0]
