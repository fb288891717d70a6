-- Stretches of shifts and states; one of more than 16 hours has lost its end and counts nowhere.
WITH shifts AS (
    SELECT activity AS state, occurred_at AS started_at,
        lead(occurred_at) OVER (PARTITION BY agent_id ORDER BY occurred_at, activity, source_id) AS ended_at
    FROM events WHERE activity IN ('shift_started', 'shift_ended') AND agent_id IS NOT NULL),
states AS (
    SELECT CASE WHEN activity = 'state_changed' THEN step END AS state, occurred_at AS started_at,
        lead(occurred_at) OVER (PARTITION BY agent_id ORDER BY occurred_at, activity, source_id) AS ended_at
    FROM events WHERE activity IN ('state_changed', 'shift_ended') AND agent_id IS NOT NULL)
SELECT state, local_day(started_at) AS day, epoch_us(ended_at) - epoch_us(started_at) AS us
FROM (FROM shifts WHERE state = 'shift_started'
      UNION ALL FROM states WHERE state IN ('on_contact', 'wrap', 'available'))
WHERE epoch_us(ended_at) - epoch_us(started_at) <= 57600000000
