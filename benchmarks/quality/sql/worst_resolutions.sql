-- Each customer's longest resolution of a day and queue.
SELECT queue, day,
    avg(worst_s) AS "worst.resolution|value", count(*) AS "worst.resolution|n",
    quantile_cont(worst_s, [0.5, 0.9, 0.95]) AS "worst.resolution|q", max(worst_s) AS "worst.resolution|max"
FROM (
    SELECT customer_id, queue, local_day(final_at) AS day, max(epoch_us(final_at) - epoch_us(first_at)) / 1e6 AS worst_s
    FROM cases WHERE NOT merged AND customer_id IS NOT NULL AND final_at >= first_at
    GROUP BY ALL)
GROUP BY ALL
