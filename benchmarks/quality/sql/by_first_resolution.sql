-- Cases by their first resolution.
SELECT queue, local_day(first_resolved_at) AS day, avg(reopened::INT) AS "outcome.reopened|value",
    count(*) AS "outcome.reopened|n"
FROM cases WHERE NOT merged AND first_resolved_at IS NOT NULL
GROUP BY ALL
