-- At each customer's last promise of a day: how many were broken in the 90 days up to it.
WITH settled AS MATERIALIZED (
    SELECT customer_id, subject_id, queue, activity, occurred_at, local_day(occurred_at) AS day FROM events
    WHERE activity IN ('promise_kept', 'promise_broken') AND customer_id IS NOT NULL),
last AS (
    SELECT customer_id, day, max((epoch_us(occurred_at), subject_id, queue)) AS it FROM settled GROUP BY ALL),
counted AS (
    SELECT customer_id, day, count(*) AS times
    FROM last JOIN (SELECT customer_id, epoch_us(occurred_at) AS tick FROM settled
                    WHERE activity = 'promise_broken') USING (customer_id)
    WHERE tick BETWEEN it[1] - 90 * 86400000000 AND it[1]
    GROUP BY ALL)
SELECT it[3] AS queue, day, avg(coalesce(times, 0)) AS "worst.broken_promises|value",
    count(*) AS "worst.broken_promises|n",
    quantile_cont(coalesce(times, 0)::DOUBLE, [0.5, 0.9, 0.95]) AS "worst.broken_promises|q",
    max(coalesce(times, 0)) AS "worst.broken_promises|max"
FROM last LEFT JOIN counted USING (customer_id, day)
GROUP BY ALL
