-- What customers said.
SELECT e.queue, local_day(e.occurred_at) AS day,
    avg((value >= scale - 1)::INT) FILTER (step = 'satisfaction') AS "voice.csat|value",
    count(*) FILTER (step = 'satisfaction') AS "voice.csat|n",
    avg((value <= 2)::INT) FILTER (step = 'satisfaction') AS "voice.dsat|value",
    count(*) FILTER (step = 'satisfaction') AS "voice.dsat|n",
    avg((value > 0)::INT) FILTER (step = 'resolved') AS "voice.resolved|value",
    count(*) FILTER (step = 'resolved') AS "voice.resolved|n",
    avg((value > 0 AND coalesce(visits, letters, 0) <= 1 AND reopens = 0)::INT)
        FILTER (step = 'resolved' AND reopens IS NOT NULL) AS "outcome.first_contact/survey|value",
    count(*) FILTER (step = 'resolved' AND reopens IS NOT NULL) AS "outcome.first_contact/survey|n"
FROM (SELECT queue, case_id, occurred_at, step, value, coalesce((attributes ->> 'scale')::DOUBLE, 5) AS scale
      FROM events WHERE activity = 'survey_answered' AND value IS NOT NULL) e
LEFT JOIN cases USING (case_id)
LEFT JOIN (SELECT case_id, count(*) AS visits FROM contacts WHERE first_inbound GROUP BY ALL) USING (case_id)
GROUP BY ALL
