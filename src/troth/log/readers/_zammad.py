"""What tickets, articles and history of Zammad become; written from the published definitions of its API and tables."""

from __future__ import annotations

from typing import Final

from troth.log.readers._facts import Beside, Doubt, Fact, Kind, Source, moment, text, words

#: Names as Zammad brings them; the numbers are those of a fresh installation.
_STATES: Final = {
    "new": "new|1", "open": "open|2", "pending": "pending reminder|pending close|3", "closed": "closed|4",
    "cancelled": "merged|removed|5",
}  # fmt: skip
_LANGUAGE: Final = (
    "Maybe the state was renamed, translated or is one of your own: known are new, open, pending reminder, pending close,"
    " closed, merged and removed. It was kept as a foreign step; the status before it goes on."
)
_DONE: Final = "('closed', 'cancelled')"
_STATE: Final = words(_STATES, "state_raw")


def _promise(clock: str, done: str) -> tuple[Fact, ...]:
    """Return what a clock of the SLA tells: what was promised by when, and whether it was kept."""
    about = {"subject_kind": "'promise'", "subject_id": f"id || '/{clock}'", "actor": "'system'"}
    kind = {"kind": f"'\"{clock}\"'"}
    return (
        Fact(
            "promised",
            "created",
            f"id || '/promised/{clock}'",
            where=f"{clock}_due IS NOT NULL OR {clock}_diff IS NOT NULL",
            cells=about,
            keys={**kind, "due_at": moment(f"{clock}_due")},
        ),
        Fact(
            f"CASE WHEN {clock}_diff >= 0 THEN 'promise_kept' ELSE 'promise_broken' END",
            done,
            f"id || '/kept/{clock}'",
            where=f"{clock}_diff IS NOT NULL",
            cells=about,
            keys=kind,
        ),
    )


_TICKET: Final = Kind(
    name="ticket",
    marks=("number", "group_id|group", "state_id|state", "created_at"),
    texts={
        "id": "id",
        "state_raw": "state|state_id",
        "priority": "priority|priority_id",
        "team": "group|group_id",
        "owner_raw": "owner|owner_id",
        "customer": "customer_id|customer",
        "sort": "type",
        "sender_raw": "create_article_sender|create_article_sender_id",
        "via": "create_article_type|create_article_type_id",
    },
    times={
        "created": "created_at",
        "updated": "updated_at",
        "replied": "first_response_at",
        "first_closed": "close_at",
        "last_closed": "last_close_at",
        "first_response_due": "first_response_escalation_at",
        "close_due": "close_escalation_at",
    },
    numbers={
        "first_response_min": "first_response_in_min",
        "first_response_diff": "first_response_diff_in_min",
        "close_min": "close_in_min",
        "close_diff": "close_diff_in_min",
        "update_min": "update_in_min",
        "update_diff": "update_diff_in_min",
    },
    known=(
        "number title note organization_id organization last_contact_at last_contact_agent_at last_contact_customer_at"
        " last_owner_update_at article_count article_ids escalation_at update_escalation_at pending_time time_unit preferences"
        " updated_by_id updated_by created_by_id created_by ticket_time_accounting_ids ticket_time_accounting"
        " checklist_id referencing_checklist_ids tags articles"
    ),
    needs=("id", "created"),
    wrong=(
        Doubt("first_closed < created", "end-before-start", "first_closed", "Maybe two columns were swapped; export them again."),
        Doubt("updated < created", "end-before-start", "updated", "Maybe two columns were swapped; export them again."),
    ),
    doubts=(Doubt(f"state_raw IS NOT NULL AND {_STATE} IS NULL", "unknown-status", "state_raw", _LANGUAGE),),
    version="coalesce(epoch_us(updated), 0)",
    joins="LEFT JOIN tracked AS h ON h.ticket = r.id LEFT JOIN spoken AS a ON a.ticket = r.id",
    looked=(
        f"{words(_STATES, 'r.state_raw')} AS status, nullif(nullif(r.owner_raw, '1'), '-') AS owner,"
        " h.ticket IS NOT NULL AS has_history, a.ticket IS NOT NULL AS has_articles,"
        " lower(coalesce(r.sender_raw, '')) IN ('agent', '1') AS by_agent"
    ),
    base={"case_id": "id", "customer_id": "customer", "priority": "priority", "service": "sort", "channel": "via"},
    figures={
        "first_response_business": "first_response_min * 60",
        "close_business": "close_min * 60",
        "update_business": "update_min * 60",
    },
    facts=(
        Fact(
            "opened",
            "created",
            "id || '/opened'",
            cells={"direction": "CASE WHEN by_agent THEN 'out' ELSE 'in' END", "team": "CASE WHEN NOT has_history THEN team END"},
            foreign=True,
            figures=True,
        ),
        Fact(
            "CASE WHEN status IS NULL THEN 'stepped' ELSE 'status_changed' END",
            "updated",
            "id || '/state'",
            where="NOT has_history AND state_raw IS NOT NULL",
            cells={"step": "coalesce(status, state_raw)", "agent_id": "owner", "team": "team", "actor": "'system'", "origin": "'aggregate'"},
        ),
        Fact(
            "assigned",
            "updated",
            "id || '/holder'",
            where="NOT has_history",
            cells={"agent_id": "owner", "team": "team", "origin": "'aggregate'"},
        ),
        # The history tells of every closing, those two included, then with who did it.
        Fact("resolved", "first_closed", "id || '/resolved/' || epoch(first_closed)::BIGINT", cells={"version": "0"}),
        Fact(
            "resolved",
            "last_closed",
            "id || '/resolved/' || epoch(last_closed)::BIGINT",
            where="first_closed IS NULL OR last_closed > first_closed",
            cells={"version": "0"},
        ),
        Fact(
            "CASE WHEN has_articles THEN 'stepped' ELSE 'message_sent' END",
            "replied",
            "id || '/first_reply'",
            cells={
                "step": "'first_reply'", "actor": "'human'", "direction": "'out'",
                "version": "CASE WHEN has_articles THEN 1 ELSE 0 END",
            },
        ),
        Fact("merged", "updated", "id || '/merged'", where="lower(state_raw) IN ('merged', '5')",
             cells={"origin": "'aggregate'", "version": "0", "agent_id": "owner"}),
        *_promise("first_response", "replied"),
        *_promise("close", "first_closed"),
    ),
)  # fmt: skip

