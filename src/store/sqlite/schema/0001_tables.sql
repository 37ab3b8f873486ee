-- What a store keeps. Text compares byte by byte: BINARY is the collation of every column.

CREATE TABLE records (
    key     TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    body    TEXT NOT NULL
) STRICT;

-- A record's places in indexes, in the order in which they are scanned.
CREATE TABLE places (
    index_name TEXT NOT NULL,
    part       TEXT NOT NULL,
    major      INTEGER NOT NULL,
    minor      INTEGER NOT NULL,
    key        TEXT NOT NULL,
    PRIMARY KEY (index_name, part, major, minor, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX places_of_key ON places (key);

-- Times are microseconds since 1970. `fence` and `held_until` are set while somebody holds the task.
CREATE TABLE tasks (
    id         TEXT NOT NULL PRIMARY KEY,
    due        INTEGER NOT NULL,
    rev        INTEGER NOT NULL,
    fence      INTEGER,
    held_until INTEGER,
    work       TEXT NOT NULL
) STRICT;

CREATE INDEX tasks_by_due ON tasks (due, id);

-- One row: the highest fence given out. It is never set back, so that no lease is ever taken for another.
CREATE TABLE fences (
    last INTEGER NOT NULL
) STRICT;

INSERT INTO fences (last) VALUES (0);
