-- Tables and functions of version 1. "{s}" stands for the schema.
--
-- The tenant leads every primary key. Names are compared bytewise. Bodies are text, not json or jsonb: jsonb refuses
-- \u0000 and rewrites numbers, and both are parsed on every write, though nothing here looks into them.

-- No index covers version or body, and half of each page is kept free: writing a record that keeps its places touches
-- no index (a HOT update). Bodies stay in the row, compressed, rather than as rows of a second table.
CREATE TABLE {s}.records (
    tenant text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    body text NOT NULL,
    -- Its places in indexes, ascending: names, and two numbers each. So a write knows which of them it moves.
    places text[] COLLATE "C",
    sorts bigint[],
    PRIMARY KEY (tenant, key)
) WITH (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.1, autovacuum_vacuum_insert_scale_factor = 0.1
);
ALTER TABLE {s}.records ALTER COLUMN body SET STORAGE MAIN;

-- One row per place of a record: index and partition in one name, `waiting:acme/sales`. Rows are never updated.
CREATE TABLE {s}.places (
    tenant text COLLATE "C" NOT NULL,
    place text COLLATE "C" NOT NULL,
    major bigint NOT NULL,
    minor bigint NOT NULL,
    key text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, place, major, minor, key)
) WITH (
    autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500,
    autovacuum_analyze_scale_factor = 0.1, autovacuum_vacuum_insert_scale_factor = 0.1
);

-- Due times are indexed, holds are not: claiming a task touches no index.
CREATE TABLE {s}.tasks (
    tenant text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    due bigint NOT NULL,
    held_until bigint NOT NULL DEFAULT -9223372036854775808,
    fence bigint,
    rev bigint NOT NULL DEFAULT 1,
    work text NOT NULL,
    PRIMARY KEY (tenant, id)
) WITH (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 2000
);
CREATE INDEX tasks_due ON {s}.tasks (due, id);

CREATE SEQUENCE {s}.fences AS bigint;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE {s}.records ALTER COLUMN body SET COMPRESSION lz4;
    END IF;
END $$;
