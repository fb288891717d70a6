-- How many surveys were answered.
SELECT queue, local_day(occurred_at) AS day, avg((rated IS NOT NULL)::INT) AS "voice.response|value",
    count(*) AS "voice.response|n"
FROM (FROM events WHERE activity = 'survey_sent') LEFT JOIN (
    SELECT DISTINCT subject_id, true AS rated FROM events
    WHERE activity = 'survey_answered' AND step = 'satisfaction' AND value IS NOT NULL) USING (subject_id)
GROUP BY ALL
