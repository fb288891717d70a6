-- Cases by when they were opened, of those a team had: how many came back to one they had left.
WITH given AS (
    SELECT case_id, team, lag(team) OVER (PARTITION BY case_id ORDER BY occurred_at, version, source_id) AS before
    FROM events WHERE activity = 'assigned' AND team IS NOT NULL AND case_id IS NOT NULL)
SELECT queue, local_day(opened_at) AS day,
    avg((moves > teams)::INT) AS "flow.returns|value", count(*) AS "flow.returns|n"
FROM cases JOIN (
    SELECT case_id, count(*) AS moves, count(DISTINCT team) AS teams
    FROM given WHERE before IS DISTINCT FROM team GROUP BY ALL) USING (case_id)
WHERE NOT merged
GROUP BY ALL
