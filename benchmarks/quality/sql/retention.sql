-- Each customer's first case of a day.
SELECT queue, local_day(opened_at) AS day,
    avg(coalesce(epoch_us(next_at) - epoch_us(opened_at) <= 90 * 86400000000, false)::INT) AS "customer.retention|value",
    count(*) AS "customer.retention|n"
FROM (SELECT queue, opened_at, lead(opened_at) OVER (PARTITION BY customer_id ORDER BY opened_at, case_id) AS next_at,
          lag(opened_at) OVER (PARTITION BY customer_id ORDER BY opened_at, case_id) AS previous_at
      FROM cases WHERE customer_id IS NOT NULL AND NOT merged)
WHERE previous_at IS NULL OR local_day(previous_at) <> local_day(opened_at)
GROUP BY ALL
