-- Seconds busy, there for customers, and paid.
SELECT NULL::VARCHAR AS queue, day,
    coalesce(sum(us) FILTER (state IN ('on_contact', 'wrap')), 0)
        / nullif(sum(us) FILTER (state <> 'shift_started'), 0) AS "load.occupancy|value",
    count(*) FILTER (state <> 'shift_started') AS "load.occupancy|n",
    coalesce(sum(us) FILTER (state IN ('on_contact', 'wrap')), 0)
        / nullif(sum(us) FILTER (state = 'shift_started'), 0) AS "load.utilisation|value",
    count(*) FILTER (state IN ('on_contact', 'wrap')) AS "load.utilisation|n"
FROM paid GROUP BY ALL
