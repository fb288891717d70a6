"""Words of this app in the reader's language: what happened, channels, purposes, and why two may be one."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

#: What happened, in few words; the sentences of the log itself are in its glossary.
HAPPENED: Final[dict[str, Any]] = {
    "arrived": _("came"), "checked_in": _("checked in"), "queued": _("began to wait"), "waitlisted": _("asked for a place"),
    "notified": _("was told the turn is near"), "yielded": _("let others go first"), "called": _("was called"),
    "recalled": _("was called again"), "answered": _("service began"), "held": _("was put on hold"),
    "resumed": _("went on"), "parked": _("was set aside"), "returned": _("went back to the line"),
    "wrapped": _("work after it was done"), "ended": _("was over"), "abandoned": _("left while waiting"),
    "balked": _("left at once"), "no_show": _("was not there"), "transferred": _("was handed on"),
    "escalated": _("was raised higher"), "callback_requested": _("asked to be called back"),
    "message_received": _("wrote to us"), "message_sent": _("we wrote"), "focused": _("somebody looked at it"),
    "unfocused": _("somebody stopped looking at it"), "opened": _("the case began"), "assigned": _("was given to somebody"),
    "unassigned": _("was taken from somebody"), "status_changed": _("took another status"),
    "solution_proposed": _("a solution was proposed"), "resolved": _("was solved"), "reopened": _("was taken up again"),
    "closed": _("the case was closed"), "merged": _("was joined into another case"), "booked": _("a time was reserved"),
    "rescheduled": _("the time was moved"), "cancelled": _("the time was given up"), "released": _("the place was freed"),
    "promised": _("was promised something"), "promise_changed": _("the promise was changed"),
    "promise_kept": _("the promise was kept"), "promise_broken": _("the promise was broken"),
    "promise_waived": _("let us off the promise"), "survey_sent": _("was asked for an opinion"),
    "survey_answered": _("gave an opinion"), "recovery_opened": _("making good began"),
    "recovery_closed": _("making good was done"),
}  # fmt: skip

SAID: Final[dict[str, Any]] = {
    "case": _("case"), "booking": _("appointment"), "promise": _("promise"), "note": _("note"), "consent": _("consent"),
    "appointments": _("appointments"), "notices": _("notices about visits"), "surveys": _("questions after a visit"), "offers": _("offers"),
    "recording": _("recording of calls"), "email": _("same e-mail"), "phone": _("same phone"), "name": _("same name"),
    "walk_in": _("in person"), "counter": _("in person"), "voice": _("by phone"), "chat": _("by chat"), "mail": _("by mail"),
    "video": _("by video"), "web": _("by web"), "app": pgettext_lazy("channel", "by app"), "visit": _("at the customer's place"),
}  # fmt: skip

SENTENCES: Final[dict[str, Any]] = {
    "merge-itself": _("A customer cannot be merged into themselves."),
    "merged-already": _("This customer was merged already."),
    "unknown-purpose": _("Nobody is asked to agree to this."),
}


def happened(activity: str) -> str:
    """Return what an activity is called on a page."""
    return str(HAPPENED.get(activity, activity.replace("_", " ")))


def said(word: str) -> str:
    """Return a word as people say it."""
    return str(SAID.get(word, word.replace("_", " ")))
