-- What is stored, as tables for people and reports. Nothing reads them but people: they are worked out from the records
-- whenever they are read. Times are UTC, to the millisecond; lengths end in `_ms`; calls are named as
-- everywhere outside, without hyphens.

CREATE VIEW calls AS
SELECT
    json_extract(body, '$.tenant') AS tenant,
    replace(json_extract(body, '$.id'), '-', '') AS id,
    (SELECT json_extract(leg.value, '$.sid') FROM json_each(records.body, '$.legs') AS leg
     WHERE json_extract(leg.value, '$.role') = 'customer' ORDER BY leg.key DESC LIMIT 1) AS carrier_id,
    json_extract(body, '$.direction') AS direction,
    CASE json_extract(body, '$.direction') WHEN 'inbound' THEN 'customer' ELSE 'application' END AS initiated_by,
    json_extract(body, '$.customer') AS customer,
    json_extract(body, '$.number') AS number,
    json_extract(body, '$.state') AS state,
    json_extract(body, '$.reason') AS disposition,
    json_extract(body, '$.queue') AS queue,
    json_extract(body, '$.agent') AS answered_by,
    json_extract(body, '$.priority') AS priority,
    json_extract(body, '$.offer_seq') AS offers,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(body, '$.started_at') / 1000 / 1000.0, 'unixepoch') AS started_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(body, '$.queued_at') / 1000 / 1000.0, 'unixepoch') AS queued_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(body, '$.connected_at') / 1000 / 1000.0, 'unixepoch') AS connected_at,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(body, '$.ended_at') / 1000 / 1000.0, 'unixepoch') AS ended_at,
    -- Until somebody answered, or until the end; nothing is told of a wait that goes on.
    max(coalesce(json_extract(body, '$.connected_at'), json_extract(body, '$.ended_at'))
        - json_extract(body, '$.queued_at'), 0) / 1000 AS waited_ms,
    max(json_extract(body, '$.ended_at') - json_extract(body, '$.connected_at'), 0) / 1000 AS connected_ms,
    (SELECT json_extract(event.value, '$.message') FROM json_each(records.body, '$.events') AS event
     WHERE json_extract(event.value, '$.event') = 'command_failed' ORDER BY event.key DESC LIMIT 1) AS error_message,
    version
FROM records
WHERE key >= 'call/' AND key < 'call0';

CREATE VIEW call_legs AS
SELECT
    json_extract(body, '$.tenant') AS tenant,
    replace(json_extract(body, '$.id'), '-', '') AS call,
    json_extract(leg.value, '$.id') AS leg,
    json_extract(leg.value, '$.role') AS role,
    json_extract(leg.value, '$.endpoint') AS endpoint,
    json_extract(leg.value, '$.sid') AS carrier_id,
    CASE json_type(leg.value, '$.progress') WHEN 'object' THEN 'ended' ELSE json_extract(leg.value, '$.progress') END
        AS state,
    json_extract(leg.value, '$.progress.ended') AS end_cause,
    json_extract(leg.value, '$.in_room') AS in_room,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(leg.value, '$.heard_at') / 1000 / 1000.0, 'unixepoch') AS heard_at
FROM records, json_each(records.body, '$.legs') AS leg
WHERE records.key >= 'call/' AND records.key < 'call0';

CREATE VIEW call_events AS
SELECT
    json_extract(body, '$.tenant') AS tenant,
    replace(json_extract(body, '$.id'), '-', '') AS call,
    json_extract(event.value, '$.seq') AS seq,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(event.value, '$.at') / 1000 / 1000.0, 'unixepoch') AS at,
    json_extract(event.value, '$.event') AS event,
    json_extract(event.value, '$.queue') AS queue,
    json_extract(event.value, '$.agent') AS agent,
    event.value AS detail
FROM records, json_each(records.body, '$.events') AS event
WHERE records.key >= 'call/' AND records.key < 'call0';

CREATE VIEW callbacks AS
SELECT
    json_extract(body, '$.tenant') AS tenant,
    replace(json_extract(body, '$.id'), '-', '') AS call,
    json_extract(body, '$.queue') AS queue,
    json_extract(body, '$.callback.number') AS number,
    json_extract(body, '$.callback.state') AS state,
    json_extract(body, '$.callback.attempts') AS attempts,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(body, '$.callback.not_before') / 1000 / 1000.0, 'unixepoch') AS not_before,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(body, '$.callback.expires_at') / 1000 / 1000.0, 'unixepoch') AS expires_at
FROM records
WHERE key >= 'call/' AND key < 'call0' AND json_type(body, '$.callback') = 'object'
    AND json_extract(body, '$.state') <> 'ended';

