"""How busy the parts of a run are."""

from __future__ import annotations

import pytest

from prover.utilisation import Utilisation


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class Model:
    busy_s = 7.0


def test_a_share_is_of_the_time_since_it_is_watched_and_of_all_lanes() -> None:
    clock, model, lean = Clock(), Model(), [3.0]
    utilisation = Utilisation(clock)
    utilisation.watch("lean", lambda: lean[0], 2)
    clock.now += 5
    utilisation.watch_model("policy", model)
    clock.now += 5
    lean[0], model.busy_s = 13.0, 8.0
    assert utilisation.shares() == pytest.approx({"lean": 0.5, "policy": 0.2})


def test_what_has_no_model_is_not_watched() -> None:
    utilisation = Utilisation(Clock())
    utilisation.watch_model("policy", object())
    utilisation.watch_model("critic", None)
    assert utilisation.shares() == {}


def test_shares_stay_between_nothing_and_all() -> None:
    clock = Clock()
    utilisation = Utilisation(clock)
    utilisation.watch("lean", lambda: 1000 * (clock.now - 100))
    assert utilisation.shares() == {"lean": 0.0}
    clock.now += 1
    assert utilisation.shares() == {"lean": 1.0}
