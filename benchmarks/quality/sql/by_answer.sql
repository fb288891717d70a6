-- Contacts by when they were answered.
SELECT queue, local_day(answered_at) AS day,
    avg(handle_s) AS "speed.handle|value", count(handle_s) AS "speed.handle|n",
    quantile_cont(handle_s, [0.5, 0.9, 0.95]) AS "speed.handle|q", max(handle_s) AS "speed.handle|max"
FROM contacts WHERE outcome = 'answered'
GROUP BY ALL
