-- Cases by when they were opened; closes holds the close of every business day.
WITH dated AS (
    SELECT queue, local_day(opened_at) AS day, moved,
        CASE WHEN first_reply_at >= clock_at THEN (epoch_us(first_reply_at) - epoch_us(clock_at)) / 1e6 END AS reply_s,
        (epoch_us(first_reply_at) - epoch_us(clock_at)) / 1e6 <= 86400 AS within,
        CASE WHEN first_solution_at >= first_at
            THEN (epoch_us(first_solution_at) - epoch_us(first_at)) / 1e6 END AS solution_s,
        first_reply_at <= closes_at AS same_day
    FROM (SELECT *, least(clock_at, first_reply_at) AS since FROM cases) c
    ASOF LEFT JOIN closes ON c.site = closes.site AND c.since < closes.closes_at
    WHERE NOT merged)
SELECT queue, day,
    avg(moved::INT) AS "flow.escalation|value", count(*) AS "flow.escalation|n",
    avg(reply_s) AS "speed.first_reply|value", count(reply_s) AS "speed.first_reply|n",
    quantile_cont(reply_s, [0.5, 0.9, 0.95]) AS "speed.first_reply|q", max(reply_s) AS "speed.first_reply|max",
    avg(coalesce(within, false)::INT) AS "speed.within_24h|value", count(*) AS "speed.within_24h|n",
    avg(coalesce(same_day, false)::INT) AS "speed.same_day|value", count(*) AS "speed.same_day|n",
    avg(solution_s) AS "speed.first_solution|value", count(solution_s) AS "speed.first_solution|n",
    quantile_cont(solution_s, [0.5, 0.9, 0.95]) AS "speed.first_solution|q",
    max(solution_s) AS "speed.first_solution|max"
FROM dated GROUP BY ALL