_SENDER: Final = words({"agent": "agent|1", "customer": "customer|2", "system": "system|3"}, "sender_raw")
_OPENING: Final = f"(({_SENDER}) = 'agent' AND created <= came_at + INTERVAL 2 SECOND)"
_ARTICLE: Final = Kind(
    name="article",
    marks=("ticket_id", "sender|sender_id", "created_at"),
    texts={
        "id": "id",
        "ticket": "ticket_id",
        "sender_raw": "sender|sender_id",
        "via": "type|type_id",
        "hidden": "internal",
        "person": "created_by_id|created_by",
        "origin_by": "origin_by_id",
    },
    times={"created": "created_at"},
    known=(
        "from to cc subject body reply_to message_id message_id_md5 in_reply_to content_type references preferences attachments"
        " updated_at updated_by_id updated_by created_by origin_by time_unit delivery subtype detected_language"
    ),
    needs=("id", "ticket", "created"),
    doubts=(
        Doubt(
            f"({_SENDER}) IS NULL",
            "unknown-author",
            "sender_raw",
            "Maybe the sender was translated: known are Agent, Customer and System, or 1, 2 and 3. The article was kept as a"
            " foreign step.",
        ),
    ),
    joins="LEFT JOIN tickets AS t ON t.ticket = r.ticket",
    looked="t.came_at",
    base={"case_id": "ticket", "channel": "via"},
    facts=(
        Fact(
            f"CASE WHEN ({_SENDER}) IS NULL OR {_OPENING} THEN 'stepped' WHEN ({_SENDER}) = 'customer' THEN 'message_received'"
            " ELSE 'message_sent' END",
            "created",
            "'article/' || id",
            cells={
                "step": f"CASE WHEN {_OPENING} THEN 'opening' ELSE 'article' END",
                "agent_id": f"CASE WHEN ({_SENDER}) = 'agent' THEN person END",
                "customer_id": f"CASE WHEN ({_SENDER}) = 'customer' THEN coalesce(origin_by, person) END",
                "actor": f"CASE ({_SENDER}) WHEN 'agent' THEN 'human' WHEN 'system' THEN 'system' END",
                "direction": "CASE WHEN lower(hidden) IN ('true', 't', '1') THEN 'internal'"
                f" WHEN ({_SENDER}) = 'customer' THEN 'in' ELSE 'out' END",
                "version": "(came_at IS NOT NULL)::INT",
            },
        ),
    ),
)

