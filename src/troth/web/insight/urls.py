"""Where the pages of this app are, and whose they are."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from troth.web.common.plots import plotly
from troth.web.insight import views
from troth.web.insight.asked import ROLES
from troth.web.insight.habits import LEADING
from troth.web.people.rights import ANYBODY, page

urlpatterns: list[URLPattern | URLResolver] = [
    page("figures", views.insight, "insight", needs=ROLES, changes=()),
    page("figures/sheet.<str:form>", views.sheet, "insight_sheet", needs=ROLES, changes=()),
    page("figures/habits", views.ways, "insight_habits", needs=LEADING, changes=()),
    page("figures/<str:kpi>/rows", views.explain, "insight_explain", needs=ROLES, changes=()),
    page("figures/<str:kpi>/case/<str:case>", views.case, "insight_case", needs=ROLES, changes=()),
    page("plotly/<str:version>.js", plotly, "plotly", needs=ANYBODY),
]
