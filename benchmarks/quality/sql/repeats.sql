-- Contacts on the same topic within a week, or within a week after a broken promise.
WITH broken AS (
    SELECT customer_id, occurred_at AS broken_at FROM events
    WHERE activity = 'promise_broken' AND customer_id IS NOT NULL),
firsts AS (
    SELECT contact_id, queue, customer_id, outcome, started_at,
        epoch_us(started_at) - epoch_us(lag(started_at) OVER w) <= 7 * 86400000000 AS follows,
        epoch_us(lead(started_at) OVER w) - epoch_us(started_at) <= 7 * 86400000000 AS followed
    FROM contacts WHERE first_inbound AND customer_id IS NOT NULL
    WINDOW w AS (PARTITION BY customer_id, subject ORDER BY started_at, contact_id)),
let_down AS (
    SELECT DISTINCT contact_id FROM firsts JOIN broken USING (customer_id)
    WHERE broken_at < started_at AND epoch_us(started_at) - epoch_us(broken_at) <= 7 * 86400000000)
SELECT queue, local_day(started_at) AS day,
    avg((coalesce(follows, false) OR let_down.contact_id IS NOT NULL)::INT) AS "flow.failure_demand|value",
    count(*) AS "flow.failure_demand|n",
    avg((followed IS NOT TRUE)::INT) FILTER (served) AS "outcome.first_contact/repeat|value",
    count(*) FILTER (served) AS "outcome.first_contact/repeat|n"
FROM (SELECT *, outcome IN ('answered', 'handled') AND follows IS NOT TRUE AS served FROM firsts)
LEFT JOIN let_down USING (contact_id)
GROUP BY ALL
