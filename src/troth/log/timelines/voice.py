"""Ratings, reviews and promises: what customers said, what reviewers said and how alike, and what was promised."""

from __future__ import annotations

from typing import Any, Final

from troth.log.timelines._base import Events, Rows, Timeline, attribute, inexact

#: Stands for a missing value among numbers, below all of them.
_NOTHING: Final = float("-inf")


def _dims(e: Events) -> dict[str, Any]:
    """Collect the dimensions that events of one subject agree on."""
    names = (
        "case_id",
        "contact_id",
        "customer_id",
        "agent_id",
        "team",
        "queue",
        "site",
        "channel",
        "service",
        "priority",
    )
    return {name: e[name].min() for name in names}


def ratings(events: Events) -> Rows:
    """Return one row a survey item answered, and one without item for a survey not answered.

    `value` is on the scale from `scale_low` (1 unless said) to `scale`; a null value is "don't know". Of several
    answers to one item the last counts.
    """
    e = events
    sent = e.group_by("subject_id").aggregate(
        **_dims(e),
        sent_at=e.occurred_at.min(where=e.activity == "survey_sent"),
        served_at=attribute(e, "served_at").min(),
        form=attribute(e, "form").min(),
        inexact=inexact(e),
    )
    said = e.filter(e.activity == "survey_answered")
    answers = said.group_by(["subject_id", "step"]).aggregate(
        answered_at=said.occurred_at.max(),
        newest=_newest(said),
        scale=_number(said, "scale").max(),
        scale_low=_number(said, "scale_low").max(),
        label=attribute(said, "label").min(),
        cause=attribute(said, "cause").min(),
    )
    answers = answers.mutate(value=answers.newest.value.nullif(_NOTHING))
    both = sent.left_join(answers, "subject_id")
    return both.select(
        "subject_id", "case_id", "contact_id", "customer_id", "agent_id", "team", "queue", "site", "channel", "service",
        "priority", "sent_at", "served_at", "form", "answered_at", "value", "scale", "scale_low", "label", "cause",
        item=both.step, approximate=both.inexact,
    )  # fmt: skip


def _newest(said: Events) -> Any:
    """Return the greatest of (instant, value), a missing value below all others."""
    import ibis

    return ibis.struct({"at": said.occurred_at, "value": said.value.fill_null(_NOTHING)}).max()


def _number(e: Events, key: str) -> Any:
    """Return a numeric attribute, whether written as a number or as text."""
    raw = e.attributes.cast("json")[key]
    import ibis

    return ibis.coalesce(raw.float, raw.int.cast("float64"), raw.str.try_cast("float64"))


def reviews(events: Events) -> Rows:
    """Return one row a quality review: its score from 0 to 100, and whether a critical criterion failed.

    The score is the `total` if one was given, else the weighted mean of the applicable criteria; a failed critical
    criterion makes it 0 (Amazon Connect evaluation forms score alike).
    """
    import ibis

    e = events.filter(events.activity == "quality_reviewed")
    weight = ibis.coalesce(_number(e, "weight"), 1.0)
    scale = ibis.coalesce(_number(e, "scale"), 100.0)
    total = e.step.isnull() | (e.step == "total")
    applies = ~total & e.value.notnull() & ~_truth(e, "not_applicable")
    critical = _truth(e, "critical") & applies & (e.value <= 0)
    r = e.group_by("subject_id").aggregate(
        **_dims(e),
        reviewed_at=e.occurred_at.max(),
        form=attribute(e, "form").min(),
        form_version=attribute(e, "form_version").min(),
        reviewer_id=attribute(e, "reviewer_id").min(),
        total=(100.0 * e.value / scale).max(where=total),
        points=(weight * e.value / scale).sum(where=applies),
        weights=weight.sum(where=applies),
        critical=critical.any(),
        inexact=inexact(e),
    )
    score = ibis.coalesce(r.total, 100.0 * r.points / r.weights.nullif(0.0))
    return r.select(
        "subject_id", "case_id", "contact_id", "customer_id", "agent_id", "team", "queue", "site", "channel", "service",
        "priority", "reviewed_at", "form", "form_version", "reviewer_id", "critical",
        score=r.critical.fill_null(False).ifelse(0.0, score), approximate=r.inexact,
    )  # fmt: skip


def _truth(e: Events, key: str) -> Any:
    raw = e.attributes.cast("json")[key]
    return raw.bool.fill_null(False)


def critical_errors(events: Events) -> Rows:
    """Return one row for each critical criterion that failed in a review, with the cause noted for it, if any."""
    e = events.filter(events.activity == "quality_reviewed")
    criterion = e.step.notnull() & (e.step != "total")
    e = e.filter(criterion & _truth(e, "critical") & ~_truth(e, "not_applicable") & (e.value <= 0))
    r = e.group_by(["subject_id", "step"]).aggregate(
        **_dims(e), found_at=e.occurred_at.max(), cause=attribute(e, "cause").nullif("").min(), inexact=inexact(e)
    )
    return r.rename(criterion="step", approximate="inexact")


