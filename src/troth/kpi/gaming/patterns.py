"""The patterns: what is counted of each person, out of what, and which figures it flatters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from troth.kpi.gaming.pairs import PAIRS


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way to make a figure better than the service is.

    Parameters
    ----------
    id : its stable name.
    sentence : what it is.
    counted, among : what is counted, out of what.
    pairs : ids of the pairs of figures it trades: the first of each looks better for it, the second shows the other side.
    sql : DuckDB SQL with one row a chance: ``agent_id, stratum, hit, control, case_id, dated_at``. `hit` tells whether it was taken;
        rows with `control` tell how often the person does the same where there is nothing to gain. It reads the views
        ``e`` (settled events), ``sla_clocks``, ``contacts``, ``cases``.
    """

    id: str
    sentence: str
    counted: str
    among: str
    pairs: tuple[str, ...]
    sql: str

    @property
    def flatters(self) -> tuple[str, ...]:
        """The KPIs that look better for it."""
        return tuple(dict.fromkeys(PAIRS[one].first for one in self.pairs))

    @property
    def beside(self) -> tuple[str, ...]:
        """The KPIs that show the other side and should be read with those."""
        return tuple(dict.fromkeys(PAIRS[one].second for one in self.pairs))


#: The last part of a target that counts as its last minutes, and as just before a breach.
LAST: Final = 0.1

