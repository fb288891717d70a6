-- Cases by when they were resolved for good.
SELECT queue, local_day(final_at) AS day,
    avg(total_s) AS "speed.resolution|value", count(total_s) AS "speed.resolution|n",
    quantile_cont(total_s, [0.5, 0.9, 0.95]) AS "speed.resolution|q", max(total_s) AS "speed.resolution|max",
    count(*) / any_value(hours) AS "load.throughput|value", count(*) AS "load.throughput|n"
FROM (SELECT *, CASE WHEN final_at >= first_at THEN (epoch_us(final_at) - epoch_us(first_at)) / 1e6 END AS total_s
      FROM cases WHERE NOT merged AND final_at IS NOT NULL)
LEFT JOIN (SELECT NULL::VARCHAR AS of_queue, day AS of_day, sum(us) / 3600e6 AS hours FROM paid
           WHERE state = 'shift_started' GROUP BY ALL) h ON of_day = local_day(final_at) AND of_queue IS NOT DISTINCT FROM queue
GROUP BY ALL