def calibrations(events: Events) -> Rows:
    """Return one row for each grader of a review in a calibration: the blind `score` and the `agreed` one, 0 to 100.

    A score is the `total` if one was given, else the weighted mean of the criteria; of several of one grader for one
    criterion the last counts. `agent_id` is the grader, `reviewed_id` whose work it was.
    """
    import ibis

    e = events.filter(events.activity == "quality_calibrated")
    percent = 100.0 * e.value / ibis.coalesce(_number(e, "scale"), 100.0)
    e = e.mutate(
        grader=attribute(e, "reviewer_id").nullif(""), point=ibis.coalesce(e.step, "total"), percent=percent,
        weight=ibis.coalesce(_number(e, "weight"), 1.0),
    )  # fmt: skip
    last = ibis.struct({"at": e.occurred_at, "percent": e.percent.fill_null(_NOTHING), "weight": e.weight}).max()
    p = e.group_by(["subject_id", "grader", "point"]).aggregate(last=last, inexact=inexact(e))
    p = p.mutate(at=p["last"]["at"], percent=p["last"]["percent"].nullif(_NOTHING), weight=p["last"]["weight"])
    total = p.point == "total"
    applies = ~total & p.percent.notnull()
    s = p.group_by(["subject_id", "grader"]).aggregate(
        total=p.percent.max(where=total),
        points=(p.weight * p.percent).sum(where=applies),
        weights=p.weight.sum(where=applies),
        at=p["at"].max(),
        inexact=p.inexact.any(),
    )
    s = s.mutate(score=ibis.coalesce(s.total, s.points / s.weights.nullif(0.0)))
    blind = s.filter(s.grader.notnull()).select("subject_id", "grader", "score", "inexact", scored_at="at")
    agreed = s.filter(s.grader.isnull()).select(
        agreed_subject="subject_id", agreed="score", agreed_at="at", unsure="inexact"
    )
    about = e.group_by("subject_id").aggregate(**_dims(e)).rename(about_subject="subject_id", reviewed_id="agent_id")
    c = blind.left_join(agreed, blind.subject_id == agreed.agreed_subject)
    c = c.join(about, c.subject_id == about.about_subject)
    return c.select(
        "subject_id", "case_id", "contact_id", "customer_id", "reviewed_id", "team", "queue", "site", "channel",
        "service", "priority", "scored_at", "score", "agreed", "agreed_at", agent_id=c.grader,
        approximate=c.inexact | c.unsure.fill_null(False),
    )  # fmt: skip


def promises(events: Events) -> Rows:
    """Return one row a promise: what was first and last promised, with which probability, and how it ended."""
    import ibis

    e = events
    at = e.occurred_at
    p = e.group_by("subject_id").aggregate(
        **_dims(e),
        kind=attribute(e, "kind").min(),
        promised_at=at.min(where=e.activity == "promised"),
        probability=e.value.max(where=e.activity == "promised"),
        first_due_at=attribute(e, "due_at").min(where=e.activity == "promised"),
        due_at=attribute(e, "due_at").max(),
        kept_at=at.max(where=e.activity == "promise_kept"),
        broken_at=at.max(where=e.activity == "promise_broken"),
        waived_at=at.max(where=e.activity == "promise_waived"),
        changes=(e.activity == "promise_changed").sum(),
        inexact=inexact(e),
    )
    outcome = ibis.cases(
        (p.waived_at.notnull(), "waived"),
        (p.broken_at.notnull(), "broken"),
        (p.kept_at.notnull(), "kept"),
        else_="open",
    )
    return p.mutate(outcome=outcome, settled_at=ibis.coalesce(p.broken_at, p.kept_at), approximate=p.inexact).drop(
        "inexact"
    )


RATINGS = Timeline(
    name="ratings",
    sentence="One item of a survey answered, or a survey not answered.",
    key="subject_id",
    activities=("survey_sent", "survey_answered"),
    derive=ratings,
)
REVIEWS = Timeline(
    name="reviews",
    sentence="One quality review with its score.",
    key="subject_id",
    activities=("quality_reviewed",),
    derive=reviews,
)
CRITICAL_ERRORS = Timeline(
    name="critical_errors",
    sentence="One critical criterion that failed in a quality review.",
    key="subject_id",
    activities=("quality_reviewed",),
    derive=critical_errors,
)
CALIBRATIONS = Timeline(
    name="calibrations",
    sentence="One grader's blind score of a review, beside the one that was agreed.",
    key="subject_id",
    activities=("quality_calibrated",),
    derive=calibrations,
)
PROMISES = Timeline(
    name="promises",
    sentence="One promise, from the first word to kept or broken.",
    key="subject_id",
    activities=("promised", "promise_changed", "promise_kept", "promise_broken", "promise_waived"),
    derive=promises,
)
