-- Version 1. Times are ISO 8601 in UTC, given by the caller; digests name a row's content (SHA-256).

CREATE TABLE trays (
    id                INTEGER PRIMARY KEY,
    digest            BLOB    NOT NULL UNIQUE,
    uid               TEXT    NOT NULL,
    pass              INTEGER NOT NULL,
    source            TEXT    NOT NULL,
    image_sha256      TEXT,
    captured_at       TEXT,
    received_at       TEXT    NOT NULL,
    job               INTEGER,
    lot               TEXT,
    tray_code         TEXT,
    trigger_sequence  INTEGER,
    encoder           INTEGER,
    status            TEXT    NOT NULL CHECK (status IN ('graded', 'refused', 'failed')),
    reason            TEXT,
    rows              INTEGER NOT NULL,
    cols              INTEGER NOT NULL,
    grade             TEXT,
    route             TEXT,
    blank             INTEGER,
    graded            INTEGER,
    double            INTEGER,
    unsure            INTEGER,
    marketable        INTEGER,
    software          TEXT    NOT NULL,
    backend           TEXT    NOT NULL,
    cpu_class         TEXT    NOT NULL,
    network           TEXT    NOT NULL,
    standard          TEXT    NOT NULL,
    standard_digest   TEXT    NOT NULL,
    config            TEXT    NOT NULL,
    calibration       TEXT,
    report            TEXT    NOT NULL,  -- the report's JSON with an empty list of cells
    cells             BLOB    NOT NULL   -- the cells: a format byte, then what it says
) STRICT;
CREATE INDEX trays_by_uid ON trays (uid, pass);
CREATE INDEX trays_by_lot ON trays (lot, id);

CREATE TABLE events (
    id       INTEGER PRIMARY KEY,
    digest   BLOB    NOT NULL UNIQUE,
    at       TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    message  TEXT    NOT NULL,
    detail   TEXT
) STRICT;
CREATE INDEX events_by_time ON events (at);

CREATE TABLE commands (
    id                INTEGER PRIMARY KEY,
    digest            BLOB    NOT NULL UNIQUE,
    at                TEXT    NOT NULL,
    trigger_sequence  INTEGER NOT NULL,
    tray_uid          TEXT,
    sequence          INTEGER,
    job               INTEGER,
    gate              INTEGER,
    fire_at           INTEGER,
    outcome           TEXT    NOT NULL,
    reason            TEXT
) STRICT;
CREATE INDEX commands_by_tray ON commands (tray_uid);

-- What was judged stays as it was judged: corrections and re-gradings are rows beside it. REPLACE deletes
-- without firing DELETE triggers, so inserting over a row is refused too; the same content is there already.

CREATE TRIGGER trays_keep_rows BEFORE DELETE ON trays
BEGIN SELECT RAISE(ABORT, 'trays are append-only'); END;
CREATE TRIGGER trays_keep_values BEFORE UPDATE ON trays
BEGIN SELECT RAISE(ABORT, 'trays are append-only'); END;
CREATE TRIGGER trays_keep_places BEFORE INSERT ON trays WHEN EXISTS (SELECT 1 FROM trays WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'trays are append-only'); END;
CREATE TRIGGER trays_keep_first BEFORE INSERT ON trays WHEN EXISTS (SELECT 1 FROM trays WHERE digest = NEW.digest AND id <> NEW.id)
BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER events_keep_rows BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_keep_values BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_keep_places BEFORE INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_keep_first BEFORE INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE digest = NEW.digest AND id <> NEW.id)
BEGIN SELECT RAISE(IGNORE); END;

CREATE TRIGGER commands_keep_rows BEFORE DELETE ON commands
BEGIN SELECT RAISE(ABORT, 'commands are append-only'); END;
CREATE TRIGGER commands_keep_values BEFORE UPDATE ON commands
BEGIN SELECT RAISE(ABORT, 'commands are append-only'); END;
CREATE TRIGGER commands_keep_places BEFORE INSERT ON commands WHEN EXISTS (SELECT 1 FROM commands WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'commands are append-only'); END;
CREATE TRIGGER commands_keep_first BEFORE INSERT ON commands WHEN EXISTS (SELECT 1 FROM commands WHERE digest = NEW.digest AND id <> NEW.id)
BEGIN SELECT RAISE(IGNORE); END;