CREATE VIEW agents AS
SELECT
    substr(key, 7, instr(substr(key, 7), '/') - 1) AS tenant,
    json_extract(body, '$.spec.id') AS id,
    json_extract(body, '$.spec.endpoint') AS endpoint,
    CASE
        WHEN json_extract(body, '$.work.state') = 'Talking' THEN 'talking'
        WHEN json_type(body, '$.work') = 'object' THEN 'offered'
        WHEN json_extract(body, '$.wrap_until') IS NOT NULL THEN 'wrap_up'
        WHEN json_type(body, '$.intent') = 'object' THEN 'break'
        ELSE lower(json_extract(body, '$.intent'))
    END AS status,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(body, '$.since') / 1000 / 1000.0, 'unixepoch') AS status_since,
    json_extract(body, '$.intent.Break') AS break_reason,
    replace(json_extract(body, '$.work.call'), '-', '') AS call,
    json_extract(body, '$.answered') AS answered,
    json_extract(body, '$.missed') AS missed_in_a_row,
    json_extract(body, '$.talk_ms') AS talk_ms,
    json_extract(body, '$.busy_ms') AS busy_ms,
    json_extract(body, '$.staffed_ms') AS staffed_ms,
    version
FROM records
WHERE key >= 'agent/' AND key < 'agent0';

CREATE VIEW agent_queues AS
SELECT
    substr(records.key, 7, instr(substr(records.key, 7), '/') - 1) AS tenant,
    json_extract(body, '$.spec.id') AS agent,
    place.key AS queue,
    json_extract(place.value, '$.tier') AS tier,
    json_extract(place.value, '$.penalty') AS penalty,
    json_extract(place.value, '$.enabled') AS enabled
FROM records, json_each(records.body, '$.spec.queues') AS place
WHERE records.key >= 'agent/' AND records.key < 'agent0';

-- Older entries are in records of their own, each of which begins with the last entry of the one before.
CREATE VIEW agent_events AS
SELECT
    substr(records.key, 7, instr(substr(records.key, 7), '/') - 1) AS tenant,
    json_extract(body, '$.spec.id') AS agent,
    json_extract(event.value, '$.seq') AS seq,
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(event.value, '$.at') / 1000 / 1000.0, 'unixepoch') AS at,
    json_extract(event.value, '$.status') AS status,
    json_extract(event.value, '$.reason') AS reason,
    replace(json_extract(event.value, '$.call'), '-', '') AS call,
    json_extract(event.value, '$.queue') AS queue
FROM records, json_each(records.body, '$.history') AS event
WHERE records.key >= 'agent/' AND records.key < 'agent0'
UNION
SELECT
    substr(records.key, 9, instr(substr(records.key, 9), '/') - 1),
    json_extract(body, '$.agent'),
    json_extract(event.value, '$.seq'),
    strftime('%Y-%m-%dT%H:%M:%fZ', json_extract(event.value, '$.at') / 1000 / 1000.0, 'unixepoch'),
    json_extract(event.value, '$.status'),
    json_extract(event.value, '$.reason'),
    replace(json_extract(event.value, '$.call'), '-', ''),
    json_extract(event.value, '$.queue')
FROM records, json_each(records.body, '$.entries') AS event
WHERE records.key >= 'history/' AND records.key < 'history0';

-- Queues are configuration. Those are here that somebody serves, waits in or waited in, or that were closed.
CREATE VIEW queues AS
WITH
    names (tenant, id) AS (
        SELECT tenant, queue FROM agent_queues
        UNION SELECT tenant, queue FROM calls WHERE queue IS NOT NULL
        UNION SELECT substr(key, 7, instr(substr(key, 7), '/') - 1), substr(key, 7 + instr(substr(key, 7), '/'))
        FROM records WHERE key >= 'queue/' AND key < 'queue0'
    )
SELECT
    tenant,
    id,
    NOT coalesce((SELECT json_extract(body, '$.closed') FROM records WHERE key = 'queue/' || tenant || '/' || id), 0)
        AS open,
    (SELECT count(*) FROM places WHERE index_name = 'waiting' AND part = tenant || '/' || id) AS waiting,
    (SELECT count(*) FROM places WHERE index_name = 'callbacks' AND part = tenant || '/' || id) AS callbacks,
    (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', min(json_extract(body, '$.queued_at')) / 1000 / 1000.0, 'unixepoch')
     FROM places JOIN records ON records.key = places.key
     WHERE index_name = 'waiting' AND part = tenant || '/' || id) AS longest_since,
    (SELECT count(*) FROM agents JOIN agent_queues AS serves ON serves.tenant = agents.tenant AND serves.agent = agents.id
     WHERE agents.tenant = names.tenant AND serves.queue = names.id AND serves.enabled AND agents.status = 'ready')
        AS ready
FROM names;
