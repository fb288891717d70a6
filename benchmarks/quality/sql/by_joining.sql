-- Contacts by when they joined the queue.
SELECT queue, local_day(joined_at) AS day,
    avg((outcome = 'abandoned')::INT) FILTER (through) AS "flow.abandonment|value",
    count(*) FILTER (through) AS "flow.abandonment|n",
    avg((outcome IN ('answered', 'abandoned', 'callback') AND coalesce(wait_s <= 20, false))::INT)
        FILTER (through) AS "sla.service_level|value",
    count(*) FILTER (through) AS "sla.service_level|n",
    avg(answer_s) AS "speed.answer|value", count(answer_s) AS "speed.answer|n",
    quantile_cont(answer_s, [0.5, 0.9, 0.95]) AS "speed.answer|q", max(answer_s) AS "speed.answer|max"
FROM (SELECT *, queued_at IS NOT NULL AND outcome <> 'open' AS through,
        CASE WHEN outcome = 'answered' AND wait_s >= 0 THEN wait_s END AS answer_s FROM contacts)
GROUP BY ALL
