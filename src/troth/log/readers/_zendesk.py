"""What tables of Zendesk become; written from the published definitions of its API and of a warehouse's shape of it."""

from __future__ import annotations

from typing import Final

from troth.log.readers import _zendesk_changes as changes
from troth.log.readers._facts import Beside, Doubt, Fact, Kind, Rows, Source, json_object, moment, text, words
from troth.log.readers._zendesk_changes import LANGUAGE, STATUSES, TRACKED

_STATUS: Final = words(STATUSES, "status_raw")
_NOW: Final = {"agent_id": "assignee", "team": "team", "origin": "'aggregate'"}
_SURVEY: Final = {
    **_NOW, "subject_kind": "'survey'", "subject_id": "'zendesk/' || id", "actor": "'system'", "direction": "'out'",
}  # fmt: skip
_TICKET: Final = Kind(
    name="ticket",
    marks=("id", "status", "created_at", "requester_id|submitter_id|subject"),
    texts={
        "id": "id",
        "status_raw": "status",
        "requester": "requester_id",
        "submitter": "submitter_id",
        "assignee": "assignee_id",
        "team": "group_id",
        "brand": "brand_id",
        "priority": "priority",
        "kind": "type",
        "form": "ticket_form_id",
        "via": "via.channel|via_channel",
        "tags": "tags",
        "merged_ids": "merged_ticket_ids",
        "problem_case": "problem_id",
        "score": "satisfaction_rating.score|satisfaction_rating_score",
    },
    times={"created": "created_at", "updated": "updated_at", "due": "due_at"},
    known=(
        "url external_id subject raw_subject description recipient organization_id collaborator_ids email_cc_ids"
        " follower_ids forum_topic_id has_incidents custom_fields fields sharing_agreement_ids followup_ids"
        " allow_channelback allow_attachments is_public custom_status_id from_messaging_channel encoded_id"
        " generated_timestamp result_type satisfaction_rating_comment satisfaction_rating_id satisfaction_rating_reason"
        " via_source_from_address via_source_from_id via_source_from_title via_source_rel via_source_to_address"
        " via_source_to_name system_client system_ip_address system_latitude system_location system_longitude"
        " _fivetran_synced _fivetran_deleted"
    ),
    needs=("id", "created"),
    wrong=(
        Doubt("updated < created", "end-before-start", "updated", "Maybe two columns were swapped; export them again."),
    ),
    doubts=(Doubt(f"status_raw IS NOT NULL AND {_STATUS} IS NULL", "unknown-status", "status_raw", LANGUAGE),),
    version="coalesce(epoch_us(updated), 0)",
    joins=f"LEFT JOIN {TRACKED} AS told ON told.ticket = r.id",
    looked=(
        f"{words(STATUSES, 'r.status_raw')} AS status, told.ticket IS NOT NULL AS has_history,"
        " coalesce(r.submitter <> r.requester, false) AS by_agent,"
        " regexp_matches(coalesce(r.tags, ''), '(^|[^a-z_])closed_by_merge([^a-z_]|$)') AS was_merged"
    ),
    base={
        "case_id": "id",
        "customer_id": "requester",
        "channel": "via",
        "service": "kind",
        "priority": "priority",
    },
    foreign={"form": "form", "brand": "brand"},
    facts=(
        # A ticket opened by an agent went out; its first comment is the opening and no reply.
        Fact(
            "opened",
            "created",
            "id || '/opened'",
            cells={
                "direction": "CASE WHEN by_agent THEN 'out' ELSE 'in' END",
                "agent_id": "CASE WHEN by_agent THEN submitter END",
                "team": "CASE WHEN NOT has_history THEN team END",
            },
            keys={"due_at": moment("due"), "parent_case_id": text("problem_case")},
            foreign=True,
        ),
        # Without a history only the present state is known, as of the last change of anything.
        Fact(
            "CASE WHEN status IS NULL THEN 'stepped' ELSE 'status_changed' END",
            "updated",
            "id || '/state'",
            where="status_raw IS NOT NULL AND (NOT has_history OR status = 'cancelled')",
            cells={**_NOW, "step": "coalesce(status, status_raw)", "actor": "'system'"},
            keys={"reason": "CASE WHEN status = 'cancelled' THEN '\"deleted\"' END"},
        ),
        Fact(
            "assigned",
            "updated",
            "id || '/holder'",
            where="NOT has_history AND (assignee IS NOT NULL OR team IS NOT NULL)",
            cells=_NOW,
        ),
        # A deleted ticket is over, whatever its history says.
        Fact(
            "closed",
            "updated",
            "id || '/deleted'",
            where="status = 'cancelled'",
            cells={"origin": "'aggregate'", "actor": "'system'"},
            keys={"code": "'\"deleted\"'"},
        ),
        Fact("merged", "updated", "id || '/merged'", where="was_merged", cells={**_NOW, "version": "0"}),
        Fact(
            "survey_answered",
            "updated",
            "id || '/satisfaction'",
            where="lower(score) IN ('good', 'bad')",
            cells={
                **_SURVEY,
                "step": "'csat'",
                "value": "CASE lower(score) WHEN 'good' THEN 1 ELSE 0 END",
                "actor": "NULL",
                "direction": "'in'",
            },
            keys={"scale": "'1'", "scale_low": "'0'"},
        ),
        Fact(
            "survey_sent",
            "updated",
            "id || '/satisfaction_sent'",
            where="lower(score) IN ('good', 'bad', 'offered')",
            cells=_SURVEY,
        ),
    ),
    # A ticket others were joined into names them; they themselves do not say where they went.
    lists={
        "merged_ids": Fact(
            "merged",
            "updated",
            "element || '/merged'",
            cells={
                "case_id": "element",
                "origin": "'aggregate'",
                "version": "1",
                "agent_id": "assignee",
                "team": "team",
            },
            keys={"merged_into": text("id")},
        )
    },
)