_AT: Final = "epoch_us(changed)"
_CHANGED: Final = "about = 'ticket' AND what = 'updated'"
_HISTORY: Final = Kind(
    name="ticket history",
    marks=("o_id", "type|history_type", "object|history_object", "created_at"),
    texts={
        "id": "id",
        "ticket": "o_id",
        "what_raw": "type|history_type",
        "about_raw": "object|history_object",
        "field_raw": "attribute|history_attribute",
        "before": "value_from",
        "value": "value_to",
        "target": "id_to",
        "person": "created_by_id|user_id|created_by",
    },
    times={"changed": "created_at"},
    known="updated_at related_o_id related_object related_history_object id_from sourceable_id sourceable_type sourceable_name",
    needs=("ticket", "changed"),
    doubts=(
        Doubt(
            f"about = 'ticket' AND field = 'state' AND value IS NOT NULL AND {words(_STATES, 'value')} IS NULL",
            "unknown-status",
            "value",
            _LANGUAGE,
        ),
    ),
    joins=(
        "ASOF LEFT JOIN groups AS g ON g.ticket = r.ticket AND r.changed >= g.moment"
        " ASOF LEFT JOIN owners AS o ON o.ticket = r.ticket AND r.changed >= o.moment"
    ),
    looked=(
        "lower(r.what_raw) AS what, lower(r.about_raw) AS about, regexp_replace(lower(r.field_raw), '_id$', '') AS field,"
        f" {words(_STATES, 'r.value')} AS status, {words(_STATES, 'r.before')} AS status_before,"
        " nullif(nullif(g.value, ''), '-') AS team_then, nullif(nullif(o.value, ''), '-') AS agent_then,"
        " nullif(r.person, '1') AS doer"
    ),
    base={"case_id": "ticket", "team": "team_then", "version": "1"},
    facts=(
        Fact(
            "CASE WHEN status IS NULL THEN 'stepped' ELSE 'status_changed' END",
            "changed",
            f"ticket || '/status/' || {_AT}",
            where=f"{_CHANGED} AND field = 'state' AND value IS NOT NULL",
            # A customer's answer reopens a ticket too: the history does not say whether who did it is an agent.
            cells={"step": "coalesce(status, value)"},
        ),
        Fact(
            "resolved",
            "changed",
            "ticket || '/resolved/' || epoch(changed)::BIGINT",
            where=f"{_CHANGED} AND field = 'state' AND status = 'closed'",
            cells={"agent_id": "coalesce(doer, agent_then)"},
        ),
        Fact(
            "reopened",
            "changed",
            f"ticket || '/reopened/' || {_AT}",
            where=f"{_CHANGED} AND field = 'state' AND status_before IN {_DONE} AND status NOT IN {_DONE}",
        ),
        Fact(
            "CASE WHEN agent_then IS NULL AND team_then IS NULL THEN 'unassigned' ELSE 'assigned' END",
            "changed",
            f"ticket || '/assigned/' || field || '/' || {_AT}",
            where=f"{_CHANGED} AND field IN ('owner', 'group')",
            cells={"agent_id": "agent_then"},
        ),
        Fact(
            "stepped",
            "changed",
            f"ticket || '/priority/' || {_AT}",
            where=f"{_CHANGED} AND field = 'priority' AND value IS NOT NULL",
            cells={"step": "'priority'", "priority": "value", "agent_id": "doer"},
        ),
        Fact(
            "merged",
            "changed",
            "ticket || '/merged'",
            where="about = 'ticket' AND what = 'merged_into'",
            cells={"agent_id": "doer"},
            keys={"merged_into": text("coalesce(target, value)")},
        ),
    ),
)


def _then(field: str) -> Beside:
    return Beside(
        "ticket history",
        {"ticket": "ticket", "moment": "changed", "value": "coalesce(value, '')"},
        key="ticket moment",
        where=f"regexp_replace(lower(field_raw), '_id$', '') = '{field}' AND lower(about_raw) = 'ticket'",
    )


SOURCE: Final = Source(
    name="zammad",
    kinds=(
        _HISTORY, _ARTICLE, _TICKET,
        Kind(name="time accounting", marks=("ticket_id", "time_unit")),
        Kind(name="user, group or state", marks=("id", "active", "created_at")),
    ),
    lists=frozenset({"history", "tickets"}),
    main="tickets",
    beside={
        "tracked": Beside(
            "ticket history", {"ticket": "ticket"}, key="ticket",
            where="regexp_replace(lower(field_raw), '_id$', '') = 'state' AND lower(about_raw) = 'ticket'",
        ),
        "spoken": Beside("article", {"ticket": "ticket"}, key="ticket"),
        "tickets": Beside(
            "ticket", {"ticket": "id", "came_at": "created"}, key="ticket", newest="coalesce(epoch_us(updated), 0)"
        ),
        "groups": _then("group"),
        "owners": _then("owner"),
    },
)  # fmt: skip
