"""The one call of a notebook: what it passes on, and what it refuses."""

from __future__ import annotations

import inspect
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from troth.core import InputError
from troth.core.decision import Status, Stop
from troth.demand import ForecastParams
from troth.demand.ask import ask, forecast

ROWS = pd.DataFrame(
    {
        "day": np.repeat(pd.date_range("2026-01-05", periods=70), 2),
        "queue": ["calls", "mail"] * 70,
        "n": np.tile([120.0, 30.0], 70),
    }
)
QUICK = ForecastParams(models=("weekday-mean",))


def test_the_question_has_the_parameters_and_defaults_of_the_call() -> None:
    """Whoever adds one to a signature adds it to the other."""
    whole, part = (inspect.signature(one).parameters for one in (forecast, ask))
    assert set(whole) - set(part) == {"changes", "seed", "stop", "params", "on_progress"}
    assert {name: one for name, one in whole.items() if name in part} == dict(part)


def test_a_time_without_a_zone_is_refused() -> None:
    """Nobody knows whose clock it was."""
    with pytest.raises(InputError) as error:
        ask(ROWS, time="day", value="n", every="day", time_zone="UTC", as_of=datetime(2026, 3, 1))  # noqa: DTZ001
    assert [issue.code for issue in error.value.issues] == ["naive-time"]


def test_what_was_stopped_does_not_add_up_and_says_so() -> None:
    """With parts missing nothing is made to agree; what is done comes back."""
    told = forecast(
        ROWS, time="day", value="n", by=["queue"], every="day", time_zone="UTC", add_up=True, params=QUICK, stop=Stop(asked=lambda: True),
    )  # fmt: skip
    assert told.status is Status.STOPPED
    assert [issue.code for issue in told.issues] == ["not-added-up"]
