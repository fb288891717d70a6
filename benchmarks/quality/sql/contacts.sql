-- One row a contact. What all contacts have and what few have are added up apart, which is faster than together.
WITH usual AS (
    SELECT contact_id,
        any_value(case_id) AS case_id, any_value(queue) AS queue, any_value(customer_id) AS customer_id,
        any_value(channel) AS channel,
        any_value(service) AS service, any_value(direction) FILTER (activity <> 'ended') AS direction,
        any_value(attributes) FILTER (activity IN ('arrived', 'queued')) AS attributes,
        min(occurred_at) AS started_at,
        max(occurred_at) AS last_at,
        min(occurred_at) FILTER (activity = 'arrived') AS arrived_at,
        min(occurred_at) FILTER (activity = 'queued') AS queued_at,
        min(occurred_at) FILTER (activity = 'answered' AND actor = 'human') AS answered_at,
        bool_or(activity = 'answered' AND actor = 'bot') AS bot_answered,
        max(occurred_at) FILTER (activity = 'ended') AS ended_at,
        max(occurred_at) FILTER (activity = 'wrapped') AS wrapped_at,
        min(occurred_at) FILTER (activity = 'abandoned') AS abandoned_at,
        bool_or(activity = 'ended' AND actor = 'human') AS ended_by_person
    FROM events
    WHERE activity IN ('arrived', 'queued', 'called', 'answered', 'wrapped', 'ended', 'abandoned')
        AND contact_id IS NOT NULL
    GROUP BY contact_id),
other AS (
    SELECT contact_id,
        any_value(case_id) AS case_id, any_value(queue) AS queue, any_value(customer_id) AS customer_id,
        any_value(channel) AS channel,
        any_value(service) AS service,
        any_value(attributes) FILTER (activity IN ('message_received', 'checked_in')) AS attributes,
        min(occurred_at) AS started_at,
        max(occurred_at) AS last_at,
        min(occurred_at) FILTER (activity = 'checked_in') AS checked_in_at,
        min(occurred_at) FILTER (activity = 'transferred') AS transferred_at,
        max(occurred_at) FILTER (activity = 'transferred') AS handed_at,
        min(occurred_at) FILTER (activity IN ('balked', 'no_show', 'callback_requested')) AS left_at,
        bool_or(activity = 'callback_requested') AS callback,
        bool_or(activity = 'balked') AS balked,
        bool_or(activity = 'no_show') AS no_show,
        bool_or(activity = 'message_received') AS received,
        bool_or(activity = 'message_sent' AND direction IS DISTINCT FROM 'internal') AS sent,
        bool_or(activity = 'message_sent' AND actor = 'human' AND direction IS DISTINCT FROM 'internal') AS replied
    FROM events
    WHERE activity IN ('checked_in', 'held', 'resumed', 'balked', 'no_show', 'transferred', 'escalated',
            'callback_requested', 'message_received', 'message_sent', 'focused', 'unfocused')
        AND contact_id IS NOT NULL
    GROUP BY contact_id),
whole AS (
    SELECT contact_id,
        coalesce(u.case_id, o.case_id) AS case_id, coalesce(u.queue, o.queue) AS queue,
        coalesce(u.customer_id, o.customer_id) AS customer_id,
        coalesce(u.channel, o.channel) AS channel, coalesce(u.service, o.service) AS service,
        coalesce(u.direction, CASE WHEN u.started_at IS NULL AND checked_in_at IS NULL AND sent AND NOT received THEN 'out' END) AS direction,
        coalesce(u.attributes, o.attributes) AS attributes,
        least(u.started_at, o.started_at) AS started_at, greatest(u.last_at, o.last_at) AS last_at,
        coalesce(u.queued_at, u.arrived_at, o.checked_in_at) AS waits_from, u.queued_at, u.answered_at,
        greatest(u.ended_at, o.handed_at) AS over_at, u.wrapped_at, u.abandoned_at,
        least(u.abandoned_at, o.left_at) AS left_at, o.callback, o.balked, o.no_show, o.replied, o.transferred_at,
        u.bot_answered, u.ended_by_person
    FROM usual u FULL JOIN other o USING (contact_id)),
timed AS (
    SELECT *, CASE WHEN over_at >= answered_at OR answered_at IS NULL AND over_at IS NOT NULL THEN over_at
            WHEN last_at > answered_at THEN last_at END AS stop_at,
        CASE WHEN answered_at IS NOT NULL THEN 'answered' WHEN callback THEN 'callback'
            WHEN abandoned_at IS NOT NULL THEN 'abandoned' WHEN balked THEN 'balked' WHEN no_show THEN 'no_show'
            WHEN bot_answered AND queued_at IS NULL THEN 'bot' WHEN transferred_at IS NOT NULL THEN 'flow_out'
            WHEN replied OR ended_by_person THEN 'handled' WHEN bot_answered AND over_at IS NOT NULL THEN 'bot'
            WHEN over_at IS NOT NULL THEN 'unserved' ELSE 'open' END AS outcome
    FROM whole)
SELECT contact_id, case_id, queue, customer_id, channel, outcome, started_at, queued_at, answered_at,
    coalesce(queued_at, started_at) AS joined_at,
    (epoch_us(coalesce(answered_at, left_at)) - epoch_us(waits_from)) / 1e6 AS wait_s,
    (epoch_us(stop_at) - epoch_us(answered_at)) / 1e6
        + coalesce(greatest(epoch_us(wrapped_at) - epoch_us(stop_at), 0), 0) / 1e6 AS handle_s,
    coalesce(direction = 'in', true) AND attributes NOT LIKE '%"previous_contact_id"%' IS NOT FALSE AS first_inbound,
    coalesce(attributes ->> 'topic', service, '') AS subject
FROM timed
