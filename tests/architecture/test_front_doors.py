"""What each room hands out, pinned: adding or dropping a public name is a decision, seen here."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.architecture import checks

#: The public names of each room. Everything else is private to its room or imported from its own module.
DOORS: dict[str, set[str]] = {
    "core": set(
        "Calendar Grid InputError Issue Severity Span Step StoreError TrothError calendars_from_tables fanout stream".split()
    ),
    "demand": set(
        "ChangeEffect ChangeKind ChangedDemand DemandChange DemandForecast DemandKind ForecastParams ForecastProblem ModelScore Occasion "
        "Publication Reconciling Regressor Repair RepairKind Series SeriesForecast change check check_changes horizon publish "
        "reconcile solve surprise "
        "totals undo update".split()
    ),
    "demo": set("Booking Controls Dirt Shift Truth UNTIL Wing World Written demo_company small_company write".split()),
    "kpi": set("Figure Kpi Params catalogue".split()),
    "ledger": set(
        "CapacityClaim CapacityLedger ClaimKind Resource ResourceKind book check claimed_s free free_s release".split()
    ),
    "promise": set(
        "AtRisk BandScore Brier LearnedShare MOVES Offer PromiseState RUNNING Reliability SETTLED Settled advance at_risk brier "
        "calibration chance check due kept_rate learned_share pit reliability score_bands settled".split()
    ),
    "queueing": set(
        "Appointments Calibrator Chances Choice Comeback CustomerClass DeferredWork Discipline DueForecast Entered "
        "Fairness Forecast Goal HeadOfLine LastEntered Lateness Performance Placed Predictor QueueLength QueueState "
        "Returning Server ServerNow Simulation SqlOrder Staffing Tournament Traffic WaitBand Waiting check choose "
        "dispersion done_by_due erlang_a erlang_b erlang_c fit_handle fit_patience from_json interval_score log_test "
        "overtaken performance placed quantile_table rank reason skill sql_order staff_for staff_for_due to_json "
        "wait_quantile with_shrinkage".split()
    ),
    "stats": set(
        "ControlChart Interval Intervals Scale Signal SignalRule Weights block_bootstrap c_chart cohen_kappa fleiss_kappa icc "
        "individuals_chart krippendorff_alpha p_chart quantile_interval ratio_interval ratio_intervals total_interval "
        "total_intervals u_chart wilson".split()
    ),
}

#: Libraries that must not be loaded before they are needed: together they cost seconds.
HEAVY = {
    "pandas",
    "pyarrow",
    "ibis",
    "duckdb",
    "plotly",
    "scipy",
    "numpy",
    "deltalake",
    "sqlglot",
    "openpyxl",
    "lxml",
    "holidays",
}


def _loaded(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize("room", sorted(path.parent.name for path in checks.SRC.glob("*/__init__.py")))
def test_the_front_door_of_a_room_is_as_pinned(room: str) -> None:
    """The names a room re-exports are those in the table, no more, no fewer."""
    text = (checks.SRC / room / "__init__.py").read_text(encoding="utf-8")
    assert checks.front_door(text) == DOORS.get(room, set())


def test_a_front_door_is_read_from_its_reexports() -> None:
    """Only ``from x import Y as Y`` and ``__all__`` make a name public."""
    text = "from __future__ import annotations\nfrom a import B as B, c\nimport d\n__all__ = ['E']"
    assert checks.front_door(text) == {"B", "E"}


@pytest.mark.parametrize("module", ["troth", "troth.cli.main", "troth.core"])
def test_a_light_import_pulls_in_nothing_heavy(module: str) -> None:
    """``import troth`` and ``troth --help`` start at once."""
    assert _loaded(f"import {module}") & HEAVY == set()


def test_a_heavy_import_is_noticed() -> None:
    """The check of light imports can fail."""
    assert "pyarrow" in _loaded("import troth.log.schema") & HEAVY
