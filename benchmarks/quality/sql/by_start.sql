-- Contacts by when they began.
SELECT queue, local_day(started_at) AS day, count(*) AS "flow.volume|value", count(*) AS "flow.volume|n"
FROM contacts WHERE first_inbound
GROUP BY ALL
