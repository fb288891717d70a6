"""The tour of the demo: five steps through one customer's day, each a real page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy

from troth.web.flow.models import Branch
from troth.web.people.rights import SIGNED_IN, may, page

#: Name of the page, what to do, what there is to see.
STEPS: Final = (
    ("today", gettext_lazy("Look at the branch"),
     gettext_lazy("Who waits, how long, what was promised, and why the next one is next. It changes while you look.")),
    ("kiosk", gettext_lazy("Take a ticket"),
     gettext_lazy("Be a customer at the kiosk: three taps. Scan the code, or follow the link, to see your place on a phone.")),
    ("counter", gettext_lazy("Serve somebody"),
     gettext_lazy("Sit down at a counter and call the next customer. The made-up clerk there leaves it to you. Nobody waits? Take "
                  "another ticket first.")),
    ("promises", gettext_lazy("See what was promised"),
     gettext_lazy("Every ticket was told a wait. Here is how often that was true, and what is at risk now.")),
    ("insight", gettext_lazy("Open a number"),
     gettext_lazy("Your customer is in the figures already. Open one down to the events it is made of.")),
)  # fmt: skip
_DONE: Final = "troth-tour"
_SEEN: Final = "troth-tour-seen"
#: The step somebody is at, until they come back to the list.
_NOW: Final = "troth-tour-now"


@dataclass(frozen=True, slots=True)
class TourStep:
    """One step: whether it was taken, and whether this person may take it."""

    number: int
    title: Any
    text: Any
    open: bool
    done: bool


@dataclass(frozen=True, slots=True)
class Touring:
    """Where somebody is on the tour, the step after that, None when there is none left they may take, and what they read.

    A kiosk speaks the language of its branch, the line above it that of whoever takes the tour.
    """

    step: TourStep
    following: TourStep | None
    language: str


def touring(request: HttpRequest) -> Touring | None:
    """Return where somebody is on the tour, for the line above every page; None off it."""
    session = getattr(request, "session", None)
    now = session.get(_NOW, 0) if settings.DEMO and session is not None else 0
    if not now or not getattr(getattr(request, "user", None), "is_authenticated", False):
        return None
    found = steps(request)
    following = next((one for one in found[now:] if one.open), None)
    return Touring(found[now - 1], following, str(getattr(request.user, "language", "") or get_language()))


def steps(request: HttpRequest) -> list[TourStep]:
    """Return the steps as they stand for somebody."""
    done = set(request.session.get(_DONE, []))
    return [
        TourStep(number=n, title=title, text=text, open=may(request.user, name), done=n in done)
        for n, (name, title, text) in enumerate(STEPS, 1)
    ]


def begun(request: HttpRequest) -> bool:
    """Tell whether somebody has taken a step, or seen that there are any."""
    return bool(request.session.get(_SEEN)) or bool(request.session.get(_DONE))


def tour(request: HttpRequest) -> HttpResponse:
    """Show the steps; only the demo has them."""
    if not settings.DEMO:
        raise Http404
    request.session[_SEEN] = True
    request.session[_NOW] = 0
    found = steps(request)
    following = next((step.number for step in found if step.open and not step.done), 0)
    return render(
        request, "troth/tour.html", {"steps": found, "left": sum(not step.done for step in found), "next": following}
    )


def go(request: HttpRequest, number: int) -> HttpResponse:
    """Take a step: remember it and go there."""
    if not settings.DEMO or not 1 <= number <= len(STEPS):
        raise Http404
    request.session[_DONE] = sorted({*request.session.get(_DONE, []), number})
    request.session[_NOW] = number
    name = STEPS[number - 1][0]
    if name not in {"kiosk", "today"}:
        return redirect(name)
    branch = Branch.objects.visible_to(request.user).select_related("unit").order_by("pk").first()
    if branch is None:
        raise Http404
    if name == "today":
        return redirect("today_branch", code=branch.unit.code)
    return redirect(reverse("kiosk", kwargs={"token": branch.token}))


urlpatterns = [
    page("tour", tour, "tour", needs=SIGNED_IN),
    page("tour/<int:number>", go, "tour_step", needs=SIGNED_IN),
]
