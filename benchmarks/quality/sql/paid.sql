-- Stretches of shifts and states; one of more than 16 hours has lost its end. A shift without an end has that of the last
-- state in it, a state without one counts nowhere.
WITH marks AS (
    SELECT agent_id, activity, occurred_at, source_id, lead(occurred_at) OVER w AS next_at, lead(activity) OVER w AS next_is,
        lag(activity) OVER w AS last_is
    FROM events WHERE activity IN ('shift_started', 'shift_ended') AND agent_id IS NOT NULL
    WINDOW w AS (PARTITION BY agent_id ORDER BY occurred_at, activity, source_id)),
starts AS (
    SELECT agent_id, occurred_at AS started_at, least(next_at, occurred_at + INTERVAL 16 HOUR) AS until,
        CASE WHEN next_is = 'shift_ended' AND next_at = until THEN next_at END AS ended_at
    FROM marks WHERE activity = 'shift_started'),
seen AS (
    SELECT s.agent_id, started_at, until, max(occurred_at) AS seen_at
    FROM starts s JOIN events e ON e.agent_id = s.agent_id AND e.occurred_at >= started_at AND e.occurred_at < until
    WHERE ended_at IS NULL AND activity = 'state_changed' GROUP BY ALL),
shifts AS (
    SELECT 'shift_started' AS state, started_at, coalesce(ended_at, seen_at) AS ended_at
    FROM starts LEFT JOIN seen USING (agent_id, started_at, until)),
states AS (
    SELECT CASE WHEN activity = 'state_changed' THEN step END AS state, occurred_at AS started_at,
        lead(occurred_at) OVER w AS ended_at, lead(activity) OVER w AS next_is
    FROM (SELECT agent_id, activity, occurred_at, source_id, step FROM events
          WHERE activity = 'state_changed' AND agent_id IS NOT NULL
          UNION ALL SELECT agent_id, activity, occurred_at, source_id, NULL FROM marks
          WHERE activity = 'shift_ended' OR last_is = 'shift_started')
    WINDOW w AS (PARTITION BY agent_id ORDER BY occurred_at, activity, source_id)
    QUALIFY next_is IS DISTINCT FROM 'shift_started')
SELECT state, local_day(started_at) AS day, epoch_us(ended_at) - epoch_us(started_at) AS us
FROM (FROM shifts UNION ALL SELECT state, started_at, ended_at FROM states WHERE state IN ('on_contact', 'wrap', 'available'))
WHERE epoch_us(ended_at) - epoch_us(started_at) <= 57600000000
