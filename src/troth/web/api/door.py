"""The door for programs: keys, what they may do, and how wrong use is answered."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, Final, TypeVar

from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer

from troth.core.decision import Issue, Severity
from troth.core.errors import InputError
from troth.core.terms import Role
from troth.web.common.audit import acting
from troth.web.common.ready import Ready
from troth.web.flow.models import Branch
from troth.web.flow.refused import Refused
from troth.web.people.models import AccessKey

log = logging.getLogger(__name__)

#: Seconds after which it is worth trying again when the database is away.
AGAIN_S: Final = "5"
#: Codes of a database that stops, starts or takes no more connections (PostgreSQL manual, appendix A).
_GONE: Final = ("08", "57P", "53300")

V = TypeVar("V", bound=Callable[..., Any])

#: Keys that may let customers in and out: those of kiosks too.
ENTRY: Final = frozenset({Role.KIOSK, Role.ADMINISTRATOR, Role.TEAM_LEAD, Role.CLERK, Role.DISPATCHER})
#: Keys that may act for any clerk of their unit.
COUNTER: Final = frozenset({Role.ADMINISTRATOR, Role.TEAM_LEAD})
#: Keys that may look on.
LOOK: Final = ENTRY | {Role.DISPLAY, Role.OPERATIONS_LEAD, Role.PLANNER, Role.AUDITOR}
#: Keys that may read figures.
FIGURES: Final = frozenset(
    {Role.ADMINISTRATOR, Role.OPERATIONS_LEAD, Role.TEAM_LEAD, Role.PLANNER, Role.AUDITOR, Role.QUALITY_SPECIALIST}
)


class Key(HttpBearer):
    """Takes the secret of an access key; a session of a browser is no key, so no page can be tricked into a call."""

    def authenticate(self, request: HttpRequest, token: str) -> AccessKey | None:
        """Return the key in force; None answers 401."""
        return AccessKey.find(token, now=timezone.now())


api = NinjaAPI(
    title="Troth", version="1", description="What programs, kiosks and displays can do.", auth=Key(), docs_url=None,
    urls_namespace="api",
)  # fmt: skip


def needs(roles: Iterable[Role]) -> Callable[[V], V]:
    """Let only keys with one of the roles call; what they change is theirs in the audit trail."""
    allowed = {str(role) for role in roles}

    def guard(view: V) -> V:
        @wraps(view)
        def checked(request: Any, *args: Any, **arguments: Any) -> Any:
            if request.auth.role not in allowed:
                raise HttpError(403, "")
            if request.method in {"GET", "HEAD"}:
                return view(request, *args, **arguments)
            with acting(f"key:{request.auth.pk}"):
                return view(request, *args, **arguments)

        # The shapes of a call are read from here, where their names mean nothing: they go along resolved.
        checked.__signature__ = inspect.signature(view, eval_str=True)  # type: ignore[attr-defined]
        return checked  # type: ignore[return-value]

    return guard


_BRANCH: Final = Ready(lambda token: Branch.objects.select_related("unit").filter(token=token), token=str)


def branch_of(request: Any, token: str) -> Branch:
    """Return a branch of the key's unit; any other does not exist for it."""
    branch = _BRANCH.first(token=token)
    if branch is None or not branch.unit.path.startswith(request.auth.unit.path):
        raise Http404
    return branch


def _answer(request: HttpRequest, issues: Iterable[Issue], status: int) -> HttpResponse:
    return api.create_response(request, {"issues": [issue.as_dict() for issue in issues]}, status=status)


def _issue(code: str, where: str, value: object, advice: str) -> Issue:
    return Issue(code, Severity.ERROR, where, str(value), advice)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return _answer(request, error.issues, 409)


@api.exception_handler(InputError)
def _wrong(request: HttpRequest, error: Any) -> HttpResponse:
    return _answer(request, error.issues, 422)


@api.exception_handler(OverflowError)
@api.exception_handler(DataError)
def _unfit(request: HttpRequest, _error: Any) -> HttpResponse:
    """Answer for a text that is too long or has a zero character in it, or a number or day out of all bounds."""
    return _answer(request, [_issue("bad-value", "request", "", "Maybe a text is too long, or not a text.")], 422)


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _away(request: HttpRequest, error: Any) -> HttpResponse:
    """Answer while the database is not there."""
    state = getattr(error.__cause__, "sqlstate", None) or ""  # without one it was not the database that spoke
    if state.startswith(_GONE) or not state:
        log.warning("The database is away: %s", " ".join(str(error).split())[:200])
    else:
        log.error("The database cannot do what it was asked", exc_info=error)
    advice = "Maybe the database starts anew: look in a moment whether it was done, and try again."
    answer = _answer(request, [_issue("database-away", "database", "", advice)], 503)
    answer.headers["Retry-After"] = AGAIN_S
    return answer


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    issues = [
        _issue("bad-field", ".".join(str(part) for part in one["loc"][1:]), one.get("type", ""), f"Maybe {one['msg']}.")
        for one in error.errors
    ]
    return _answer(request, issues, 422)


@api.exception_handler(Http404)
def _nothing(request: HttpRequest, _error: Any) -> HttpResponse:
    return _answer(request, [_issue("not-found", "path", request.path, "Maybe it belongs to another unit.")], 404)


@api.exception_handler(AuthenticationError)
def _nobody(request: HttpRequest, _error: Any) -> HttpResponse:
    advice = "Maybe the key is missing, revoked or too old: Authorization: Bearer SECRET."
    return _answer(request, [_issue("no-key", "Authorization", "", advice)], 401)


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: Any) -> HttpResponse:
    if error.status_code == 403:
        advice = "Maybe a key with another role is needed."
        return _answer(request, [_issue("not-allowed", "path", request.path, advice)], 403)
    return _answer(request, [_issue("bad-request", "request", error, "Maybe it is not JSON.")], error.status_code)
