"""What is learned of work and of windows is what made it."""

from __future__ import annotations

import numpy as np
import pytest

from troth.field.routing.learn import FieldSpread, learn_kept, learn_work, usual_spread


def _jobs(n: int, *, day_sigma: float) -> tuple[dict[str, object], dict[str, float]]:
    rng = np.random.default_rng(3)
    service = rng.choice(["repair", "visit"], n)
    person = rng.choice([f"t{k}" for k in range(8)], n)
    day = rng.integers(0, 120, n)
    pace = {f"t{k}": float(np.exp(0.2 * rng.standard_normal())) for k in range(8)}
    shared = np.exp(day_sigma * rng.standard_normal(120))
    sigma = np.where(service == "repair", 0.5, 0.25)
    mean = np.where(service == "repair", 1.3, 0.9)
    own = np.exp(sigma * rng.standard_normal(n) - sigma**2 / 2)
    took = 3000 * mean * own * np.array([pace[p] for p in person]) * shared[day]
    told = {
        "standard_s": np.full(n, 3000.0),
        "services": service.tolist(),
        "technicians": person.tolist(),
        "days": day.tolist(),
    }
    return {"seconds": took} | told, pace


def test_services_people_and_days_are_found_again() -> None:
    """Services people and days are found again."""
    jobs, pace = _jobs(6000, day_sigma=0.15)
    found = learn_work(jobs.pop("seconds"), **jobs)  # type: ignore[arg-type]
    assert found.sigma["repair"] == pytest.approx(0.5, abs=0.03)
    assert found.sigma["visit"] == pytest.approx(0.25, abs=0.03)
    assert found.day_sigma == pytest.approx(0.15, abs=0.04)
    usual = np.exp(np.mean(np.log(list(pace.values()))))
    assert {name: found.pace[name] for name in pace} == pytest.approx({n: p / usual for n, p in pace.items()}, rel=0.08)
    assert found.factor("repair") / found.factor("visit") == pytest.approx(1.3 / 0.9, rel=0.05)


def test_a_few_jobs_say_little() -> None:
    """A few jobs say little."""
    found = learn_work([9000, 3000], standard_s=[3000, 3000], services=["a", "a"], technicians=["x", "y"], days=[1, 2])
    assert 0.4 < found.sigma["a"] < 0.6
    assert abs(np.log(found.pace["x"])) < np.log(3) / 2
    assert learn_work([], standard_s=[], services=[], technicians=[], days=[]).factor("a") == 1.0
    with pytest.raises(ValueError, match="one length"):
        learn_work([1.0], standard_s=[], services=[], technicians=[], days=[])
    with pytest.raises(ValueError, match="above 0"):
        learn_work([0.0], standard_s=[1], services=["a"], technicians=["x"], days=[1])


def test_the_record_says_what_the_plan_does_not() -> None:
    """The record says what the plan does not."""
    rng = np.random.default_rng(5)
    n = 4000
    said = rng.uniform(0.5, 0.99, n)
    hours = rng.choice([1.0, 2.0, 4.0], n)
    odds = -0.6 + 0.7 * np.log(said / (1 - said)) + 0.9 * np.log(hours / 2)
    kept = rng.random(n) < 1 / (1 + np.exp(-odds))
    found = learn_kept(kept, probability=said, hours=hours, same_day=np.zeros(n), ages_days=np.zeros(n))
    assert found.weights[:3] == pytest.approx((-0.6, 0.7, 0.9), abs=0.2)
    for length in (1.0, 2.0, 4.0):
        mine = hours == length
        stated = [found.stated(float(p), hours=length, same_day=False) for p in said[mine]]
        assert np.mean(stated) == pytest.approx(kept[mine].mean(), abs=0.03)


def test_old_promises_fade() -> None:
    """Old promises fade."""
    kept = [0.0] * 200 + [1.0] * 200
    ages = [300.0] * 200 + [0.0] * 200
    recent = learn_kept(kept, probability=[0.8] * 400, hours=[2.0] * 400, same_day=[0] * 400, ages_days=ages)
    assert recent.stated(0.8, hours=2, same_day=False) > 0.9


def test_spread_by_visit() -> None:
    """Spread by visit."""
    work = learn_work([3000] * 20, standard_s=[3000] * 20, services=["a"] * 20, technicians=["x"] * 20, days=range(20))
    spread = usual_spread(work, services={"v": "a"})
    assert spread.of("v") == work.sigma["a"]
    assert FieldSpread(0.3).of("any") == 0.3
