-- Cases by their last resolution.
SELECT queue, local_day(last_resolved_at) AS day,
    avg((replies = 1)::INT) AS "outcome.first_contact/touch|value", count(*) AS "outcome.first_contact/touch|n",
    avg((replies < 2)::INT) AS "outcome.first_contact/touch_zendesk|value",
    count(*) AS "outcome.first_contact/touch_zendesk|n"
FROM cases WHERE NOT merged AND last_resolved_at IS NOT NULL
GROUP BY ALL
