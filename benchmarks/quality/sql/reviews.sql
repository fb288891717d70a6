-- Reviews; every one has a total.
WITH reviews AS (
    SELECT subject_id, any_value(agent_id) AS agent_id, any_value(queue) AS queue, local_day(max(occurred_at)) AS day,
        CASE WHEN bool_or(step <> 'total' AND value <= 0 AND attributes LIKE '%"critical": true%') THEN 0
            ELSE max(value) FILTER (step = 'total') END AS score
    FROM events WHERE activity = 'quality_reviewed' GROUP BY subject_id)
SELECT * FROM (
    SELECT queue, day, avg(score) AS "quality.score|value", count(score) AS "quality.score|n" FROM reviews GROUP BY ALL)
LEFT JOIN (
    SELECT queue, day, avg((mean >= 80)::INT) AS "quality.agents_passing|value", count(*) AS "quality.agents_passing|n"
    FROM (SELECT agent_id, queue, day, avg(score) AS mean FROM reviews
          GROUP BY ALL HAVING count(score) >= 10)
    GROUP BY ALL) USING (queue, day)
