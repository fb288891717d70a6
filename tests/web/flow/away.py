"""A small bank for the test of a database that goes away; ``python -m`` with the site's environment prints its keys."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from django.utils import timezone  # noqa: E402

from tests.web import cast  # noqa: E402
from troth.core.terms import Role  # noqa: E402
from troth.web.flow import actions  # noqa: E402
from troth.web.people.models import SignInLink  # noqa: E402


def main() -> None:
    """Make the bank with Bob at a counter and six who wait; print how Bob and a program come in."""
    company = cast.build()
    place = cast.branch(company)
    actions.open_counter(counter=place.counters[0], clerk=company.bob, now=timezone.now())
    for _ in range(6):
        actions.join(branch=place.branch, service=company.cash, now=timezone.now())
    _, secret = cast.key(company.vilnius, role=Role.ADMINISTRATOR)
    link = SignInLink.make(company.bob, now=timezone.now())
    told = {"key": secret, "link": link, "branch": place.branch.token, "clerk": company.bob.code}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
