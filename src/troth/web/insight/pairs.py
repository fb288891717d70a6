"""Pairs of figures and ways of working in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy

from troth.web.insight.words import TITLES

#: What figures are called that have no page of figures, by name: those read beside one, and those of quality and projects.
PARTNERS: Final[Mapping[str, Any]] = {
    "outcome.first_contact/repeat": gettext_lazy("Settled at the first contact"),
    "flow.failure_demand": gettext_lazy("Contacts that should not have been needed"),
    "voice.csat": gettext_lazy("Satisfied customers"),
    "voice.surveyed": gettext_lazy("Cases whose customer was asked how it was"),
    "voice.response": gettext_lazy("Surveys answered"),
    "voice.resolved": gettext_lazy("Settled, say customers"),
    "load.throughput": gettext_lazy("Cases settled in a paid hour"),
    "outcome.reopened": gettext_lazy("Cases opened again"),
    "cost.per_unit": gettext_lazy("Cost of a contact"),
    "sla.met": gettext_lazy("Agreements met"),
    "sla.service_level": gettext_lazy("Answered within seconds"),
    "speed.resolution": gettext_lazy("Time until settled"),
    "speed.resolution/without_customer_wait": gettext_lazy("Time until settled, without the wait for the customer"),
    "speed.first_reply": gettext_lazy("Time to the first reply"),
    "worst.resolution": gettext_lazy("Longest time a customer waited until settled"),
    "flow.escalation": gettext_lazy("Cases handed on"),
    "flow.backlog": gettext_lazy("Open cases"),
    "load.billable": gettext_lazy("Hours that clients pay for"),
    "quality.calibration": gettext_lazy("Reviewers who score alike"),
    "quality.training_errors": gettext_lazy("Errors for want of training"),
    "improve.ideas_done": gettext_lazy("Ideas done and measured"),
}
#: How one figure of a pair is bought with the other, for the pairs that pages of figures show.
BOUGHT: Final[Mapping[str, Any]] = {
    "handle-first-contact": gettext_lazy(
        "Contacts that end before the matter is settled are short, and the customer comes again."
    ),
    "handle-failure-demand": gettext_lazy("What is left out of a contact to shorten it comes back as another one."),
    "handle-satisfied": gettext_lazy("Whoever is hurried notices it."),
    "served-first-contact": gettext_lazy("Whoever has to come twice is served twice."),
    "level-worst": gettext_lazy(
        "Whoever has waited past the line is worth nothing to it: those who just came go first."
    ),
    "wait-gave-up": gettext_lazy("The wait is that of those who were served: whoever gives up shortens it."),
    "occupancy-wait": gettext_lazy("People are always busy where somebody always waits."),
    "occupancy-gave-up": gettext_lazy(
        "People are always busy where somebody always waits, and not all wait to the end."
    ),
    "kept-wait": gettext_lazy("Promises are easy to keep where much time is promised."),
}
#: Patterns by id: what each is called, what to ask, a reason that is none to worry, and what is counted.
PATTERNS: Final[Mapping[str, tuple[Any, Any, Any, Any]]] = {
    "last-minutes": (
        gettext_lazy("Answers in the last minutes"),
        gettext_lazy("Why are agreements met in their last minutes, and hardly ever missed by as little?"),
        gettext_lazy("Somebody may be given what is nearly late to save it."),
        gettext_lazy(
            "agreements met in the last tenth of their time, of those decided shortly before or after it ran out"
        ),
    ),
    "handed-on-before-breach": (
        gettext_lazy("Handed on just in time"),
        gettext_lazy("Why do cases go to somebody else just before their time runs out?"),
        gettext_lazy("A shift may end then, or the case may need another skill."),
        gettext_lazy("cases handed on in the last tenth of their time, of all handed on while it ran"),
    ),
    "pending-without-a-word": (
        gettext_lazy("Waiting without a word"),
        gettext_lazy("Why do cases wait for customers who were not asked anything?"),
        gettext_lazy("The customer may have been asked by telephone, where nothing is recorded."),
        gettext_lazy("cases set to wait without a message within an hour, of all set to wait"),
    ),
    "cut-short": (
        gettext_lazy("Short, and again"),
        gettext_lazy("Why are contacts short, and why do the same customers come again?"),
        gettext_lazy("Some matters take two visits, and somebody may get most of those."),
        gettext_lazy("short contacts after which the customer came again within a week, of all contacts served"),
    ),
    "chosen-surveys": (
        gettext_lazy("Who is asked how it went"),
        gettext_lazy("Why are customers whose case went badly not asked how it went?"),
        gettext_lazy("Customers may have said that they want no surveys."),
        gettext_lazy("cases that went badly without a survey, beside the same person's other cases"),
    ),
}
#: By which figure a case of a pattern is opened.
OPENED_BY: Final[Mapping[str, str]] = {
    "last-minutes": "sla.met", "handed-on-before-breach": "sla.met", "pending-without-a-word": "speed.resolution",
    "cut-short": "speed.handle", "chosen-surveys": "speed.resolution",
}  # fmt: skip


def named(kpi: str) -> Any:
    """Return what a figure is called, of the page of figures or beside it."""
    return TITLES[kpi][0] if kpi in TITLES else PARTNERS[kpi]
