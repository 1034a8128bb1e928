"""Polynomial inequalities as sums of squares, found by semidefinite programming.

A claim `p ≥ 0` under `g_i ≥ 0` and `e_j = 0` is written as `p = sum g_i * s_i + sum e_j * l_j` with sums of squares
`s_i` (Parrilo, 2000), each of which is a positive semidefinite matrix between vectors of polynomials. The numbers come
from an interior-point solver (Clarabel); they are made exact as Peyrl and Parrilo (2008) do, by rounding those that are
free and solving for the others. Where the claim is sharp, every square vanishes at its zeros, so that the matrices are
singular and rounding fails: the vectors are then confined to what vanishes there (facial reduction), which is read off
the solver's matrices. Which squares are found may differ from machine to machine, as floating point does; what is found
adds up exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import TYPE_CHECKING

from prover.policy.tactics.polynomials import Monomial, Polynomial, primitive
from prover.policy.tactics.simplex import eliminate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

_MOST_ROWS = 120
_MOST_UNKNOWN = 450
_MOST_REDUCTIONS = 4
# Smallest eigenvalues above it are no zeros; relative to the largest, below it a direction counts as a null one.
_INSIDE, _NULL = 1e-5, 1e-4
# Of null directions, with how near to them: denominators.
_SIMPLE = ((12, 3e-3), (60, 5e-4))
_DENOMINATORS = (1, 2, 6, 12, 60, 720, 10**5, 10**8)
_MOST_ITERATIONS = 80
# What may be missing to a positive semidefinite matrix, for want of digits.
_NEAR = 1e-6
# The place of the right side in a row.
_RIGHT = -1


@dataclass(frozen=True)
class Weighted:
    """A factor times the squares of forms, each with a positive number."""

    factor: int
    """Index of the factor."""
    form: Polynomial
    weight: Fraction


@dataclass(frozen=True)
class Decomposition:
    """`claim = sum weight * factor * form ^ 2 + sum number * term + sum multiplier * equation`."""

    squares: tuple[Weighted, ...]
    terms: tuple[Fraction, ...]
    multipliers: tuple[Fraction, ...]


def decomposed(
    claim: Polynomial,
    factors: Sequence[tuple[Polynomial, Sequence[Polynomial]]],
    terms: Sequence[Polynomial],
    equations: Sequence[Polynomial],
) -> Decomposition | None:
    """A claim as what is known to be nonnegative.

    Args:
        factors: nonnegative polynomials, each with the forms whose combinations may be squared beside it.
        terms: polynomials that are taken as they are, times nonnegative numbers; at least one, where there are any.
        equations: polynomials that are 0.
    """
    bases = [list(basis) for _, basis in factors]
    for _ in range(_MOST_REDUCTIONS):
        program = _Program(claim, [(g, basis) for (g, _), basis in zip(factors, bases, strict=True)], terms, equations)
        solution = program.solve() if program.possible else None
        if solution is None:
            return None
        found, apart = solution
        if apart > _INSIDE and (exact := program.rounded(found)) is not None:
            return exact
        matrices = program.matrices(found)
        largest = max((float(abs(matrix).max()) for matrix in matrices if matrix.size), default=0.0)
        smaller = [_confined(basis, matrix, largest) for basis, matrix in zip(bases, matrices, strict=True)]
        if [len(b) for b in smaller] == [len(b) for b in bases]:
            return program.rounded(found) if apart <= _INSIDE else None
        bases = smaller
    return None


class _Program:
    """The equations between coefficients, and their solutions."""

    def __init__(
        self,
        claim: Polynomial,
        factors: Sequence[tuple[Polynomial, Sequence[Polynomial]]],
        terms: Sequence[Polynomial],
        equations: Sequence[Polynomial],
    ) -> None:
        self.claim, self.factors, self.terms, self.equations = claim, factors, terms, equations
        columns: list[Polynomial] = []
        unknown = sum(len(basis) * (len(basis) + 1) // 2 for _, basis in factors) + len(terms) + len(equations)
        for g, basis in factors if unknown <= _MOST_UNKNOWN else ():
            for j in range(len(basis)):
                for i in range(j + 1):
                    columns.append(g * basis[i] * basis[j] * (1 if i == j else 2))
        self.entries = len(columns)
        self.columns = [*columns, *terms, *equations]
        self.rows: list[Monomial] = sorted({m for p in (claim, *self.columns) for m in p.terms})
        reached = {m for p in self.columns for m in p.terms}
        self.possible = set(claim.terms) <= reached and unknown <= _MOST_UNKNOWN and 0 < len(self.rows) <= _MOST_ROWS

    def solve(self) -> tuple[list[float], float] | None:
        """Numbers for the columns, with matrices as far from singular as possible; and how far that is."""
        import clarabel
        import numpy as np
        from scipy.linalg import qr
        from scipy.sparse import csc_matrix

        place = {m: i for i, m in enumerate(self.rows)}
        count = len(self.columns)
        equations, values = np.zeros((len(self.rows), count)), np.zeros(len(self.rows))
        for j, p in enumerate(self.columns):
            for m, c in p.terms.items():
                equations[place[m], j] = float(c)
        for m, c in self.claim.terms.items():
            values[place[m]] = float(c)
        # The solver cannot do with equations that follow from the others.
        _, triangle, order = qr(equations.T, mode="economic", pivoting=True)
        sizes = np.abs(np.diag(triangle))
        rank = int((sizes > _NEAR * sizes[0]).sum()) if len(sizes) else 0
        chosen = sorted(order[:rank])
        near, *_ = np.linalg.lstsq(equations, values, rcond=None)
        if np.abs(equations @ near - values).max() > _NEAR * max(1.0, np.abs(values).max()):
            return None
        equations, values = equations[chosen], values[chosen]
        # Unknown are the columns, and last how far from singular; `right - left * unknown` lies in the cones.
        width = count + 1
        last = np.zeros((1, width))
        last[0, -1] = 1.0
        left, right = [np.hstack([equations, np.zeros((rank, 1))]), last], [values, np.ones(1)]
        cones = [clarabel.ZeroConeT(rank), clarabel.NonnegativeConeT(1)]
        if self.terms:
            some = np.zeros((len(self.terms), width))
            some[:, self.entries : self.entries + len(self.terms)] = -np.eye(len(self.terms))
            left += [some, some.sum(axis=0, keepdims=True) + last]
            right.append(np.zeros(len(self.terms) + 1))
            cones += [clarabel.NonnegativeConeT(len(self.terms)), clarabel.NonnegativeConeT(1)]
        start = 0
        for _, basis in self.factors:
            diagonal = np.array([float(i == j) for j in range(len(basis)) for i in range(j + 1)])
            if len(basis):
                part = np.zeros((len(diagonal), width))
                part[:, start : start + len(diagonal)] = -np.diag(np.where(diagonal == 1.0, 1.0, sqrt(2)))
                part[:, -1] = diagonal
                left.append(part)
                right.append(np.zeros(len(diagonal)))
                cones.append(clarabel.PSDTriangleConeT(len(basis)))
            start += len(diagonal)
        objective = np.zeros(width)
        objective[-1] = -1.0
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.max_iter = _MOST_ITERATIONS
        settings.max_threads = 1
        solver = clarabel.DefaultSolver(
            csc_matrix((width, width)), objective, csc_matrix(np.vstack(left)), np.concatenate(right), cones, settings
        )
        x = np.array(solver.solve().x)
        if not len(x) or not np.isfinite(x).all() or x[-1] < -_NEAR:
            return None
        return [float(value) for value in x[:-1]], float(x[-1])

    def matrices(self, found: Sequence[float]) -> list[Matrix]:
        """The matrix of each factor."""
        import numpy as np

        result, start = [], 0
        for _, basis in self.factors:
            n = len(basis)
            matrix = np.zeros((n, n))
            for j in range(n):
                for i in range(j + 1):
                    matrix[i, j] = matrix[j, i] = found[start]
                    start += 1
            result.append(matrix)
        return result

    def rounded(self, found: Sequence[float]) -> Decomposition | None:
        """Exact numbers near those: free ones rounded, the others as the equations want them."""
        rows: dict[Monomial, dict[int, Fraction]] = {m: {} for m in self.rows}
        for j, p in enumerate(self.columns):
            for m, c in p.terms.items():
                rows[m][j] = c
        for m, c in self.claim.terms.items():
            rows[m][_RIGHT] = c
        solved = _solved(rows.values(), signed=self.entries + len(self.terms))
        if solved is None:
            return None
        free = [j for j in range(len(found)) if j not in solved]
        for denominator in _DENOMINATORS:
            exact = [Fraction(0)] * len(found)
            for j in free:
                exact[j] = Fraction(round(found[j] * denominator), denominator)
            for pivot, row in solved.items():
                rest = (c * exact[j] for j, c in row.items() if j not in (pivot, _RIGHT))
                exact[pivot] = row.get(_RIGHT, Fraction(0)) - sum(rest, Fraction(0))
            result = self._checked(exact)
            if result is not None:
                return result
        return None

    def _checked(self, exact: Sequence[Fraction]) -> Decomposition | None:
        """The decomposition that these numbers make; None where a matrix is not positive semidefinite."""
        terms = exact[self.entries : self.entries + len(self.terms)]
        if any(number < 0 for number in terms) or (terms and not any(terms)):
            return None
        squares: list[Weighted] = []
        entries = iter(exact)
        for index, (_, basis) in enumerate(self.factors):
            n = len(basis)
            matrix = [[Fraction(0)] * n for _ in range(n)]
            for j in range(n):
                for i in range(j + 1):
                    matrix[i][j] = matrix[j][i] = next(entries)
            parts = _squares_of(matrix)
            if parts is None:
                return None
            for weight, vector in parts:
                form = Polynomial()
                for c, p in zip(vector, basis, strict=True):
                    form = form + p * c
                whole = primitive(form)
                lead = next(iter(whole.terms))
                scale = whole.terms[lead] / form.terms[lead]
                squares.append(Weighted(index, whole, weight / scale**2))
        return Decomposition(tuple(squares), tuple(terms), tuple(exact[self.entries + len(self.terms) :]))


def _solved(rows: Iterable[dict[int, Fraction]], signed: int) -> dict[int, dict[int, Fraction]] | None:
    """Gauss and Jordan on sparse rows: by pivot, which no other row has; columns from `signed` on are taken first. None
    where there is no solution."""
    solved: dict[int, dict[int, Fraction]] = {}
    for row in rows:
        row = dict(row)
        for pivot in [j for j in row if j in solved]:
            _subtract(row, solved[pivot], row[pivot])
        columns = [j for j in row if j != _RIGHT]
        if not columns:
            if row:
                return None
            continue
        pivot = max(columns, key=lambda j: (j >= signed, j))
        scale = row[pivot]
        row = {j: c / scale for j, c in row.items()}
        for other in solved.values():
            if pivot in other:
                _subtract(other, row, other[pivot])
        solved[pivot] = row
    return solved


def _subtract(row: dict[int, Fraction], other: dict[int, Fraction], times: Fraction) -> None:
    for j, c in other.items():
        value = row.get(j, 0) - times * c
        if value:
            row[j] = value
        else:
            row.pop(j, None)


def _squares_of(matrix: list[list[Fraction]]) -> list[tuple[Fraction, list[Fraction]]] | None:
    """`matrix = sum d * v vᵀ` with positive `d`, by completing squares; None where it is not positive semidefinite."""
    n = len(matrix)
    rest = [list(row) for row in matrix]
    found = []
    for k in range(n):
        d = rest[k][k]
        if d < 0 or (d == 0 and any(rest[k])):
            return None
        if d == 0:
            continue
        vector = [value / d for value in rest[k]]
        found.append((d, vector))
        for i in range(k, n):
            if vector[i]:
                for j in range(k, n):
                    rest[i][j] -= d * vector[i] * vector[j]
    return found


def _confined(basis: list[Polynomial], matrix: Matrix, largest: float) -> list[Polynomial]:
    """Combinations of the forms, without the directions that the matrix does not use."""
    import numpy as np

    if not basis:
        return basis
    values, vectors = np.linalg.eigh(matrix)
    limit = _NULL * (values[-1] if values[-1] > _NULL * largest else largest)
    null = [vectors[:, i] for i in range(len(basis)) if values[i] < limit]
    if not null:
        return basis
    if len(null) == len(basis):
        return []
    rows = _rational(np.array(null))
    if rows is None:
        return basis
    # what is orthogonal to the null directions
    pivots = eliminate(rows, len(basis))
    free = [j for j in range(len(basis)) if j not in pivots]
    confined = []
    for j in free:
        form = basis[j]
        for row, k in zip(rows, pivots, strict=False):
            form = form - basis[k] * row[j]
        confined.append(primitive(form))
    return confined


def _rational(rows: Matrix) -> list[list[Fraction]] | None:
    """The span of rows, in reduced echelon form with simple fractions; None where there are none near."""
    import numpy as np

    rows = rows.copy()
    used = 0
    for j in range(rows.shape[1]):
        if used == len(rows):
            break
        at = used + int(np.argmax(np.abs(rows[used:, j])))
        if abs(rows[at, j]) < 0.02:
            continue
        rows[[used, at]] = rows[[at, used]]
        rows[used] /= rows[used, j]
        for i in range(len(rows)):
            if i != used:
                rows[i] -= rows[i, j] * rows[used]
        used += 1
    result = []
    for row in rows[:used]:
        simple = [_simple(float(value)) for value in row]
        if None in simple:
            return None
        result.append([value for value in simple if value is not None])
    return result


def _simple(value: float) -> Fraction | None:
    tried = ((Fraction(value).limit_denominator(most), near) for most, near in _SIMPLE)
    return next((q for q, near in tried if abs(float(q) - value) < near), None)


__all__ = ["Decomposition", "Weighted", "decomposed"]
