-- Cases by their last resolution: how long they rested until then, and whether they were asked how it was.
WITH marks AS (
    SELECT case_id, CASE activity WHEN 'closed' THEN 'closed' ELSE step END AS status, activity <> 'closed' AS said,
        occurred_at AS since,
        lead(occurred_at) OVER (PARTITION BY case_id ORDER BY occurred_at, version, activity, source_id) AS until
    FROM events WHERE activity IN ('status_changed', 'closed') AND case_id IS NOT NULL),
rests AS (
    SELECT case_id, bool_or(said) AS tracked,
        sum(greatest(0, epoch_us(least(until, last_resolved_at)) - epoch_us(greatest(since, opened_at))))
            FILTER (status IN ('pending', 'on_hold')) / 1e6 AS rest_s
    FROM marks JOIN cases USING (case_id) WHERE last_resolved_at IS NOT NULL GROUP BY ALL),
dated AS (
    SELECT queue, last_resolved_at, asked,
        CASE WHEN tracked AND last_resolved_at >= opened_at THEN coalesce(rest_s, 0) END AS held_s
    FROM cases LEFT JOIN rests USING (case_id)
    LEFT JOIN (SELECT DISTINCT case_id, true AS asked FROM events WHERE activity = 'survey_sent') USING (case_id)
    WHERE NOT merged AND last_resolved_at IS NOT NULL)
SELECT queue, local_day(last_resolved_at) AS day,
    avg(held_s) AS "flow.on_hold|value", count(held_s) AS "flow.on_hold|n",
    quantile_cont(held_s, [0.5, 0.9, 0.95]) AS "flow.on_hold|q", max(held_s) AS "flow.on_hold|max",
    avg(coalesce(asked, false)::INT) AS "voice.surveyed|value", count(*) AS "voice.surveyed|n"
FROM dated
GROUP BY ALL
