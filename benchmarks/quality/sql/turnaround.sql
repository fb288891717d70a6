-- From being given a case to answering the customer; repeats of an assignment are one.
WITH given AS (SELECT DISTINCT case_id FROM events WHERE activity = 'assigned' AND case_id IS NOT NULL),
near AS MATERIALIZED (
    SELECT case_id, queue, agent_id, team, actor, direction, activity, occurred_at, version, source_id
    FROM events SEMI JOIN given USING (case_id)
    WHERE activity IN ('assigned', 'unassigned', 'resolved', 'closed', 'merged', 'message_sent',
        'solution_proposed', 'answered')),
marks AS (
    SELECT *, CASE WHEN activity = 'assigned' THEN concat(agent_id, chr(31), team) END AS who
    FROM near WHERE activity IN ('assigned', 'unassigned', 'resolved', 'closed', 'merged')),
changes AS (
    SELECT * FROM marks
    QUALIFY who IS NULL OR who IS DISTINCT FROM lag(who) OVER (
        PARTITION BY case_id ORDER BY occurred_at, version, activity, source_id)),
spells AS (
    SELECT case_id, queue, agent_id, who, occurred_at AS started_at, lead(occurred_at) OVER (
        PARTITION BY case_id ORDER BY occurred_at, version, activity, source_id) AS ended_at
    FROM changes),
timed AS (
    SELECT s.queue, s.started_at, (epoch_us(min(r.occurred_at)) - epoch_us(s.started_at)) / 1e6 AS turn_s
    FROM spells s JOIN near r ON s.case_id = r.case_id AND s.agent_id = r.agent_id
        AND r.occurred_at >= s.started_at AND (s.ended_at IS NULL OR r.occurred_at <= s.ended_at)
    WHERE s.who IS NOT NULL AND r.actor = 'human' AND r.direction IS DISTINCT FROM 'internal'
        AND r.activity IN ('message_sent', 'solution_proposed', 'resolved', 'answered')
    GROUP BY s.case_id, s.queue, s.agent_id, s.started_at, s.ended_at)
SELECT queue, local_day(started_at) AS day, avg(turn_s) AS "speed.turnaround|value", count(*) AS "speed.turnaround|n",
    quantile_cont(turn_s, [0.5, 0.9, 0.95]) AS "speed.turnaround|q", max(turn_s) AS "speed.turnaround|max"
FROM timed GROUP BY ALL
