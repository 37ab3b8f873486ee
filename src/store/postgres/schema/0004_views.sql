-- What is stored, as tables for people and reports, worked out from the records whenever they are read, with the rights of
-- whoever reads (security_invoker). Lengths end in `_ms`.

CREATE FUNCTION {s}.at(p_micros text) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN timestamptz 'epoch' + p_micros::bigint * interval '1 microsecond';

CREATE VIEW {s}.calls WITH (security_invoker = true) AS
SELECT
    r.tenant,
    b.body ->> 'id' AS id,
    (SELECT leg.value ->> 'sid' FROM json_array_elements(b.body -> 'legs') WITH ORDINALITY AS leg (value, place)
     WHERE leg.value ->> 'role' = 'customer' ORDER BY leg.place DESC LIMIT 1) AS carrier_id,
    b.body ->> 'direction' AS direction,
    CASE b.body ->> 'direction' WHEN 'inbound' THEN 'customer' ELSE 'application' END AS initiated_by,
    b.body ->> 'customer' AS customer,
    b.body ->> 'number' AS number,
    b.body ->> 'state' AS state,
    b.body ->> 'reason' AS disposition,
    b.body ->> 'queue' AS queue,
    b.body ->> 'agent' AS answered_by,
    (b.body ->> 'priority')::integer AS priority,
    (b.body ->> 'offer_seq')::integer AS offers,
    {s}.at(b.body ->> 'started_at') AS started_at,
    {s}.at(b.body ->> 'queued_at') AS queued_at,
    {s}.at(b.body ->> 'connected_at') AS connected_at,
    {s}.at(b.body ->> 'ended_at') AS ended_at,
    -- Until somebody answered, or until the end; nothing is told of a wait that goes on.
    greatest(coalesce((b.body ->> 'connected_at')::bigint, (b.body ->> 'ended_at')::bigint)
        - (b.body ->> 'queued_at')::bigint, 0) / 1000 AS waited_ms,
    greatest((b.body ->> 'ended_at')::bigint - (b.body ->> 'connected_at')::bigint, 0) / 1000 AS connected_ms,
    (SELECT event.value ->> 'message' FROM json_array_elements(b.body -> 'events') WITH ORDINALITY AS event (value, place)
     WHERE event.value ->> 'event' = 'command_failed' ORDER BY event.place DESC LIMIT 1) AS error_message,
    r.version,
    r.key
FROM {s}.records r CROSS JOIN LATERAL (SELECT r.body::json AS body) b
WHERE r.key >= 'call/' AND r.key < 'call0';

CREATE VIEW {s}.call_legs WITH (security_invoker = true) AS
SELECT
    r.tenant,
    b.body ->> 'id' AS call,
    leg.value ->> 'id' AS leg,
    leg.value ->> 'role' AS role,
    leg.value ->> 'endpoint' AS endpoint,
    leg.value ->> 'sid' AS carrier_id,
    CASE json_typeof(leg.value -> 'progress') WHEN 'object' THEN 'ended' ELSE leg.value ->> 'progress' END AS state,
    CASE json_typeof(leg.value -> 'progress') WHEN 'object' THEN leg.value -> 'progress' ->> 'ended' END AS end_cause,
    (leg.value ->> 'in_room')::boolean AS in_room,
    {s}.at(leg.value ->> 'heard_at') AS heard_at
FROM {s}.records r CROSS JOIN LATERAL (SELECT r.body::json AS body) b
    CROSS JOIN LATERAL json_array_elements(b.body -> 'legs') AS leg (value)
WHERE r.key >= 'call/' AND r.key < 'call0';

CREATE VIEW {s}.call_events WITH (security_invoker = true) AS
SELECT
    r.tenant,
    b.body ->> 'id' AS call,
    (event.value ->> 'seq')::bigint AS seq,
    {s}.at(event.value ->> 'at') AS at,
    event.value ->> 'event' AS event,
    event.value ->> 'queue' AS queue,
    event.value ->> 'agent' AS agent,
    event.value AS detail
FROM {s}.records r CROSS JOIN LATERAL (SELECT r.body::json AS body) b
    CROSS JOIN LATERAL json_array_elements(b.body -> 'events') AS event (value)
WHERE r.key >= 'call/' AND r.key < 'call0';

