"""Control charts, against the published examples, and the rules one by one."""

from __future__ import annotations

import numpy as np
import pytest

from troth.core.random import stream
from troth.stats import SignalRule, c_chart, individuals_chart, p_chart, u_chart
from troth.stats.signals import NELSON, WESTERN_ELECTRIC, find_signals

FLOW = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
DEFECTS = [16, 14, 28, 16, 12, 20, 10, 12, 10, 17, 19, 17, 14, 16, 15, 13, 14, 16, 11, 20, 11, 19, 16, 31, 13]
SHARES = [
    0.24, 0.30, 0.16, 0.20, 0.08, 0.14, 0.32, 0.18, 0.28, 0.20, 0.10, 0.12, 0.34, 0.24, 0.44,
    0.16, 0.20, 0.10, 0.26, 0.22, 0.40, 0.36, 0.48, 0.30, 0.18, 0.24, 0.14, 0.26, 0.18, 0.12,
]  # fmt: skip


def test_individuals_are_as_published() -> None:
    """NIST/SEMATECH e-Handbook 6.3.2.2: flow rates, centre 50.81, limits 45.8159 and 55.8041."""
    chart = individuals_chart(FLOW)
    assert (chart.centre[0], chart.low[0], chart.high[0]) == pytest.approx((50.81, 45.8159, 55.8041), abs=2e-4)
    assert chart.moving_range_high == pytest.approx(3.267 * 1.8778, abs=1e-3)


def test_counts_are_as_published() -> None:
    """NIST/SEMATECH e-Handbook 6.3.3.1: wafer defects, 16 with limits 4 and 28; wafer 24 is out, wafer 3 just not."""
    chart = c_chart(DEFECTS, rules=(SignalRule.BEYOND_3_SIGMA,))
    assert (chart.centre[0], chart.low[0], chart.high[0]) == (16, 4, 28)
    assert [signal.last for signal in chart.signals] == [23]


def test_shares_are_as_published() -> None:
    """NIST/SEMATECH e-Handbook 6.3.3.2: 0.2313 with limits 0.0524 and 0.4102; samples 15 and 23 are out."""
    chart = p_chart(np.array(SHARES) * 50, sizes=[50] * 30, rules=(SignalRule.BEYOND_3_SIGMA,))
    assert (chart.centre[0], chart.low[0], chart.high[0]) == pytest.approx((0.2313, 0.0524, 0.4102), abs=5e-5)
    assert [signal.last for signal in chart.signals] == [14, 22]


def test_laney_allows_for_days_that_differ() -> None:
    """Large samples with day effects are out of plain limits nearly always, out of Laney's hardly ever."""
    rng = stream(41)
    sizes = rng.integers(5000, 9000, 200)
    hits = rng.binomial(sizes, np.clip(0.3 + 0.03 * rng.standard_normal(200), 0, 1))
    only = (SignalRule.BEYOND_3_SIGMA,)
    plain, laney = (p_chart(hits, sizes=sizes, laney=laney, rules=only) for laney in (False, True))
    assert len(plain.signals) > 60
    assert len(laney.signals) < 5
    assert 4 < laney.spread < 7
    pure = p_chart(rng.binomial(sizes, 0.3), sizes=sizes, laney=True)
    assert 0.85 < pure.spread < 1.15


def test_laneys_spread_is_the_mean_range_of_scores() -> None:
    """By hand: scores of plus and minus 5/3 have ranges of 10/3, which is 2.955 times what chance gives."""
    chart = p_chart([5, 15, 5, 15], sizes=[100] * 4, laney=True)
    assert chart.spread == pytest.approx(10 / 3 / 1.128)
    assert chart.sigma == pytest.approx([0.03 * chart.spread] * 4)


def test_rates_allow_for_their_size() -> None:
    """A rate over twice the size has narrower limits; u' equals u times its spread."""
    plain = u_chart([10, 22, 9, 12], sizes=[1, 2, 1, 1])
    assert plain.centre[0] == pytest.approx(53 / 5)
    assert plain.high[1] - plain.centre[1] == pytest.approx((plain.high[0] - plain.centre[0]) / np.sqrt(2))
    laney = u_chart([10, 22, 9, 12], sizes=[1, 2, 1, 1], laney=True)
    assert laney.sigma == pytest.approx(plain.sigma * laney.spread)


