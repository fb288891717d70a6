-- Walk-ins served and hours counters were open.
WITH served AS (
    SELECT queue, local_day(answered_at) AS day, count(*) AS n FROM contacts
    WHERE outcome = 'answered' AND channel = 'walk_in' GROUP BY ALL),
open_hours AS (
    SELECT queue, local_day(occurred_at) AS day, sum(us) / 3600e6 AS hours
    FROM (
        SELECT queue, activity, occurred_at,
            epoch_us(lead(occurred_at) OVER (
                PARTITION BY site, coalesce(subject_id, attributes ->> 'counter', agent_id)
                ORDER BY occurred_at, activity, source_id)) - epoch_us(occurred_at) AS us
        FROM events WHERE activity IN ('counter_opened', 'counter_closed') AND site IS NOT NULL)
    WHERE activity = 'counter_opened' AND us <= 57600000000
    GROUP BY ALL)
SELECT s.queue, s.day, n / hours AS "flow.served_per_hour|value", n AS "flow.served_per_hour|n"
FROM served s LEFT JOIN open_hours h ON s.queue IS NOT DISTINCT FROM h.queue AND s.day = h.day