CREATE VIEW {s}.callbacks WITH (security_invoker = true) AS
SELECT
    r.tenant,
    b.body ->> 'id' AS call,
    b.body ->> 'queue' AS queue,
    b.body #>> '{callback,number}' AS number,
    b.body #>> '{callback,state}' AS state,
    (b.body #>> '{callback,attempts}')::integer AS attempts,
    {s}.at(b.body #>> '{callback,not_before}') AS not_before,
    {s}.at(b.body #>> '{callback,expires_at}') AS expires_at
FROM {s}.records r CROSS JOIN LATERAL (SELECT r.body::json AS body) b
WHERE r.key >= 'call/' AND r.key < 'call0' AND json_typeof(b.body -> 'callback') = 'object'
    AND b.body ->> 'state' <> 'ended';

CREATE VIEW {s}.agents WITH (security_invoker = true) AS
SELECT
    r.tenant,
    b.body #>> '{spec,id}' AS id,
    b.body #>> '{spec,endpoint}' AS endpoint,
    CASE
        WHEN json_typeof(b.body -> 'work') = 'object' AND b.body #>> '{work,state}' = 'Talking' THEN 'talking'
        WHEN json_typeof(b.body -> 'work') = 'object' THEN 'offered'
        WHEN b.body ->> 'wrap_until' IS NOT NULL THEN 'wrap_up'
        WHEN json_typeof(b.body -> 'intent') = 'object' THEN 'break'
        ELSE lower(b.body ->> 'intent')
    END AS status,
    {s}.at(b.body ->> 'since') AS status_since,
    CASE json_typeof(b.body -> 'intent') WHEN 'object' THEN b.body #>> '{intent,Break}' END AS break_reason,
    CASE json_typeof(b.body -> 'work') WHEN 'object' THEN b.body #>> '{work,call}' END AS call,
    (b.body ->> 'answered')::bigint AS answered,
    (b.body ->> 'missed')::bigint AS missed_in_a_row,
    (b.body ->> 'talk_ms')::bigint AS talk_ms,
    (b.body ->> 'busy_ms')::bigint AS busy_ms,
    (b.body ->> 'staffed_ms')::bigint AS staffed_ms,
    r.version
FROM {s}.records r CROSS JOIN LATERAL (SELECT r.body::json AS body) b
WHERE r.key >= 'agent/' AND r.key < 'agent0';

CREATE VIEW {s}.agent_queues WITH (security_invoker = true) AS
SELECT
    r.tenant,
    b.body #>> '{spec,id}' AS agent,
    place.key AS queue,
    (place.value ->> 'tier')::integer AS tier,
    (place.value ->> 'penalty')::integer AS penalty,
    (place.value ->> 'enabled')::boolean AS enabled
FROM {s}.records r CROSS JOIN LATERAL (SELECT r.body::json AS body) b
    CROSS JOIN LATERAL json_each(b.body #> '{spec,queues}') AS place
WHERE r.key >= 'agent/' AND r.key < 'agent0';

-- Older entries are in records of their own, each of which begins with the last entry of the one before.
CREATE VIEW {s}.agent_events WITH (security_invoker = true) AS
SELECT DISTINCT
    h.tenant,
    h.agent,
    (event.value ->> 'seq')::bigint AS seq,
    {s}.at(event.value ->> 'at') AS at,
    event.value ->> 'status' AS status,
    event.value ->> 'reason' AS reason,
    event.value ->> 'call' AS call,
    event.value ->> 'queue' AS queue
FROM (
    SELECT r.tenant, r.body::json #>> '{spec,id}' AS agent, r.body::json -> 'history' AS entries
    FROM {s}.records r WHERE r.key >= 'agent/' AND r.key < 'agent0'
    UNION ALL
    SELECT r.tenant, r.body::json ->> 'agent', r.body::json -> 'entries'
    FROM {s}.records r WHERE r.key >= 'history/' AND r.key < 'history0'
) h CROSS JOIN LATERAL json_array_elements(h.entries) AS event (value);

-- Queues are configuration. Those are here that somebody serves, waits in or waited in, or that were closed.
CREATE VIEW {s}.queues WITH (security_invoker = true) AS
SELECT
    n.tenant,
    n.id,
    NOT coalesce((SELECT (r.body::json ->> 'closed')::boolean FROM {s}.records r
        WHERE r.tenant = n.tenant AND r.key = 'queue/' || n.tenant || '/' || n.id), false) AS open,
    (SELECT count(*) FROM {s}.places p
     WHERE p.tenant = n.tenant AND p.place = 'waiting:' || n.tenant || '/' || n.id) AS waiting,
    (SELECT count(*) FROM {s}.places p
     WHERE p.tenant = n.tenant AND p.place = 'callbacks:' || n.tenant || '/' || n.id) AS callbacks,
    (SELECT {s}.at(min((r.body::json ->> 'queued_at')::bigint)::text)
     FROM {s}.places p JOIN {s}.records r ON r.tenant = p.tenant AND r.key = p.key
     WHERE p.tenant = n.tenant AND p.place = 'waiting:' || n.tenant || '/' || n.id) AS longest_since,
    (SELECT count(*) FROM {s}.agents a JOIN {s}.agent_queues q ON q.tenant = a.tenant AND q.agent = a.id
     WHERE a.tenant = n.tenant AND q.queue = n.id AND q.enabled AND a.status = 'ready') AS ready
FROM (
    SELECT tenant, queue AS id FROM {s}.agent_queues
    UNION SELECT tenant, queue FROM {s}.calls WHERE queue IS NOT NULL
    UNION SELECT r.tenant, split_part(r.key, '/', 3) FROM {s}.records r WHERE r.key >= 'queue/' AND r.key < 'queue0'
) n;

-- The questions that are asked most, each answered in the order of an index. They are put into the statement that asks.

-- A tenant's calls, newest first.
CREATE FUNCTION {s}.newest_calls(p_tenant text) RETURNS SETOF {s}.calls
LANGUAGE sql STABLE AS $$
    SELECT c.* FROM {s}.places p JOIN {s}.calls c ON c.tenant = p.tenant AND c.key = p.key
    WHERE p.tenant = p_tenant AND p.place = 'calls:' || p_tenant
    ORDER BY p.major, p.minor, p.key
$$;

-- A tenant's calls that began in a span of time, newest first.
CREATE FUNCTION {s}.calls_between(p_tenant text, p_from timestamptz, p_to timestamptz) RETURNS SETOF {s}.calls
LANGUAGE sql STABLE AS $$
    SELECT c.* FROM {s}.places p JOIN {s}.calls c ON c.tenant = p.tenant AND c.key = p.key
    WHERE p.tenant = p_tenant AND p.place = 'calls:' || p_tenant
      AND p.major <= -(extract(epoch FROM p_from) * 1000000)::bigint
      AND p.major > -(extract(epoch FROM p_to) * 1000000)::bigint
    ORDER BY p.major, p.minor, p.key
$$;

-- A tenant's calls that have not ended, oldest first.
CREATE FUNCTION {s}.live_calls(p_tenant text) RETURNS SETOF {s}.calls
LANGUAGE sql STABLE AS $$
    SELECT c.* FROM {s}.places p JOIN {s}.calls c ON c.tenant = p.tenant AND c.key = p.key
    WHERE p.tenant = p_tenant AND p.place = 'live:' || p_tenant
    ORDER BY p.major, p.minor, p.key
$$;

-- A tenant's calls that have ended, the last to end first.
CREATE FUNCTION {s}.ended_calls(p_tenant text) RETURNS SETOF {s}.calls
LANGUAGE sql STABLE AS $$
    SELECT c.* FROM {s}.places p JOIN {s}.calls c ON c.tenant = p.tenant AND c.key = p.key
    WHERE p.tenant = p_tenant AND p.place = 'ended:' || p_tenant
    ORDER BY p.major DESC, p.minor DESC, p.key DESC
$$;

-- The calls in which a customer of a tenant talked to an agent, newest first.
CREATE FUNCTION {s}.customer_calls(p_tenant text, p_customer text) RETURNS SETOF {s}.calls
LANGUAGE sql STABLE AS $$
    SELECT c.* FROM {s}.places p JOIN {s}.calls c ON c.tenant = p.tenant AND c.key = p.key
    WHERE p.tenant = p_tenant AND p.place = 'customer:' || p_tenant || '/' || p_customer
    ORDER BY p.major, p.minor, p.key
$$;

-- The calls that an agent of a tenant talked in, newest first.
CREATE FUNCTION {s}.agent_calls(p_tenant text, p_agent text) RETURNS SETOF {s}.calls
LANGUAGE sql STABLE AS $$
    SELECT c.* FROM {s}.places p JOIN {s}.calls c ON c.tenant = p.tenant AND c.key = p.key
    WHERE p.tenant = p_tenant AND p.place = 'agent_calls:' || p_tenant || '/' || p_agent
    ORDER BY p.major, p.minor, p.key
$$;

-- The calls that wait in a queue of a tenant, first come first.
CREATE FUNCTION {s}.waiting_calls(p_tenant text, p_queue text) RETURNS SETOF {s}.calls
LANGUAGE sql STABLE AS $$
    SELECT c.* FROM {s}.places p JOIN {s}.calls c ON c.tenant = p.tenant AND c.key = p.key
    WHERE p.tenant = p_tenant AND p.place = 'waiting:' || p_tenant || '/' || p_queue
    ORDER BY p.major, p.minor, p.key
$$;
