"""Linear algebra, as far as the rules need it: nonnegative solutions of linear equations, elimination, null spaces."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

MOST_PIVOTS = 150
EPSILON = 1e-7


def feasible(matrix: list[list[float]], right: list[float]) -> list[float] | None:
    """A nonnegative solution of `matrix * x = right` (right sides not negative), by the simplex method; or None.

    Most negative reduced cost first, then Bland's rule against cycles; at most `MOST_PIVOTS` pivots.
    """
    count = len(matrix[0]) if matrix else 0
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    basis = [-1] * len(rows)  # an artificial variable each, which no column stands for
    cost = [-sum(row[j] for row in rows) for j in range(count + 1)]
    for pivots in range(MOST_PIVOTS):
        if cost[-1] > -EPSILON:
            break
        if pivots < MOST_PIVOTS // 2:
            enter = min(range(count), key=cost.__getitem__)
            if cost[enter] > -EPSILON:
                return None
        else:
            enter = next((j for j in range(count) if cost[j] < -EPSILON), -1)
            if enter < 0:
                return None
        leave, best = -1, 0.0
        for i, row in enumerate(rows):
            if row[enter] > EPSILON:
                ratio = row[-1] / row[enter]
                if leave < 0 or ratio < best - 1e-12 or (ratio < best + 1e-12 and basis[i] < basis[leave]):
                    leave, best = i, ratio
        if leave < 0:
            return None
        pivot = rows[leave]
        scale = pivot[enter]
        pivot = rows[leave] = [value / scale for value in pivot]
        support = [j for j, value in enumerate(pivot) if value]
        for i, row in enumerate(rows):
            if i != leave and (factor := row[enter]):
                for j in support:
                    row[j] -= factor * pivot[j]
        factor = cost[enter]
        for j in support:
            cost[j] -= factor * pivot[j]
        basis[leave] = enter
    if cost[-1] <= -EPSILON:
        return None
    solution = [0.0] * count
    for i, j in enumerate(basis):
        if j >= 0:
            solution[j] = rows[i][-1]
    return solution


def eliminate(rows: list[list[Fraction]], columns: int) -> list[int]:
    """Bring rows into reduced echelon form, in place, by Gauss and Jordan; the columns of the pivots, of the first."""
    pivots: list[int] = []
    for j in range(columns):
        top = len(pivots)
        at = next((i for i in range(top, len(rows)) if rows[i][j]), None)
        if at is None:
            continue
        rows[top], rows[at] = rows[at], rows[top]
        scale = rows[top][j]
        rows[top] = [value / scale for value in rows[top]]
        for i, row in enumerate(rows):
            if i != top and (factor := row[j]):
                rows[i] = [value - factor * other for value, other in zip(row, rows[top], strict=True)]
        pivots.append(j)
    return pivots


def nullspace_near(matrix: Sequence[Sequence[Fraction]], near: Sequence[float]) -> list[Fraction] | None:
    """An exact solution of `matrix * x = 0` close to a given one, in simple fractions where there is a choice; None
    where only 0 is one."""
    rows = [list(row) for row in matrix]
    pivots = eliminate(rows, len(near))
    free = [j for j in range(len(near)) if j not in pivots]
    if not free:
        return None
    unit = abs(near[free[-1]]) or 1.0
    found = [Fraction(0)] * len(near)
    for j in free:
        found[j] = Fraction(near[j] / unit).limit_denominator(1000)
    for i, j in enumerate(pivots):
        found[j] = -sum((rows[i][k] * found[k] for k in free), Fraction(0))
    return found