_MINUTES: Final = {
    "reply_time": "reply_time_in_minutes",
    "first_resolution_time": "first_resolution_time_in_minutes",
    "full_resolution_time": "full_resolution_time_in_minutes",
    "agent_wait_time": "agent_wait_time_in_minutes",
    "requester_wait_time": "requester_wait_time_in_minutes",
    "on_hold_time": "on_hold_time_in_minutes",
}
_HOURS: Final = ("calendar", "business")
_COUNTS: Final = ("reopens", "replies", "assignee_stations", "group_stations")
_REPLIED: Final = "created + to_microseconds((reply_time_calendar * 60000000)::BIGINT)"
_METRICS: Final = Kind(
    name="ticket metrics",
    marks=("ticket_id", "replies|reopens|group_stations", "solved_at|updated_at|created_at"),
    texts={"id": "ticket_id"},
    times={
        "created": "created_at",
        "updated": "updated_at",
        "solved": "solved_at",
        "given": "initially_assigned_at",
    },
    numbers={
        **{f"{n}_{h}": f"{place}.{h}|{place}_{h}" for n, place in _MINUTES.items() for h in _HOURS},
        "reply_s": "reply_time_in_seconds.calendar|reply_time_in_seconds_calendar",
        **{n: n for n in _COUNTS},
    },
    known=(
        "id url assigned_at assignee_updated_at requester_updated_at status_updated_at custom_status_updated_at"
        " latest_comment_added_at reply_time_in_seconds _fivetran_synced " + " ".join(_MINUTES.values())
    ),
    needs=("id",),
    version="coalesce(epoch_us(updated), 0)",
    joins=f"LEFT JOIN {TRACKED} AS told ON told.ticket = r.id LEFT JOIN {changes.SPOKEN} AS talk ON talk.ticket = r.id",
    looked="told.ticket IS NOT NULL AS has_history, talk.ticket IS NOT NULL AS has_comments",
    base={"case_id": "id"},
    figures={
        **{f"{n}_{h}": f"{n}_{h} * 60" for n in _MINUTES for h in _HOURS},
        "reply_time_in_seconds": "reply_s",
        **{n: n for n in _COUNTS},
    },
    facts=(
        Fact(
            "stepped",
            "coalesce(updated, solved, created)",
            "id || '/metrics'",
            cells={"step": "'figures'", "actor": "'system'", "origin": "'aggregate'"},
            figures=True,
        ),
        # The last solving, which the history tells as well, then with who did it.
        Fact("resolved", "solved", "id || '/resolved/' || epoch(solved)::BIGINT", cells={"version": "0"}),
        Fact(
            "assigned",
            "given",
            "id || '/assigned/first'",
            where="NOT has_history",
            cells={"origin": "'aggregate'", "version": "0"},
        ),
        # Where comments are at hand they tell of the reply, and this one becomes a mere step.
        Fact(
            "CASE WHEN has_comments THEN 'stepped' ELSE 'message_sent' END",
            _REPLIED,
            "id || '/first_reply'",
            cells={
                "step": "'first_reply'",
                "actor": "'human'",
                "direction": "'out'",
                "origin": "'aggregate'",
                "version": "CASE WHEN has_comments THEN 1 ELSE 0 END",
            },
        ),
    ),
)

