"""Statements that one proposal of the arithmetic rules closes, on a real Lean."""

from __future__ import annotations

import pytest

from lean_env.pool import Pool
from lean_env.protocol import Limits
from tests.prover.policy.on_lean import closed_in_one_step, offered

pytestmark = pytest.mark.lean

STATEMENTS = {
    "closed form": "(u : Nat → Int) (h0 : u 0 = 0) (h1 : u 1 = 1) (h : ∀ n, u (n + 2) = 3 * u (n + 1) - 2 * u n) : "
    "∀ n, u n = 2 ^ n - 1",
    "period": "(x : Nat → Nat) (h0 : x 0 = 3) (h : ∀ n, x (n + 1) = (5 * x n + 1) % 7) : x 2026 = 1",
    "rule that looks back": "(t : Nat → Int) (h1 : t 1 = 4) (h2 : t 2 = 7) (h : ∀ n ≥ 3, t n = t (n - 1) - t (n - 2)) "
    ": t 2020 = -4",
    "instances": "(f : Int → Int) (h : ∀ x y, f (x * y) = f x * f y) (h2 : f 2 = 3) : f 8 = 27",
    "quotient": "(x : Int) : x ^ 2 + x + 1 ∣ x ^ 5 + x ^ 4 + 1",
    "power": "(a b : Int) (n : Nat) : a - b ∣ a ^ n - b ^ n",
    "natural power": "(a n : Nat) : a ∣ (a + 1) ^ n - 1",
    "coprime": "(n : Nat) : Nat.gcd (5 * n + 3) (7 * n + 4) = 1",
    "greatest and least": "(a b : Nat) (h : Nat.gcd a b = 12) (h2 : Nat.lcm a b = 180) (ha : a = 36) : b = 60",
    "several divisors": "(a b c : Int) (h : a ∣ b) (h1 : a ∣ c) : a ∣ 3 * b - 5 * c",
    "difference of multiples": "(a b d : Nat) (h1 : d ∣ a + 2 * b) (h2 : d ∣ b) : d ∣ 3 * a",
    "squares modulo four": "(a b c : Nat) : a * a + b * b ≠ 4 * c + 3",
    "table of two variables": "(a b : Int) (h : (a * b + a) % 3 = 1) : -a * (a * b) % 3 ≠ 4 ∧ a % 3 ≠ 0",
    "table with two moduli": "(n : Nat) (h : n % 4 = 3) (h2 : n % 3 = 2) : (n * n + n) % 12 = 0",
    "no solution": "(a b : Int) (h : a ^ 2 - 5 * b ^ 2 = 7) (h2 : 2 ∣ a) (h3 : 2 ∣ b) : False",
    "coins": "(n : Nat) (h : 24 ≤ n) : ∃ a b, 5 * a + 7 * b = n",
    "least": "(P : Nat → Prop) (h : ∃ n, P n) : ∃ m, P m ∧ ∀ k < m, ¬P k",
    "halves": "(e : Rat) (h : 0 < e) (h1 : ∀ x, 0 < x → e ≤ x) : False",
    "distinction": "(P : Nat → Prop) : ∃ n, (∃ m, P m) → P n",
    "remainders": "(x y z k : Int) : x ^ 2 + y ^ 2 + z ^ 2 ≠ 8 * k + 7",
    "table": "(n : Nat) : 30 ∣ n ^ 5 - n",
    "exponent": "(n : Nat) (h : n % 4 = 1) : 3 ^ n % 10 = 3",
    "factors": "(x y : Int) (h : x * y + 3 * x + 2 * y = 11) : x = -1 ∨ x = 15 ∨ x = -3 ∨ x = -19",
    "factors of squares": "(x y : Int) (h : x ^ 2 * y ^ 2 + 2 * x ^ 2 - 3 * y ^ 2 = 17) : x ^ 2 * y ^ 2 = 36",
    "completed squares": "(n m : Nat) (h : n ^ 2 + 4 * n + 9 = m ^ 2) : n = 0",
    "terms that are prime": "(p : Nat) (hp : 1 < p ∧ ∀ d, d ∣ p → d = 1 ∨ d = p) "
    "(hq : 1 < p ^ 2 + 2 ∧ ∀ d, d ∣ p ^ 2 + 2 → d = 1 ∨ d = p ^ 2 + 2) : p = 3",
    "roots": "(x : Rat) (h : 2 * x ^ 2 - 7 * x + 3 = 0) (hx : 1 < x) : x = 3",
    "squares": "(a b c d : Rat) : (a ^ 2 + b ^ 2) * (c ^ 2 + d ^ 2) ≥ (a * c + b * d) ^ 2",
    "products": "(a b c : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) : (a + b) * (b + c) * (c + a) ≥ 8 * a * b * c",
    "orders": "(a b c : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) : a ^ 2 * b + b ^ 2 * c + c ^ 2 * a ≥ 3 * a * "
    "b * c",
    "orders of natural numbers": "(a b c : Nat) : a ^ 3 + b ^ 3 + c ^ 3 + 6 * a * b * c ≥ "
    "a ^ 2 * b + a ^ 2 * c + b ^ 2 * a + b ^ 2 * c + c ^ 2 * a + c ^ 2 * b",
    "inverses": "(x y : Rat) (hx : 0 < x) (hy : 0 < y) : x / y + y / x ≥ 2",
    "negated claim": "(x y : Rat) (h0 : 0 < x) (h1 : 0 < y) (h : x * y = 4) : x + y ≥ 4",
    "natural numbers": "(x y : Nat) (h : x < y) : x ^ 2 + x < y ^ 2",
    "witness": "(n : Nat) : ∃ m, n < m ∧ m % 3 = 1 ∧ m % 2 = 0",
    "counterexample": ": ¬ ∀ (a b c : Nat), 0 < a ∧ 0 < b → a ∣ b * c → a ∣ b ∨ a ∣ c",
    "prime divisor of a product": "(p a b : Nat) (hp : 2 ≤ p ∧ ∀ d, d ∣ p → d = 1 ∨ d = p) (h : p ∣ a * b) : "
    "p ∣ a ∨ p ∣ b",
    "prime and its remainder": "(p : Nat) (hp : ∀ d, d ∣ p → d = p ∨ d = 1) (h : 3 < p) : p % 6 = 1 ∨ p % 6 = 5",
    "linear divisor": "(n : Nat) (h : n + 1 ∣ n ^ 2 + 7) : n = 0 ∨ n = 1 ∨ n = 3 ∨ n = 7",
    "linear divisor of an integer": "(n : Int) (h : 3 * n + 2 ∣ n ^ 3 + 1) : n ≤ 7",
    "power modulo a divisor": "(n : Nat) : ¬ 7 ∣ 2 ^ n + 1",
    "many remainders of one variable": "(n : Int) : ¬ 121 ∣ n ^ 2 + 3 * n + 5",
    "remainders of three variables": "(a b c : Int) (h : 9 ∣ a ^ 3 + b ^ 3 + c ^ 3) : 3 ∣ a ∨ 3 ∣ b ∨ 3 ∣ c",
    "multiple and common divisor": "(m n : Nat) (h : Nat.gcd n m = 6) (h1 : Nat.lcm m n = 126) : m + n ≠ 61",
    "multiple of a number": "(n : Nat) (h : Nat.lcm 10 n = 40) : n = 8 ∨ n = 40",
    "identity in a variable": "(A B : Rat) (h : ∀ x : Rat, x ≠ 3 → x ≠ 5 → 4 * x / ((x - 5) * (x - 3)) = "
    "A / (x - 3) + B / (x - 5)) : A = -6 ∧ B = 10",
    "equation at halves": "(f : Rat → Rat) (h : f 1 = 2) (h1 : ∀ x y, f (x + y) = f x + f y - x * y) : "
    "f (5 / 2) = 25 / 8",
    "Bernoulli": "(x : Rat) (n : Nat) (h : -1 ≤ x) : 1 + (n : Rat) * x ≤ (1 + x) ^ n",
    "Bernoulli without signs": "(x n : Nat) : 1 + n * x ≤ (1 + x) ^ n",
    "two powers": "(x y : Nat) (h : 3 ^ x = 2 ^ y + 1) : (x = 1 ∧ y = 1) ∨ (x = 2 ∧ y = 3)",
    "two powers, the other way": "(x y : Nat) (hx : 0 < x) (h : 2 ^ x + 7 = 3 ^ y) : x = 1 ∧ y = 2",
    "square above a power": "(m n : Nat) (h : 2 ^ n + 65 = m ^ 2) : n = 4 ∨ n = 10",
    "square below a power": "(m n : Nat) (h : 3 ^ n = m ^ 2 + 17) : n = 4 ∧ m = 8",
    "bound with no representation": ": ¬ ∀ n : Nat, 23 ≤ n → ∃ a b : Nat, 5 * a + 7 * b = n",
    "far witness": ": ∃ x y : Nat, 0 < y ∧ x ^ 2 = 13 * y ^ 2 + 1",
    "witnesses with a root": ": ∃ a b c d : Nat, 0 < a ∧ a < c ∧ c < d ∧ d < b ∧ a ^ 3 + b ^ 3 = c ^ 3 + d ^ 3",
    "digits": "(a b c d : Nat) (h : 1 ≤ a ∧ a ≤ 9) (h1 : b ≤ 9 ∧ c ≤ 9 ∧ d ≤ 9) (h2 : 9 * (1000 * a + 100 * b + 10 * c "
    "+ d) = 1000 * d + 100 * c + 10 * b + a) : a = 1 ∧ b = 0 ∧ c = 8 ∧ d = 9",
    "squares of twice a variable": "(n k : Int) (h : n ^ 2 + n + 1 = k ^ 2) : n = 0 ∨ n = -1",
    "linear function": "(f : Int → Int) (h : ∀ x y, f (x + y) + f (x - y) = 2 * f x) (h0 : f 0 = 3) (h1 : f 1 = 5) : "
    "f 100 = 203",
    "powers of two bases": "(n : Nat) : (7 ^ n - 3 * n - 4 ^ n) % 3 = 0",
    "powers at some exponents": "(n : Nat) (h : n % 3 ≠ 0) : 7 ∣ 2 ^ (2 * n) + 2 ^ n + 1",
    "powers that repeat in the end": "(n : Nat) : (2 ^ n + 3 ^ n + 5 ^ n) % 6 ≠ 5",
    "powers before the variable": "(n : Nat) (h : 0 < n) : 8 ∣ 5 ^ n + 2 * 3 ^ (n - 1) + 1",
    "powers of integers": "(n : Nat) : (3 : Int) ∣ 2 ^ n - (-1) ^ n",
    "numbers between bounds": "(a b c : Rat) (h : 0 ≤ a) (h1 : a ≤ 1) (h2 : 0 ≤ b) (h3 : b ≤ 1) (h4 : 0 ≤ c) "
    "(h5 : c ≤ 1) : a + b + c ≤ 2 + a * b * c",
    "between two squares": "(n m : Nat) (h : n ^ 4 + n ^ 2 + 1 = m ^ 2) : n = 0",
    "between two squares from some number on": "(n m : Nat) (h : m ^ 2 = n ^ 2 + 3 * n + 5) : n = 1 ∧ m = 3",
    "inverse of a linear function": "(f g : Rat → Rat) (h : ∀ x, g (f x) = x) (h1 : ∀ x, f x = 4 * x + 3) : "
    "g (g 9) = -3 / 8",
    "function at a linear term": "(f : Rat → Rat) (h : ∀ x, f (x / 3) = x ^ 2 + x + 1) : f 3 + f (-1) = 98",
    "formula by two inductions": "(f : Int → Int) (h : ∀ x y, f (x + y) = f x + f y + 2 * x * y) (h1 : f 1 = 3) : "
    "∀ x, f x = x ^ 2 + 2 * x",
    "rational root": ": ∃ x : Rat, x < 0 ∧ 6 * x ^ 3 - 5 * x ^ 2 - 3 * x + 2 = 0",
    "combination of two numbers": "(n : Int) : ∃ x y, n = 9 * x - 14 * y",
    "difference of natural numbers": "(a b : Nat) (h : a ≤ b) : a + (b - a) * (b - a) = b * b + a * a + a - 2 * a * b",
    "bounds of two variables": "(n a : Nat) (h : n < 20) (h1 : 2 ≤ a) (h2 : a ≤ 40) : ¬ a ∣ n ^ 2 + n + 41",
    "solutions of Pell's equation": "(N : Nat) : ∃ x y, N < y ∧ x ^ 2 = 6 * y ^ 2 + 1",
    "between two fractions": "(a b : Rat) (h : a < b) : ∃ c, a < c ∧ c < b ∧ c ≠ (a + b) / 2",
    "all divisible": "(a b : Int) (h : 11 ∣ a ^ 2 + b ^ 2) : 121 ∣ a * b",
    "square of a difference of factors": "(a b : Rat) : 2 * (a + b) * (a * b - 1) ≤ (a ^ 2 + 1) * (b ^ 2 + 1)",
    "irrational root": "(q : Rat) (h : q * q = 3) : False",
    "instances at a large number": "(f : Int → Int) (h : ∀ x y, f (x + y) = f x + y) (h0 : f 0 = 7) : f 2024 = 2031",
    "square of a difference with factors": "(x y : Rat) (h : x * y = 4) : x ^ 2 + 4 * y ^ 2 ≥ 16",
    "additive function": "(f : Int → Int) (h : ∀ x y, f (x + y) = f x + f y) : ∀ n, f n = n * f 1",
    "descent": "(a b : Nat) (hb : 0 < b) (h : a * a = 2 * (b * b)) : False",
    "diagonal": "(f : Nat → Nat → Bool) (hf : Function.Surjective f) : False",
    "closed computation": ": ¬ (((List.range 1000).filter (fun n => n % 15 == 0)).length = 66)",
    "quotient of a variable": "(a b : Nat) (h : b ≠ 0) : a / b * b ≤ a ∧ a < (a / b + 1) * b",
    "quotient by an equation": "(x a b : Int) (h : x ^ 3 + a * x = b) : x ∣ b",
    "divisor of a combination": "(n : Nat) : Nat.gcd (3 * n + 5) (2 * n + 1) ≤ 7",
    "divisors that are left": "(n : Nat) : Nat.gcd (2 * n + 3) (2 * n + 7) = 1",
    "coprime factors": "(a b : Nat) (h : Nat.gcd a b = 1) : Nat.gcd (a * b) (a + b) = 1",
    "power less 1": "(n : Nat) (h : 7 ∣ 4 ^ n - 1) : 3 ∣ n",
    "period in the end": "(n : Nat) (h : 0 < n) (h2 : n % 4 = 2) : 2 ^ n % 10 = 4",
    "all members of a period": "(x : Nat → Rat) (h0 : x 0 = 3) (h : ∀ n, x (n + 1) = 1 - 1 / x n) : "
    "x 2024 + x 999 = 5 / 2",
    "several sequences": "(s t : Nat → Nat) (hs : s 0 = 0) (h : ∀ n, s (n + 1) = s n + (n + 1) ^ 3) (ht : t 0 = 0) "
    "(h2 : ∀ n, t (n + 1) = t n + n + 1) (n : Nat) : s n = t n ^ 2",
    "steps on the integers": "(f : Int → Int) (h : ∀ x, f x = f (x - 1) + 3) (h1 : f 2 = 1) : f (f (-4)) = -56",
    "root": "(a b : Nat) (n : Nat) : ∃ t, t ^ 2 = 9 * a ^ (2 * n) * b ^ 4",
    "units": "(a b c : Nat) (h : a * b * c = 1) : a + 2 * b + 3 * c = 6",
    "factors of a large number": "(a b : Nat) (h : a * b = 1591) (ha : 1 < a) (hb : a < b) : a = 37",
    "many values": ": ∀ n < 1200, n * n % 4 ≠ 3",
    "general descent": "(x y z : Int) (h : x ^ 2 + y ^ 2 = 7 * z ^ 2) (hz : z ≠ 0) : False",
    "divisor that bounds": "(n : Nat) (h : n + 7 ∣ n ^ 3 + 7) : n ≤ 329",
    "false of a sequence": ": ¬ ∀ a : Nat → Nat, a 0 = 1 → a 1 = 1 → (∀ n, a (n + 2) = a (n + 1) + a n) → "
    "∀ n, a n ≤ 3 * n + 1",
    "false of a type": ": ¬ ∀ {α : Type} [DecidableEq α] (p q : α → Prop), (∀ x, p x ∨ q x) → (∀ x, p x) ∨ ∀ x, q x",
    "false of a relation": ": ¬ ∀ (α : Type) (r : α → α → Prop), (∀ x, r x x) → "
    "(∀ x y z, r x y → r y z → r x z) → ∀ x y, r x y → r y x",
    "false of a function": ": ¬ ∀ (f : Nat → Nat) (p : Nat → Bool) (l : List Nat), "
    "(l.filter p).map f = (l.map f).filter p",
    "diagonal of an enumeration": "(f : Nat → Nat → Bool) (h : ∀ g : Nat → Bool, ∃ n, f n = g) : False",
    "powers of maxima": "(a b m n : Nat) (h : a ≤ 2 ^ m) (h2 : b ≤ 2 ^ n) : a + b ≤ 2 ^ (max m n + 1)",
    "an adder": "(x y : BitVec 12) : y + x = ((x &&& y) <<< 1) + (x ^^^ y)",
    "bits of a sum": "(x y : BitVec 24) : (x ||| y) + (x &&& y) = y + x",
    "disjoint bits": "(a b : Nat) (h : a &&& b = 0) : a ^^^ b = a + b",
    "next bound": "(f : Nat → Nat) (k n : Nat) (h1 : 1 ≤ k) (hs : f (n + 1) = (n + 1) * f n) (h : k ≤ n + 1) "
    "(ih : k ≤ n → k ∣ f n) : k ∣ f (n + 1)",
    "downward": "(P : Nat → Prop) (h : ∀ n, P (n + 1) → P n) (h3 : ∀ n, P (3 * n)) (n : Nat) : P n",
    "downward from infinitely many": "(P : Nat → Prop) (h : ∀ n, P (n + 1) → P n) (hi : ∀ n, ∃ m, n ≤ m ∧ P m) "
    "(n : Nat) : P n",
    "pigeonhole": "(f : Nat → Nat) (h : ∀ n, f n ≤ 6) : ∃ i j, i < j ∧ f i = f j",
    "monotone at neighbours": "(f : Nat → Nat) (h : ∀ m n, m < n → f m < f n) (h6 : f 6 = 7) (h0 : 0 < f 0) : f 4 = 5",
    "unisolated rule": "(x : Nat → Nat) (h0 : x 0 = 2) (h1 : x 1 = 7) (h : ∀ n, x (n + 2) + 10 * x n = 7 * x (n + 1)) "
    "(n : Nat) : x n = 2 ^ n + 5 ^ n",
    "closed form of order two": "(x : Nat → Int) (h0 : x 0 = 1) (h1 : x 1 = 3) "
    "(h : ∀ n, x (n + 2) - 2 * x (n + 1) + x n = 0) : x 60 = 121",
    "false of swapped quantifiers": ": ¬ ∀ R : Nat → Nat → Prop, (∀ a, ∃ b, R a b) → ∃ b, ∀ a, R a b",
    "false of two functions": ": ¬ ∀ f g : Nat → Nat, (∀ z, ∃ x, g (f x) = z) → ∀ y, ∃ x, f x = y",
    "mean of a known product": "(u v w : Rat) (hu : 0 < u) (hv : 0 < v) (hw : 0 < w) (h : u * v * w = 8) : "
    "u * v + v * w + w * u ≥ 12",
    "sum of squares under a mean": "(u v w : Rat) (hp : 0 < u ∧ 0 < v ∧ 0 < w) (h : u * v * w = 1) : "
    "u ^ 2 + v ^ 2 + w ^ 2 ≥ u + v + w",
    "one product by another": "(b q : Rat) (h : b * q = 10) (h2 : b * q ^ 4 = 80) : b = 5 ∧ q = 2",
    "cube root": "(q : Rat) (h : q ^ 3 = 64) : q = 4",
    "polynomial that grows": "(k : Nat) (h : k * (k + 2) * (k + 4) = 693) : k = 7",
    "function told outright": "(p q : Int → Int) (hp : ∀ x, p x = 5 * x + 2) (hq : ∀ x, q (p x) = x ^ 2) : q 37 = 49",
    "doubling": "(f : Int → Int) (h : ∀ x y, f (x + y) = f x + f y + 4 * x * y) (h1 : f 1 = 3) : f 14 = 406",
    "quadratic formula": "(f : Int → Int) (h : ∀ x y, f (x + y) = f x + f y + 6 * x * y) (h1 : f 1 = 5) (x : Int) : "
    "f x = 3 * x ^ 2 + 2 * x",
    "proportional": "(f : Nat → Nat) (h : ∀ m n, f (m + n) = f m + f n) (h3 : f 4 = 28) : f 9 = 63",
    "law at one variable": "(f : Rat → Rat) (h : ∀ x y, f (x + 4 * y) = f x + 8 * y) : ∃ c, ∀ x, f x = 2 * x + c",
    "increasing": "(f : Nat → Nat) (h : ∀ a b, a < b → f a < f b) (n : Nat) : n ≤ f n",
    "values below the next": "(f : Nat → Nat) (h : ∀ n, f (f n) < f (n + 1)) : ∀ n, f n = n",
    "ladder": "(N : Nat) : ∃ a b : Nat, N < b ∧ a * (a + 1) = 2 * b ^ 2",
    "ladder of every third": "(N : Nat) : ∃ a b : Nat, a ^ 2 = 5 * b ^ 2 + 4 ∧ N < b",
    "false far away": ": ¬ ∀ a b : Nat, a ^ 2 + 231 = b ^ 2 → a < 60",
    "false of no factors": ": ¬ ∀ n : Nat, 2 < n → ¬ ∃ a b : Nat, 1 < a ∧ 1 < b ∧ a * b = n ^ 2 - n + 5",
    "greatest of two values": "(f : Int → Int) (h : ∀ x y, x ≤ y → f x ≤ f y) (a b : Int) : "
    "max (f a) (f b) = f (max a b)",
    "never grows": "(f : Nat → Nat) (h : ∀ n, f (n + 1) ≤ f n) : ∃ m, ∀ n, m ≤ n → f n = f m",
    "two values": "(f : Nat → Bool) : ∃ i j, i < j ∧ j < 3 ∧ f i = f j",
    "false of an operation": ": ¬ ∀ {α : Type} (op : α → α → α) (e : α), (∀ x, op x e = x) → ∀ x, op e x = x",
    "where squares meet": "(u v w : Rat) (hu : 0 < u) (hv : 0 < v) (hw : 0 < w) : "
    "(u + 3 * v) * (3 * v + w) * (w + u) ≥ 24 * u * v * w",
    "largest value of a form": "(x y z : Rat) (h : x ^ 2 + y ^ 2 + z ^ 2 = 1) : 2 * x * y + y * z + z * x ≤ 3 / 2",
    "squares that add up to nothing": "(x y : Int) (h : x ^ 2 + 2 * y ^ 2 + 1 = 2 * x * y + 2 * y) : x = 1 ∧ y = 1",
    "between two roots": "(n : Int) (h : n ^ 2 + 3 ≤ 4 * n + 1) : n = 1 ∨ n = 2 ∨ n = 3",
    "power and remainder": "(n : Nat) : 7 ∣ 2 ^ n + 5 ↔ n % 3 = 1",
    "tower of powers": "(n : Nat) (h : 0 < n) : 2 ^ (n + 2) ∣ 5 ^ 2 ^ n - 1",
    "tower of odd powers": "(n : Nat) : 3 ^ (n + 1) ∣ 5 ^ 3 ^ n + 1",
    "quotients with squares": "(u v w : Rat) (hu : 0 < u) (hv : 0 < v) (hw : 0 < w) : "
    "u ^ 2 / (u + v) + v ^ 2 / (v + w) + w ^ 2 / (w + u) ≥ (u + v + w) / 2",
    "inverses under a sum": "(u v w : Rat) (hu : 0 < u) (hv : 0 < v) (hw : 0 < w) (h : u + v + w = 6) : "
    "1 / u + 1 / v + 1 / w ≥ 3 / 2",
    "fractions of whole numbers": "(m n : Int) (hm : m ≠ 0) (hn : n ≠ 0) (h : (1 : Rat) / m + 2 / n = 1) : "
    "n + 2 * m = m * n",
    "additive on fractions": "(g : Rat → Rat) (h : ∀ u v, g (u + v) = g u + g v) (h1 : g 1 = 4) (q : Rat) : "
    "g q = 4 * q",
    "values far apart": "(u : Nat → Int) (h : ∀ n, u (n + 2) = 2 * u (n + 1) - u n) (h1 : u 2 = 5) (h2 : u 8 = 29) : "
    "u 15 = 57",
    "root of a polynomial": "(n : Int) : ∃ r : Int, (n - 1) * n * (n + 1) * (n + 2) + 1 = r ^ 2",
    "law at 1": "(f : Rat → Rat) (h : ∀ x y, f (x * y) = x ^ 2 * f y) : ∃ c, ∀ x, f x = c * x ^ 2",
    "least that a square allows": "(n : Nat) (h : 57 ∣ n ^ 2 + n + 1) : 7 ≤ n",
    "least sum that a power allows": "(a b : Int) (ha : 0 < a) (hb : 0 < b) (h : 49 ∣ a ^ 2 + b ^ 2) : 14 ≤ a + b",
    "one square bounds another": "(a b c : Nat) (h : a ^ 2 + b ^ 2 + c ^ 2 = 29) (ha : 0 < a) (hab : a < b) "
    "(hbc : b < c) : a = 2 ∧ b = 3 ∧ c = 4",
    "values of a product": "(x y : Nat) (hx : 0 < x) (h : x * y + x + y = 54) (h2 : x < y) : x = 4 ∧ y = 10",
    "two remainders of a divisor": "(m a : Int) (hm : 12 < m) (h : 5 * a % m = 2) (h2 : (a - 9) % m = 0) : m = 43",
    "divisor of two terms": "(d n : Nat) (h : d ∣ 4 * n + 3) (h2 : d ∣ 7 * n + 9) (hd : 1 < d) : "
    "d = 3 ∨ d = 5 ∨ d = 15",
    "divisor of a square": "(d n : Int) (h : d ∣ n ^ 2 + 2) (h2 : d ∣ n - 4) (hd : 9 < d) : d = 18",
    "power of a large number": "(k : Nat) (h : k = 7 ^ 1500 + 5) : 3 ^ k % 7 = 1",
    "power and square of a large number": "(k : Nat) (h : k = 6 ^ 900 + 2 ^ 700) : (k ^ 2 + 2 ^ k) % 10 = 0",
    "four digits and their mirror": "(n : Nat) (h : n < 10000) (h1 : n / 1000 = n / 10 % 10) "
    "(h2 : n / 100 % 10 = n % 10) : 101 ∣ n",
    "a product with a sign": "(n : Int) (h : 0 < n) (h1 : (n - 2) * (n - 3) * (n - 5) < 0) : n = 1 ∨ n = 4",
    "corners of a cube": "(u v w : Rat) (hu : 0 ≤ u ∧ u ≤ 1) (hv : 0 ≤ v ∧ v ≤ 1) (hw : 0 ≤ w ∧ w ≤ 1) : "
    "u + v + w ≤ 1 + u * v + v * w + w * u",
    "three digits": "(n : Nat) (h : 100 ≤ n) (h1 : n < 1000) "
    "(h2 : n = (n / 100) ^ 3 + (n / 10 % 10) ^ 3 + (n % 10) ^ 3) : n = 153 ∨ n = 370 ∨ n = 371 ∨ n = 407",
    "three remainders": "(a b c : Nat) (h : a * b * c % 11 = 1) (h1 : 4 * c % 11 = 3) "
    "(h2 : 8 * b % 11 = (4 + b) % 11) : (a + b + c) % 11 = 3",
    "halves of a square": "(n : Int) : n ^ 2 / 4 = (n / 2) * ((n + 1) / 2)",
    "numbers of pairs": "(n : Nat) : n * (n - 1) / 2 + (n + 1) * n / 2 = n ^ 2",
    "quotient of linear terms in the index": "(a : Nat → Rat) (h : a 1 = 1) (h1 : ∀ n ≥ 1, a (n + 1) = a n / (1 + "
    "5 * a n)) : ∀ n ≥ 1, a n = 1 / (5 * n - 4)",
    "a far member of it": "(a : Nat → Rat) (h : a 1 = 2) (h1 : a 2 = 4 / 5) (h2 : ∀ n ≥ 3, a n = a (n - 2) * a (n - 1) "
    "/ (2 * a (n - 2) - a (n - 1))) : a 1000 = 4 / 2999",
    "products that equations fix": "(x y z : Rat) (h : 0 < x ∧ 0 < y ∧ 0 < z) (h1 : x * (y + z) = 14) "
    "(h2 : y * (z + x) = 18) (h3 : z * (x + y) = 20) : x * y * z = 24",
    "the square above": "(n k : Nat) (h : 0 < n) (h1 : (n + 2) * (n + 3) * (n + 4) * (n + 5) = k ^ 2) : False",
    "a difference of cubes": "(x y : Int) (h : x ^ 3 - y ^ 3 = 37) : (x = 4 ∧ y = 3) ∨ (x = -3 ∧ y = -4)",
    "linear on a circle": "(x y : Rat) (h : x ^ 2 + y ^ 2 = 1) : 8 * x + 15 * y ≤ 17",
    "a double root": "(x : Rat) : x ^ 4 - 4 * x + 3 ≥ 0",
    "weighted means": "(x y z : Rat) (h : 0 < x) (h1 : 0 < y) (h2 : 0 < z) (h3 : x * y * z = 1) : "
    "x / y + y / z + z / x ≥ x + y + z",
    "quotients that add up to one": "(x y : Rat) (h : 0 < x) (h1 : 0 < y) (h2 : 1 / (1 + x) + 1 / (1 + y) = 1) : "
    "2 ≤ x + y",
    "an equation between quotients": "(a b c : Rat) (h : 0 < a) (h1 : 0 < b) (h2 : 0 < c) (h3 : a * b * c = 1) : "
    "1 / (1 + b + b * c) + 1 / (1 + c + c * a) + 1 / (1 + a + a * b) = 1",
    "gcd beside a power": "(n : Nat) : Nat.gcd (3 ^ n + 1) (3 ^ (n + 1) + 2) = 1",
    "a value from another": "(f : Rat → Rat) (h : ∀ x > 0, ∀ y > 0, f (x * y) = f x / y) (h1 : f 90 = 7) : f 126 = 5",
    "twice a square": "(f : Int → Int) (h : ∀ x y, f (x + y) + f (x - y) = 2 * f x + 2 * f y) : ∀ n, f n = n ^ 2 * f 1",
    "a period": "(f : Nat → Int) (h : ∀ n, f n = f (n + 6)) (h1 : f 15 = 9) : f 3015 = 9",
    "nothing changes": "(f : Nat → Nat) (h : ∀ n, f n = f (n + 1)) (m n : Nat) : f m = f n",
    "a progression told by two members": "(a : Nat → Rat) (h : ∀ n, a (n + 1) - a n = a 1 - a 0) (h1 : a 2 = 9) "
    "(h2 : a 7 = 24) : a 30 = 93",
    "an argument that vanishes": "(f : Rat → Rat) (h : ∀ x y, f (x - f y) = 3 - x - y) : ∀ x, f x = 3 / 2 - x",
    "inverses that add up to one": "(a b c : Rat) (h : 0 < a) (h1 : 0 < b) (h2 : 0 < c) "
    "(h3 : 1 / a + 1 / b + 1 / c = 1) : 8 ≤ (a - 1) * (b - 1) * (c - 1)",
    "a known sum makes it homogeneous": "(a b c : Rat) (ha : 0 ≤ a) (hb : 0 ≤ b) (hc : 0 ≤ c) (h : a + b + c = 1) : "
    "4 * (a * b + b * c + c * a) ≤ 1 + 9 * a * b * c",
    "gcd and lcm with a number": "(n : Nat) (h : 0 < n) (h1 : Nat.lcm n 12 = 6 * Nat.gcd n 12) : "
    "n = 2 ∨ n = 8 ∨ n = 18 ∨ n = 72",
    "a product that is less": "(n : Nat) : ((List.range n).map (fun k => 4 * k + 1)).sum = n * (2 * n - 1)",
    "positive on each piece": "(x : Rat) : x ^ 8 - x ^ 5 + x ^ 2 - x + 1 > 0",
    "greatest at a third": "(x : Rat) (h : 0 < x) (h1 : x < 1) : x ^ 2 * (1 - x) ≤ 4 / 27",
    "the only root": "(x : Rat) (h : x ^ 5 + x = 34) : x = 2",
    "on the integers only": "(n : Int) : 2 * n ^ 4 - 2 * n ^ 3 - n ^ 2 + n ≥ 0",
    "powers apart": "(a b : Nat) (h : 2 ^ a + 17 = 3 ^ b) : a = 6 ∧ b = 4",
    "powers whose difference is told": "(x y : Nat) (h : 3 ^ x - 2 ^ y = 7) : x = 2 ∧ y = 1",
    "level by level": "(f : Nat → Nat → Nat) (h : ∀ y, f 0 y = y + 1) (h1 : ∀ x, f (x + 1) 0 = f x 1) "
    "(h2 : ∀ x y, f (x + 1) (y + 1) = f x (f (x + 1) y)) : ∀ y, f 4 (y + 1) = 2 ^ (f 4 y + 3) - 3",
    "twice is a shift": ": ¬ ∃ f : Nat → Nat, ∀ n, f (f n) = n + 9",
    "twice is somewhere no shift": "(f : Nat → Nat) : ∃ n, f (f n) ≠ n + 2027",
    "equal powers": "(a b : Nat) (h : a ^ 3 = b ^ 2) (h1 : a ^ 3 + b = 72) : ∃ t, a = t ^ 2 ∧ b = t ^ 3",
    "parts of a far member": "(a : Nat → Rat) (h : a 1 = 1) (h1 : a 2 = 3 / 7) (h2 : ∀ n, a (n + 2) = a n * a (n + 1) "
    "/ (2 * a n - a (n + 1))) : (a 2019).den + (a 2019).num = 8078",
    "a sum of inverse squares": "(s : Nat → Rat) (h : s 0 = 0) (h1 : ∀ n, s (n + 1) = s n + 1 / ((n : Rat) + 1) ^ 2) : "
    "∀ n, s n < 7 / 4",
    "a product below a quotient": "(p : Nat → Rat) (h : p 0 = 1) (h1 : ∀ n, p (n + 1) = p n * (1 + 1 / ((n : Rat) + 1) "
    "^ 2)) : ∀ n : Nat, p (n + 1) ≤ 4 * ((n : Rat) + 1) / ((n : Rat) + 2)",
    "a sum from some member on": "(t : Nat → Rat) (h : t 1 = 1) (h1 : ∀ n ≥ 1, t (n + 1) = t n + 1 / ((n : Rat) + 1) "
    "^ 2) : ∀ n ≥ 1, t n < 2",
    "a common factor": "(a b c : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) : a ^ 3 / (b * c) + b ^ 3 / (c * a) + "
    "c ^ 3 / (a * b) ≥ a + b + c",
    "gcd of polynomials divides": "(n : Nat) : Nat.gcd (n ^ 2 + n + 1) (n + 2) ∣ 3",
    "gcd of powers less one": "(m n : Nat) : Nat.gcd (3 ^ m - 1) (3 ^ n - 1) = 3 ^ Nat.gcd m n - 1",
    "equation in integers": "(u v : Int) (h : u + 2 * v = 12) : u * v ≤ 18",
    "cubes in order": "(u v : Int) (h : u ^ 3 ≤ v ^ 3) : u ≤ v",
    "reciprocals that a line touches": "(u v : Rat) (hu : 0 ≤ u) (hv : 0 ≤ v) (h : u + v = 2) : u / (v ^ 2 + 1) + "
    "v / (u ^ 2 + 1) ≥ 1",
    "remainder of a member": "(u : Nat → Int) (h0 : u 0 = 1) (h1 : u 1 = 4) (h : ∀ n, u (n + 2) = 3 * u (n + 1) - u n) "
    "(n : Nat) : u n % 5 ≠ 0",
    "no prime": "(n : Nat) (h : 1 < n) : ¬(1 < n ^ 4 + 4 ∧ ∀ d, d ∣ n ^ 4 + 4 → d = 1 ∨ d = n ^ 4 + 4)",
    "a product": "(n : Nat) (h : 2 ≤ n) : ∃ a b, 1 < a ∧ 1 < b ∧ a * b = n ^ 5 + n ^ 4 + 1",
    "three powers": "(a b c : Nat) (h : 2 ^ a * 3 ^ b * 7 ^ c = 1008) : a + b + c = 7",
    "a power that is a power": "(n : Nat) (h : 8 ^ n + 8 ^ n = 2 ^ 25) : n = 8",
    "factors of three variables": "(u v w : Rat) (h : u ^ 3 + v ^ 3 + w ^ 3 = (u + v + w) ^ 3) : "
    "u + v = 0 ∨ v + w = 0 ∨ w + u = 0",
    "it multiplies and grows": "(g : Nat → Nat) (h3 : g 3 = 3) (h : ∀ a b, g (a * b) = g a * g b) "
    "(hg : ∀ a b, a < b → g a < g b) : ∀ n, g n = n",
    "a bound of any member": "(t : Nat → Rat) (h0 : t 0 = 0) "
    "(h : ∀ n : Nat, t (n + 1) = t n + 1 / ((n + 1 : Rat) ^ 2)) (n : Nat) (hn : 1 ≤ n) : t n < 2",
    "no largest that is no square": "(k : Nat) : ∃ m, m > k ∧ ¬∃ r, m = r ^ 2",
    "planes that touch": "(a b c : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) : a ^ 3 / (a ^ 2 + a * b + b ^ 2) + "
    "b ^ 3 / (b ^ 2 + b * c + c ^ 2) + c ^ 3 / (c ^ 2 + c * a + a ^ 2) ≥ (a + b + c) / 3",
    "lines in squares": "(a b c : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) (h : a ^ 2 + b ^ 2 + c ^ 2 = 3) : "
    "a / (a ^ 2 + 2) + b / (b ^ 2 + 2) + c / (c ^ 2 + 2) ≤ 1",
    "lines up to the sum": "(a b c : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) (h : a + b + c = 1) : "
    "1 / (1 + a ^ 2) + 1 / (1 + b ^ 2) + 1 / (1 + c ^ 2) ≤ 27 / 10",
    "a known product of four": "(a b c d : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) (hd : 0 < d) "
    "(h : a * b * c * d = 1) : a ^ 4 + b ^ 4 + c ^ 4 + d ^ 4 ≥ 4",
    "a square of a quadratic": "(x : Rat) : (x - 1) * (x - 2) * (x - 3) * (x - 4) ≥ -1",
    "two equations that factor together": "(x y : Rat) (h : x ^ 2 + y ^ 2 = 25) (h1 : x * y = 12) (h2 : 0 < x) "
    "(h3 : x < y) : x = 3 ∧ y = 4",
    "divides two numbers": "(n : Nat) (h : n ∣ 12) (h1 : n ∣ 18) (h2 : 3 < n) : n = 6",
    "a cube that is less": "(a b : Rat) (h : a ^ 3 < b ^ 3) : a < b",
    "squares below powers of two": "(n m : Nat) (h : n ^ 2 + 1 = 2 ^ m) : n ≤ 1",
    "by steps of one": "(g : Rat → Rat) (h : ∀ x, g (x + 1) = g x + 2) (h0 : g 0 = 1) : ∀ n : Nat, g n = 2 * n + 1",
    "a cubic between bounds": "(n : Nat) (h : 2310 ≤ n * (n + 1) * (2 * n + 1)) (h1 : n * (n + 1) * (2 * n + 1) < "
    "2316) : n = 10",
    "squares that grow": "(a : Nat → Nat) (h : a 0 = 2) (h1 : ∀ n, a (n + 1) = a n ^ 2 - a n + 1) : ∀ n, a n ≥ n + 2",
    "between a fixed point and a first": "(u : Nat → Rat) (h : u 0 = 2) (h1 : ∀ n, u (n + 1) = (2 * u n + 1) / (u n + "
    "2)) : ∀ n, 1 < u n ∧ u (n + 1) < u n",
    "Newton's iteration": "(x : Nat → Rat) (h : x 0 = 1) (h1 : ∀ n, x (n + 1) = (x n + 2 / x n) / 2) : "
    "∀ n, x n > 0 ∧ x (n + 1) ^ 2 ≥ 2",
    "sequences that speak of each other": "(a b : Nat → Nat) (h : ∀ n, a (n + 1) = a n + b n) "
    "(h1 : ∀ n, b (n + 1) = b n) (h2 : a 0 = 1) (h3 : b 0 = 3) : ∀ n, a n = 3 * n + 1",
    "closed under addition": "(S : Nat → Prop) (h : S 3) (h1 : ∀ a b, S a → S b → S (a + b)) (h2 : S 5) "
    "(n : Nat) (hn : 8 ≤ n) : S n",
    "bound names that are ours": "(s : Nat → Rat) (h : s 0 = 0) (hr : ∀ n, s (n + 1) = s n + 1 / ((n : Rat) + 1) ^ 2)"
    " : ∀ k, s k < 7 / 4",
    "pairs of three": "(a b c : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) : a ^ 2 * b ^ 2 + b ^ 2 * c ^ 2 + "
    "c ^ 2 * a ^ 2 ≥ a * b * c * (a + b + c)",
    "a factor cancelled": "(a b c n : Nat) (h : Nat.gcd a n = 1) (h1 : a * b % n = a * c % n) : b % n = c % n",
    "exactly these roots": "(p q : Rat) (h : ∀ x : Rat, x ^ 3 + p * x + q = 0 ↔ x = 1 ∨ x = 2 ∨ x = -3) : "
    "p = -7 ∧ q = 6",
    "a derivation": "(f : Rat → Rat) (h : ∀ x y, f (x * y) = x * f y + y * f x) : ∀ x, f (-x) = -f x",
    "an involution by its law": "(f : Rat → Rat) (h : ∀ x y, f (x + f y) = f x + y) : ∀ x, f (f x) = x",
    "coprime parts": "(a b c d : Int) : 12 ∣ (a - b) * (a - c) * (a - d) * (b - c) * (b - d) * (c - d)",
    "members that make a square": "(a : Nat → Int) (h : a 0 = 1) (h1 : a 1 = 1) (h2 : ∀ n, a (n + 2) = 4 * a (n + 1) - "
    "a n) : ∀ n, ∃ k : Int, 3 * a n ^ 2 - 2 = k ^ 2",
    "gaps": "(f : Nat → Nat) (h : ∀ a b, a < b → f a < f b) (m : Nat) (hm : f m = m) (n : Nat) (hn : n ≤ m) : f n = n",
    "least value": "(f : Nat → Nat) : ∃ i j, i < j ∧ f i ≤ f j ∧ f i ≤ f (2 * j + 1)",
    "squares that are not zero": "(x y : Int) (h : x ≠ 0) (h1 : 2 * (x ^ 2 * y ^ 2) + y ^ 2 = 14 * x ^ 2 + 169) : "
    "x ^ 2 * y ^ 2 = 100",
    "sum of squares": "(a b c : Rat) : (a ^ 2 + 2) * (b ^ 2 + 2) * (c ^ 2 + 2) ≥ 9 * (a * b + b * c + c * a)",
    "sharp at irrational points": "(a b c : Rat) : "
    "(a ^ 2 + b ^ 2 + c ^ 2) ^ 2 ≥ 3 * (a ^ 3 * b + b ^ 3 * c + c ^ 3 * a)",
    "sum of squares beside an equation": "(x y z : Rat) (h : x ^ 2 + y ^ 2 + z ^ 2 = 2) : x + y + z ≤ x * y * z + 2",
    "sum of squares of integers": "(a b c : Int) : a ^ 4 + b ^ 4 + c ^ 4 ≥ a * b * c * (a + b + c)",
    "made homogeneous and cleared": "(a b c : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) "
    "(h : a * b + b * c + c * a = 3) : 1 / (a ^ 2 + 2) + 1 / (b ^ 2 + 2) + 1 / (c ^ 2 + 2) ≤ 1",
    "quotients of four": "(a b c d : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) (hd : 0 < d) : "
    "a / (b + c) + b / (c + d) + c / (d + a) + d / (a + b) ≥ 2",
    "coprime divisor": "(a b c : Nat) (h : Nat.gcd a b = 1) (h1 : a ∣ c * b) : a ∣ c",
    "coprime divisors": "(a b c : Nat) (h : Nat.Coprime a b) (ha : a ∣ c) (hb : b ∣ c) : a * b ∣ c",
    "coprime powers": "(a b : Nat) (h : Nat.gcd a b = 1) : Nat.gcd (a ^ 2) (b ^ 3) = 1",
    "coprime sides": "(a b x y : Nat) (h : Nat.gcd a b = 1) (h1 : a * x = b * y) : ∃ k, x = b * k",
    "instances that add up": "(f : Rat → Rat) (h : ∀ x y, f (x + y) = f x + f y + x * y * (x + y)) : "
    "∀ x, f (-x) = -f x ∧ f (3 * x) = 3 * f x + 8 * x ^ 3",
    "instances of a quadratic law": "(f : Rat → Rat) (h : ∀ x y, f (x + y) + f (x - y) = 2 * f x + 2 * f y) : "
    "∀ x, f (3 * x) = 9 * f x",
    "denominators that share factors": "(a b c : Rat) (ha : 0 < a) (hb : 0 < b) (hc : 0 < c) (h : a * b * c = 1) : "
    "a ^ 3 / ((1 + b) * (1 + c)) + b ^ 3 / ((1 + c) * (1 + a)) + c ^ 3 / ((1 + a) * (1 + b)) ≥ 3 / 4",
    "witnesses by remainder": ": ∀ n : Int, ∃ x y z : Int, n = x ^ 2 + y ^ 2 - z ^ 2",
    "witnesses in the variable": "(n : Nat) : ∃ a b : Nat, n ^ 2 + 2 * n = a * b ∧ b = a + 2",
    "primes and a difference": "(p : Nat) (h : 5 ≤ p) (hp : ∀ d, d ∣ p → d = 1 ∨ d = p) : 24 ∣ p ^ 2 - 1",
    "divisors of a larger number": "(n : Nat) (h : 0 < n) (h1 : n + 7 ∣ n ^ 3 + 50) : n = 286",
    "shifted bits": "(w : Nat) (x : BitVec w) : x <<< (1 : Nat) = x + x",
    "between two powers": "(n : Nat) (h : 0 < n) : ∃ m, 2 ^ m ≤ n ∧ n < 2 ^ (m + 1)",
    "between two products": "(n : Nat) : ∃ k, 2 * n < (k + 1) * (k + 1 + 1) ∧ k * (k + 1) ≤ 2 * n",
    "function": ": ¬ ∀ a : Nat → Nat, a 0 = 1 → (∀ n, a (n + 1) = 2 * a n) → a 3 = 6",
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_one_step_is_enough(lean: Pool, name: str) -> None:
    await closed_in_one_step(lean, STATEMENTS[name], 12)


TWO_STEPS = {
    "positive sequence": (
        "hpos",
        "(s : Nat → Rat) (h : s 0 = 1) (hs : ∀ n, s (n + 1) = s n + 1 / s n) : ∀ n : Nat, s n ^ 2 ≥ 2 * (n : Rat) + 1",
    ),
    "sum over a range": (
        "hrange",
        "(n : Nat) : ((List.range n).map (fun k : Nat => (1 : Rat) / (((k : Rat) + 1) * ((k : Rat) + 2)))).sum = "
        "(n : Rat) / ((n : Rat) + 1)",
    ),
}


@pytest.mark.parametrize("name", TWO_STEPS)
async def test_two_steps_are_enough(lean: Pool, name: str) -> None:
    mark, statement = TWO_STEPS[name]
    text = f"theorem t {statement} := by sorry"
    async with lean.session() as env:
        state = (await env.open(text)).holes[0].state
        first = next(tactic for tactic in offered(state, text, 32) if mark in tactic)
        (left,) = await env.apply(state, [first], Limits(ms=20_000))
        outcomes = await env.apply(left.states[0], offered(left.states[0], text, 12), Limits(ms=20_000))
        assert outcomes[-1].kind == "proved"
