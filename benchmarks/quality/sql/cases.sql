-- One row a case.
WITH usual AS (
    SELECT case_id, any_value(customer_id) AS customer_id, any_value(site) AS site,
        min(queue) FILTER (activity = 'opened') AS queue,
        min(queue) FILTER (activity <> 'opened') AS any_queue,
        min(occurred_at) AS started_at,
        min(occurred_at) FILTER (activity = 'opened') AS opened_at,
        min(occurred_at) FILTER (activity IN ('opened', 'message_received', 'arrived', 'queued')) AS first_in_at,
        min(occurred_at) FILTER (reply AND actor = 'human') AS first_reply_at,
        min(occurred_at) FILTER (activity = 'resolved') AS first_resolved_at,
        max(occurred_at) FILTER (activity = 'resolved') AS last_resolved_at,
        count(*) FILTER (reply AND actor = 'human') AS replies,
        count(*) FILTER (activity IN ('queued', 'message_received')) AS letters
    FROM (
        SELECT *, activity = 'answered'
            OR (activity = 'message_sent' AND direction IS DISTINCT FROM 'internal') AS reply
        FROM events
        WHERE activity IN ('arrived', 'queued', 'answered', 'message_received', 'message_sent', 'opened', 'resolved',
            'closed') AND case_id IS NOT NULL)
    GROUP BY case_id),
other AS (
    SELECT case_id, any_value(customer_id) AS customer_id, any_value(site) AS site, min(queue) AS queue,
        min(occurred_at) AS started_at,
        bool_or(activity = 'merged') AS merged,
        min(occurred_at) FILTER (activity = 'solution_proposed') AS proposed_at,
        min(occurred_at) FILTER (activity = 'reopened') AS first_reopened_at,
        bool_or(activity IN ('escalated', 'transferred')) AS moved,
        count(DISTINCT team) FILTER (activity = 'assigned') AS teams,
        count(*) FILTER (activity = 'reopened') AS reopens,
        list(occurred_at) FILTER (activity = 'reopened'
            OR (activity IN ('escalated', 'transferred') AND actor = 'bot')) AS handovers,
        list(occurred_at) FILTER (activity = 'reopened') AS reopenings
    FROM events
    WHERE activity IN ('transferred', 'escalated', 'assigned', 'status_changed', 'solution_proposed', 'reopened', 'merged')
        AND case_id IS NOT NULL
    GROUP BY case_id),
whole AS (
    SELECT case_id, coalesce(u.customer_id, o.customer_id) AS customer_id, coalesce(u.site, o.site) AS site,
        coalesce(u.queue, u.any_queue, o.queue) AS queue,
        coalesce(u.opened_at, least(u.started_at, o.started_at)) AS opened_at,
        u.first_in_at, u.first_reply_at, u.first_resolved_at, u.last_resolved_at, coalesce(u.replies, 0) AS replies, u.letters,
        coalesce(o.merged, false) AS merged, least(o.proposed_at, u.first_resolved_at) AS first_solution_at,
        o.first_reopened_at, coalesce(o.moved OR o.teams > 1, false) AS moved, coalesce(o.reopens, 0) AS reopens,
        list_max(list_filter(o.handovers, lambda t: t <= u.first_reply_at)) AS handed_at,
        list_min(list_filter(o.reopenings, lambda t: t > u.last_resolved_at)) AS reopened_after_at
    FROM usual u FULL JOIN other o USING (case_id))
SELECT case_id, customer_id, site, queue, merged, opened_at, first_reply_at, first_resolved_at, last_resolved_at,
    first_solution_at, moved, replies, letters, reopens,
    coalesce(first_in_at, opened_at) AS first_at,
    greatest(opened_at, handed_at) AS clock_at,
    CASE WHEN (epoch_us(reopened_after_at) - epoch_us(last_resolved_at)) <= 14 * 86400000000 THEN NULL
        ELSE last_resolved_at END AS final_at,
    coalesce(epoch_us(first_reopened_at) - epoch_us(first_resolved_at) <= 14 * 86400000000, false) AS reopened
FROM whole