_SUBJECT: Final = "ticket || '/' || metric || '/' || coalesce(instance, '0')"
_PROMISE: Final = {"subject_kind": "'promise'", "subject_id": _SUBJECT, "actor": "'system'"}
_KIND: Final = {"kind": text("metric")}
_METRIC_EVENT: Final = Kind(
    name="ticket metric event",
    marks=("ticket_id", "metric", "type", "time"),
    texts={
        "id": "id",
        "ticket": "ticket_id",
        "metric": "metric",
        "instance": "instance_id",
        "event": "type",
        "policy": "sla.policy.title|group_sla.policy.title|sla_policy_title",
        "in_business": "sla.business_hours|group_sla.business_hours",
        "removed": "deleted",
    },
    times={"happened": "time"},
    numbers={
        "target_s": "sla.target_in_seconds|group_sla.target_in_seconds",
        "target_min": "sla.target|group_sla.target",
        "calendar_min": "status.calendar",
        "business_min": "status.business",
    },
    known="sla group_sla status",
    needs=("id", "ticket", "metric", "event", "happened"),
    doubts=(
        Doubt(
            "unknown_ticket",
            "metric-without-ticket",
            "ticket",
            "Maybe the ticket was deleted or its page was not exported: put tickets beside metric events. The event is kept.",
        ),
    ),
    joins=(
        "LEFT JOIN tickets AS t ON t.ticket = r.ticket LEFT JOIN promised AS p ON p.ticket = r.ticket AND p.metric = r.metric"
        " AND p.instance = coalesce(r.instance, '0')"
    ),
    looked=(
        "t.ticket IS NULL AS unknown_ticket, p.ticket IS NOT NULL AS has_target,"
        " CASE WHEN lower(coalesce(r.in_business, 'false')) <> 'true' THEN r.happened +"
        " to_microseconds((coalesce(r.target_s, r.target_min * 60) * 1000000)::BIGINT) END AS due"
    ),
    base={"case_id": "ticket"},
    figures={"calendar": "calendar_min * 60", "business": "business_min * 60"},
    facts=(
        Fact(
            "promised",
            "happened",
            "'metric-event/' || id",
            where="event IN ('apply_sla', 'apply_group_sla')",
            cells=_PROMISE,
            keys={
                **_KIND,
                "due_at": moment("due"),
                "label": text("policy"),
                "foreign": json_object(
                    {"target_s": text("coalesce(target_s, target_min * 60)"), "business_hours": text("in_business")}
                ),
            },
        ),
        Fact(
            "promise_broken",
            "happened",
            "'metric-event/' || id",
            where="event = 'breach' AND lower(coalesce(removed, 'false')) <> 'true'",
            cells=_PROMISE,
            keys=_KIND,
        ),
        # Fulfilled without a target nothing was promised.
        Fact(
            "CASE WHEN has_target THEN 'promise_kept' ELSE 'stepped' END",
            "happened",
            "'metric-event/' || id",
            where="event = 'fulfill'",
            cells={**_PROMISE, "step": "metric || ' fulfill'", "version": "CASE WHEN has_target THEN 1 ELSE 0 END"},
            keys={"topic": text("metric")},
        ),
        Fact(
            "stepped",
            "happened",
            "'metric-event/' || id",
            where="event NOT IN ('apply_sla', 'apply_group_sla', 'breach', 'fulfill') OR (event = 'breach' AND"
            " lower(coalesce(removed, 'false')) = 'true')",
            cells={"step": "metric || ' ' || event", "actor": "'system'"},
            keys={"topic": text("metric")},
            figures=True,
        ),
    ),
)

_USER: Final = Kind(
    name="user",
    marks=("id", "role", "name|email|created_at"),
    texts={"id": "id", "role": "role"},
    times={"created": "created_at", "updated": "updated_at"},
    # Who a person is stays behind; only agents are told of, by number and role.
    known="",
    needs=("id",),
    version="coalesce(epoch_us(updated), 0)",
    rows=(
        Rows(
            "people",
            {"agent_id": "id", "kind": "'human'", "role": "lower(role)", "version": "coalesce(epoch_us(updated), 0)"},
            where="lower(role) IN ('agent', 'admin')",
        ),
    ),
    private=True,
)
_UNUSED: Final = (
    Kind(name="schedule", marks=("start_time", "end_time", "time_zone")),
    Kind(name="SLA policy", marks=("sla_policy_id", "metric|policy_applied_at")),
    Kind(name="schedule of a ticket", marks=("ticket_id", "schedule_id")),
    Kind(name="group or organisation", marks=("id", "name", "url|_fivetran_synced|_fivetran_deleted")),
)

SOURCE: Final = Source(
    name="zendesk",
    kinds=(changes.AUDIT, _METRIC_EVENT, _METRICS, changes.HISTORY, changes.COMMENT, _TICKET, _USER, *_UNUSED),
    lists=frozenset(
        "tickets ticket_metrics ticket_metric_events audits ticket_audits comments users results groups organizations".split()
    ),
    main="tickets",
    beside={
        **changes.BESIDE,
        "tickets": Beside(
            "ticket",
            {
                "ticket": "id",
                "came_at": "created",
                "asker": "requester",
                "by_agent": "coalesce(submitter <> requester, false)",
            },
            key="ticket",
            newest="coalesce(epoch_us(updated), 0)",
        ),
        "users": Beside(
            "user", {"person": "id", "role": "lower(role)"}, key="person", newest="coalesce(epoch_us(updated), 0)"
        ),
        "promised": Beside(
            "ticket metric event",
            {"ticket": "ticket", "metric": "metric", "instance": "coalesce(instance, '0')"},
            key="ticket metric instance",
            where="event IN ('apply_sla', 'apply_group_sla')",
        ),
    },
)
