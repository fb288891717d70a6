-- Each customer's longest wait of a day and queue. Only who waited too long more than once is sorted.
WITH waits AS (
    SELECT customer_id, queue, local_day(joined_at) AS day, joined_at, contact_id, wait_s FROM contacts
    WHERE customer_id IS NOT NULL AND wait_s >= 0),
worst AS (
    SELECT customer_id, queue, day, max(wait_s) AS worst_s, count(*) FILTER (wait_s > {line_s}) > 1 AS often
    FROM waits GROUP BY ALL),
in_row AS (
    SELECT customer_id, queue, day FROM (
        SELECT customer_id, queue, day, wait_s > {line_s} AND lag(wait_s) OVER (
            PARTITION BY customer_id, day, queue ORDER BY joined_at, contact_id) > {line_s} AS twice
        FROM waits SEMI JOIN (FROM worst WHERE often) USING (customer_id, queue, day))
    GROUP BY ALL HAVING bool_or(twice))
SELECT queue, day,
    avg(worst_s) AS "worst.wait|value", count(*) AS "worst.wait|n",
    quantile_cont(worst_s, [0.5, 0.9, 0.95]) AS "worst.wait|q", max(worst_s) AS "worst.wait|max",
    avg((worst_s > {line_s})::INT) AS "worst.crossed|value", count(*) AS "worst.crossed|n",
    avg((in_row.day IS NOT NULL)::INT) AS "worst.twice|value", count(*) AS "worst.twice|n"
FROM worst LEFT JOIN in_row USING (customer_id, queue, day)
GROUP BY ALL
