-- Cases open at the end of each day. Only cases reopened, or ended before they began, are sorted.
WITH sums AS (
    SELECT case_id, min(queue) FILTER (activity = 'opened') AS queue,
        min(occurred_at) FILTER (activity = 'opened') AS started_at,
        min(occurred_at) FILTER (activity IN ('resolved', 'closed', 'merged')) AS ended_at,
        count(*) FILTER (activity = 'opened') = 1 AND count(*) FILTER (activity = 'reopened') = 0 AS plain
    FROM events WHERE activity IN ('opened', 'reopened', 'resolved', 'closed', 'merged') AND case_id IS NOT NULL
    GROUP BY case_id),
turns AS (
    SELECT case_id, queue, occurred_at, takes_up, version, activity, source_id FROM (
        SELECT case_id, queue, occurred_at, version, activity, source_id,
            activity IN ('opened', 'reopened') AS takes_up,
            lag(activity IN ('opened', 'reopened')) OVER (
                PARTITION BY case_id ORDER BY occurred_at, version, activity, source_id) AS was
        FROM events SEMI JOIN (FROM sums WHERE NOT plain OR ended_at <= started_at) USING (case_id)
        WHERE activity IN ('opened', 'reopened', 'resolved', 'closed', 'merged'))
    WHERE takes_up <> coalesce(was, NOT takes_up)),
spells AS (
    SELECT queue, started_at, ended_at FROM sums WHERE plain AND NOT coalesce(ended_at <= started_at, false)
    UNION ALL
    SELECT queue, occurred_at, ended_at FROM (
        SELECT queue, occurred_at, takes_up, lead(occurred_at) OVER (
            PARTITION BY case_id ORDER BY occurred_at, version, activity, source_id) AS ended_at FROM turns)
    WHERE takes_up),
flow AS (
    SELECT queue, day, sum(change) AS change FROM (
        SELECT queue, local_day(started_at) AS day, count(*) AS change FROM spells GROUP BY ALL
        UNION ALL
        SELECT queue, local_day(ended_at), -count(*) FROM spells WHERE ended_at IS NOT NULL GROUP BY ALL)
    GROUP BY ALL),
every AS (
    SELECT queue, d.day FROM (SELECT DISTINCT queue FROM flow),
        (SELECT unnest(range({first_day}, {last_day} + 1)) AS day) d)
SELECT queue, day, open AS "flow.backlog|value", open AS "flow.backlog|n"
FROM (SELECT every.queue, every.day, sum(coalesce(change, 0)) OVER (
          PARTITION BY every.queue ORDER BY every.day) AS open
      FROM every LEFT JOIN flow ON every.queue IS NOT DISTINCT FROM flow.queue AND every.day = flow.day)
WHERE open <> 0
