-- Promises kept and broken; a promise ends once.
SELECT queue, local_day(occurred_at) AS day,
    avg((activity = 'promise_kept')::INT) AS "promise.kept|value", count(*) AS "promise.kept|n"
FROM events WHERE activity IN ('promise_kept', 'promise_broken')
GROUP BY ALL