_LAST_MINUTES = Pattern(
    id="last-minutes",
    sentence="Agreements are met in their last minutes, and hardly ever missed by as little.",
    counted="clocks met in the last tenth of their target",
    among="clocks decided within a tenth of their target before or after they were due",
    pairs=("agreements-resolution", "agreements-reopened"),
    sql=f"""
        SELECT agent_id, metric || ' ' || coalesce(priority, '') AS stratum, state = 'met' AS hit, false AS control, case_id,
            started_at AS dated_at
        FROM sla_clocks WHERE agent_id IS NOT NULL AND state IN ('met', 'breached') AND ended_at IS NOT NULL
            AND share > {1 - LAST} AND share <= {1 + LAST}""",
)
_HANDED_ON = Pattern(
    id="handed-on-before-breach",
    sentence="Cases are handed to somebody else just before their clock runs out.",
    counted="cases handed on in the last tenth of a running clock, or when it had just run out",
    among="cases handed on while a clock was running",
    pairs=("agreements-escalation", "agreements-worst"),
    sql=f"""
        WITH held AS (
            SELECT case_id, occurred_at, activity, agent_id, channel,
                lag(CASE activity WHEN 'assigned' THEN agent_id END) OVER (
                    PARTITION BY case_id ORDER BY occurred_at, version, source_id) AS was
            FROM e WHERE activity IN ('assigned', 'unassigned') AND case_id IS NOT NULL),
        moved AS (SELECT * FROM held WHERE was IS NOT NULL AND was IS DISTINCT FROM CASE activity WHEN 'assigned' THEN agent_id END)
        SELECT m.was AS agent_id, coalesce(any_value(m.channel), '') AS stratum,
            bool_or(epoch_us(c.due_at) - epoch_us(m.occurred_at) <= {LAST} * 1e6 * c.target_s) AS hit, false AS control,
            m.case_id, m.occurred_at AS dated_at
        FROM moved m JOIN sla_clocks c ON c.case_id = m.case_id AND c.due_at IS NOT NULL AND c.started_at <= m.occurred_at
            AND epoch_us(m.occurred_at) - epoch_us(c.due_at) <= {LAST / 2} * 1e6 * c.target_s
            AND (c.ended_at IS NULL OR c.ended_at > m.occurred_at)
        GROUP BY m.case_id, m.occurred_at, m.was""",
)
_SILENT_PENDING = Pattern(
    id="pending-without-a-word",
    sentence="Cases are set to wait for the customer, who was not asked anything.",
    counted="cases set to pending or on hold without a message to the customer within an hour",
    among="cases set to pending or on hold",
    pairs=("agreements-backlog", "paused-resolution"),
    sql="""
        WITH told AS (
            SELECT case_id, occurred_at FROM e WHERE activity IN ('message_sent', 'solution_proposed', 'answered', 'ended')
                AND coalesce(direction, 'out') <> 'internal' AND coalesce(actor, 'human') = 'human' AND case_id IS NOT NULL),
        changed AS (
            SELECT * FROM e WHERE activity = 'status_changed' AND case_id IS NOT NULL
            QUALIFY step IS DISTINCT FROM lag(step) OVER (PARTITION BY case_id ORDER BY occurred_at, version, source_id))
        SELECT p.agent_id, coalesce(p.channel, '') || ' ' || p.step AS stratum, NOT EXISTS (
            SELECT 1 FROM told t WHERE t.case_id = p.case_id AND abs(epoch_us(t.occurred_at) - epoch_us(p.occurred_at)) <= 3600000000
        ) AS hit, false AS control, p.case_id, p.occurred_at AS dated_at
        FROM changed p WHERE p.step IN ('pending', 'on_hold') AND p.agent_id IS NOT NULL
            AND coalesce(p.actor, 'human') = 'human'""",
)
_CUT_SHORT = Pattern(
    id="cut-short",
    sentence="Contacts are cut short, and the same customers come again.",
    counted="short contacts after which the customer came again on the same topic within a week",
    among="contacts of known customers that a person served",
    pairs=("handle-first-contact", "handle-failure-demand", "throughput-satisfied"),
    sql="""
        WITH c AS (
            SELECT *, coalesce(topic, service, '') AS subject, coalesce(queue, '') AS place,
                lead(started_at) OVER (PARTITION BY customer_id, coalesce(topic, service, '') ORDER BY started_at, contact_id) AS next_at
            FROM contacts WHERE customer_id IS NOT NULL AND previous_contact_id IS NULL AND (direction IS NULL OR direction = 'in')),
        lines AS (SELECT place, quantile_cont(service_s, 0.25) AS short_s FROM c WHERE service_s IS NOT NULL GROUP BY place)
        SELECT agent_id, place AS stratum,
            service_s <= short_s AND coalesce(epoch_us(next_at) - epoch_us(started_at) <= 604800000000, false) AS hit,
            false AS control, case_id, started_at AS dated_at
        FROM c JOIN lines USING (place) WHERE agent_id IS NOT NULL AND outcome = 'answered' AND service_s IS NOT NULL""",
)
_CHOSEN_SURVEYS = Pattern(
    id="chosen-surveys",
    sentence="Customers whose case went badly are not asked how it went.",
    counted="cases that went badly without a survey",
    among="cases that went badly: reopened, or in the slowest tenth of their channel, where surveys are sent; beside all others",
    pairs=("satisfied-surveyed", "resolved-surveyed", "satisfied-failure-demand"),
    sql="""
        WITH done AS (
            SELECT case_id, agent_id, coalesce(channel, '') AS place, reopens, opened_at AS dated_at,
                epoch_us(last_resolved_at) - epoch_us(opened_at) AS took
            FROM cases WHERE agent_id IS NOT NULL AND last_resolved_at IS NOT NULL AND merged_into IS NULL),
        slow AS (SELECT place, quantile_cont(took, 0.9) AS line FROM done GROUP BY place),
        asked AS (SELECT DISTINCT case_id FROM e WHERE activity = 'survey_sent' AND case_id IS NOT NULL)
        SELECT agent_id, place AS stratum, asked.case_id IS NULL AS hit, NOT (reopens > 0 OR took > line) AS control, done.case_id, dated_at
        FROM done JOIN slow USING (place)
        JOIN (SELECT DISTINCT place FROM done JOIN asked USING (case_id)) USING (place)
        LEFT JOIN asked ON asked.case_id = done.case_id""",
)

#: Every pattern by its id.
PATTERNS: Final[dict[str, Pattern]] = {
    one.id: one for one in (_LAST_MINUTES, _HANDED_ON, _SILENT_PENDING, _CUT_SHORT, _CHOSEN_SURVEYS)
}