def test_limits_come_from_the_baseline_and_gaps_stay_gaps() -> None:
    """A shift after the baseline does not move the limits it is judged by."""
    values = [*FLOW, np.nan, 70.0]
    chart = individuals_chart(values, baseline=slice(0, 10))
    assert chart.centre[0] == pytest.approx(50.81)
    assert (SignalRule.BEYOND_3_SIGMA, 11) in [(signal.rule, signal.last) for signal in chart.signals]
    assert np.isnan(p_chart([1, 0], sizes=[10, 0]).values[1])


def test_a_process_without_variation_signals_any_change() -> None:
    """No division by zero: equal is in control, different is not."""
    assert individuals_chart([5.0] * 8).signals == ()
    chart = individuals_chart([5.0] * 8 + [6.0], baseline=slice(0, 8), rules=WESTERN_ELECTRIC)
    assert [signal.rule for signal in chart.signals] == [SignalRule.BEYOND_3_SIGMA]
    assert p_chart([0, 0, 0], sizes=[5, 5, 5], laney=True).signals == ()


def test_too_little_for_a_chart_is_refused() -> None:
    """One value has no range, no size no share."""
    with pytest.raises(ValueError, match="two values"):
        individuals_chart([1.0])
    with pytest.raises(ValueError, match="size"):
        p_chart([0.0], sizes=[0.0])
    with pytest.raises(ValueError, match="one count"):
        c_chart([np.nan])


def _alternate(number: int) -> list[float]:
    return [0.1 * (-1) ** place for place in range(number)]


@pytest.mark.parametrize(
    ("rule", "met", "short"),
    [
        (SignalRule.BEYOND_3_SIGMA, [0, 3.1], [0, 2.9]),
        (SignalRule.TWO_OF_THREE, [2.1, 0, 2.1], [2.1, 0, -2.1]),
        (SignalRule.FOUR_OF_FIVE, [1.1, 1.2, 0, 1.1, 1.3], [1.1, 1.2, 0, 1.1, 0.9]),
        (SignalRule.EIGHT_ON_ONE_SIDE, [0.5] * 8, [0.5] * 7 + [-0.5]),
        (SignalRule.NINE_ON_ONE_SIDE, [-0.5] * 9, [-0.5] * 8),
        (SignalRule.SIX_TREND, [0, 0.1, 0.2, 0.3, 0.4, 0.5], [0, 0.1, 0.2, 0.3, 0.4, 0.4]),
        (SignalRule.FOURTEEN_ALTERNATING, _alternate(14), _alternate(13)),
        (SignalRule.FIFTEEN_WITHIN, [0.5, -0.5, 0.1] * 5, [0.5, -0.5, 0.1] * 4 + [0.5, -0.5, 1.1]),
        (SignalRule.EIGHT_OUTSIDE, [1.5, -1.5] * 4, [1.5, -1.5] * 3 + [1.5, 0.5]),
    ],
)
def test_each_rule_speaks_when_met_and_not_before(rule: SignalRule, met: list[float], short: list[float]) -> None:
    """Exactly at the number the rule says, and a gap breaks the pattern."""
    assert [(signal.first, signal.last) for signal in find_signals(met, rules=(rule,))] == [
        (len(met) - {"beyond-3-sigma": 1}.get(rule, len(met)), len(met) - 1)
    ]
    assert find_signals(short, rules=(rule,)) == ()
    if len(met) > 2:
        assert find_signals([met[0], np.nan, *met[2:]], rules=(rule,)) == ()


def test_a_signal_is_at_the_point_that_completes_it() -> None:
    """Not again at the next quiet point, and at the start two of two are two of three."""
    rule = (SignalRule.TWO_OF_THREE,)
    assert [(one.first, one.last) for one in find_signals([0, 2.1, 2.1, 0], rules=rule)] == [(0, 2)]
    assert [(one.first, one.last) for one in find_signals([2.1, 2.1, 0], rules=rule)] == [(0, 1)]
    assert find_signals([2.1, np.nan, 2.1], rules=rule) == ()


def test_false_alarms_are_as_rare_as_known() -> None:
    """Pure chance: 0.27 % of points for the first rule, and the average run to any Western Electric signal is 92."""
    scores = stream(42).standard_normal(200_000)
    first = find_signals(scores, rules=(SignalRule.BEYOND_3_SIGMA,))
    assert 0.0023 < len(first) / len(scores) < 0.0031
    runs = [
        next((signal.last + 1 for signal in find_signals(part, rules=WESTERN_ELECTRIC)), 1000)
        for part in scores.reshape(200, 1000)
    ]
    assert 78 < float(np.mean(runs)) < 107
    assert len(set(NELSON)) == 8
