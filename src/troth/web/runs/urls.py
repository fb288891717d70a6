"""Where the pages of this app are, and whose they are."""

from __future__ import annotations

from typing import Final

from django.urls import URLPattern, URLResolver

from troth.web.people.rights import LEADS, About, page
from troth.web.runs import views

_RUN: Final = About("runs.Run")

urlpatterns: list[URLPattern | URLResolver] = [
    page("runs", views.runs, "runs", needs=LEADS, changes=views.ASK),
    page("runs/<int:pk>/stop", views.stop, "run_stop", needs=LEADS, changes=views.ASK, about=_RUN),
    page("runs/<int:pk>/result", views.result, "run_result", needs=LEADS, changes=(), about=_RUN),
]
