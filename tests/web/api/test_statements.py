"""How many statements an action takes from the key to the commit: each is a way to the database and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from tests.web import cast
from tests.web.api.test_api import Program
from tests.web.cast import Company
from troth.core.terms import Role

#: The most that each may take; what goes with the commit counts as one. Fewer is better, more wants a reason.
MOST = {"join": 10, "call-next": 8, "answer": 6, "finish": 7, "transfer": 14}


@contextmanager
def _counted() -> Iterator[list[str]]:
    said: list[str] = []

    def keep(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        if "SAVEPOINT" not in str(sql):  # of the test's own transaction
            said.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        yield said


def test_an_action_takes_no_more_statements_than_it_did(company: Company) -> None:
    """Joining, calling, answering, finishing and handing on, of the second customer with a stated wait."""
    here = cast.branch(company).branch.token
    program = Program(cast.key(company.vilnius, role=Role.ADMINISTRATOR)[1])
    desk = f"branches/{here}/clerks/{company.bob.code}"
    program.post(f"branches/{here}/clerks", clerk=company.bob.code)
    found: dict[str, int] = {}

    def act(name: str, path: str, **body: Any) -> Any:
        with _counted() as said:
            status, answer = program.post(path, **body)
        assert status in {200, 201}
        found[name] = len(said)
        return answer

    for end in ("finish", "transfer"):
        assert act("join", f"branches/{here}/tickets", service="cash")["wait"]
        token = act("call-next", f"{desk}/call-next")["token"]
        act("answer", f"{desk}/answer/{token}")
        act(end, f"{desk}/{end}/{token}", **({"service": "cards"} if end == "transfer" else {}))
    assert found == MOST
