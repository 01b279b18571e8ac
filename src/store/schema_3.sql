-- Version 3: what was delivered; trays by the moment when they were seen; sums by the quarter of an hour.

CREATE INDEX trays_by_moment ON trays (coalesce(captured_at, received_at));

CREATE TABLE deliveries (
    id            INTEGER PRIMARY KEY,
    digest        BLOB    NOT NULL UNIQUE,
    at            TEXT    NOT NULL,
    who           TEXT    NOT NULL,
    delivery      TEXT    NOT NULL,      -- the number on the delivery note
    lot           TEXT,                  -- a whole lot, or
    tray          TEXT,                  -- one tray, by its uid or by the code read from it
    customer      TEXT,
    delivered_on  TEXT,                  -- a day, 2026-11-27
    note          TEXT,
    CHECK ((lot IS NULL) <> (tray IS NULL))
) STRICT;
CREATE INDEX deliveries_by_number ON deliveries (delivery, id);

-- As in version 2, but by quarters: shifts begin at the half hour too, and not every zone is whole hours off UTC. The
-- sums are made anew from the trays when a store is brought up to date.

DROP TABLE roll_ups;
CREATE TABLE roll_ups (
    id               INTEGER PRIMARY KEY,
    lot              TEXT    NOT NULL,
    job              INTEGER NOT NULL,
    quarter          TEXT    NOT NULL,   -- 2026-11-24T08:15
    standard         TEXT    NOT NULL,
    standard_digest  TEXT    NOT NULL,
    rows             INTEGER NOT NULL,
    cols             INTEGER NOT NULL,
    graded_trays     INTEGER NOT NULL,
    refused_trays    INTEGER NOT NULL,
    failed_trays     INTEGER NOT NULL,
    blank            INTEGER NOT NULL,
    graded           INTEGER NOT NULL,
    double           INTEGER NOT NULL,
    unsure           INTEGER NOT NULL,
    marketable       INTEGER NOT NULL,
    area_count       INTEGER NOT NULL,
    area_sum         INTEGER NOT NULL,
    area_square_sum  INTEGER NOT NULL,
    grades           TEXT    NOT NULL,   -- JSON: plants per grade
    tray_grades      TEXT    NOT NULL,   -- JSON: trays per tray grade
    blanks           BLOB    NOT NULL,   -- little-endian: blanks per cell, row-major, 32 bits each, then
                                         -- the squared differences of opposite lines, 64 bits each
    UNIQUE (lot, job, quarter, standard_digest, rows, cols)
) STRICT;
