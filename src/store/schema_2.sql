-- Version 2: what people and machines say beside a judgement, and the roll-ups of judgements.
--
-- Statements are append-only as judgements are (the triggers are made by schema.rs): of statements about the same
-- lot or job the last holds. A tray is named by its uid, so that a statement outlives the file that its tray is in.

CREATE INDEX trays_by_code ON trays (tray_code, lot) WHERE tray_code IS NOT NULL;
CREATE INDEX trays_by_time ON trays (received_at);

CREATE TABLE jobs (
    id        INTEGER PRIMARY KEY,
    digest    BLOB    NOT NULL UNIQUE,
    at        TEXT    NOT NULL,
    who       TEXT    NOT NULL,
    job       INTEGER NOT NULL,
    lot       TEXT    NOT NULL,
    standard  TEXT,                      -- id@version
    note      TEXT
) STRICT;
CREATE INDEX jobs_by_job ON jobs (job, id);

CREATE TABLE lots (
    id        INTEGER PRIMARY KEY,
    digest    BLOB    NOT NULL UNIQUE,
    at        TEXT    NOT NULL,
    who       TEXT    NOT NULL,
    lot       TEXT    NOT NULL,
    variety   TEXT,
    seeder    TEXT,
    sown_on   TEXT,                      -- a day, 2026-11-24
    seed_lot  TEXT,
    note      TEXT
) STRICT;
CREATE INDEX lots_by_lot ON lots (lot, id);

CREATE TABLE standards (
    id               INTEGER PRIMARY KEY,
    digest           BLOB    NOT NULL UNIQUE,
    at               TEXT    NOT NULL,
    who              TEXT    NOT NULL,
    standard         TEXT    NOT NULL,   -- its id, such as vegetable-plug
    version          INTEGER NOT NULL,
    standard_digest  TEXT    NOT NULL UNIQUE,
    text             TEXT    NOT NULL    -- the TOML, byte for byte
) STRICT;
CREATE INDEX standards_by_id ON standards (standard, version);

CREATE TABLE nets (
    id       INTEGER PRIMARY KEY,
    digest   BLOB    NOT NULL UNIQUE,
    at       TEXT    NOT NULL,
    network  TEXT    NOT NULL UNIQUE,    -- sha256:… of the net
    name     TEXT    NOT NULL,
    card     TEXT    NOT NULL            -- its card's TOML
) STRICT;

CREATE TABLE calibrations (
    id           INTEGER PRIMARY KEY,
    digest       BLOB    NOT NULL UNIQUE,
    at           TEXT    NOT NULL,
    who          TEXT    NOT NULL,
    calibration  TEXT    NOT NULL UNIQUE, -- sha256:… of the text
    text         TEXT    NOT NULL
) STRICT;

CREATE TABLE corrections (
    id            INTEGER PRIMARY KEY,
    digest        BLOB    NOT NULL UNIQUE,
    at            TEXT    NOT NULL,
    who           TEXT    NOT NULL,
    why           TEXT,
    kind          TEXT    NOT NULL CHECK (kind IN ('override', 'audit', 'audit_answer')),
    tray_uid      TEXT    NOT NULL,
    pass          INTEGER NOT NULL,
    image_sha256  TEXT,
    cell_row      INTEGER NOT NULL CHECK (cell_row >= 0),
    cell_col      INTEGER NOT NULL CHECK (cell_col >= 0),
    before        TEXT,                  -- blank, double, unsure, or graded:ID
    after         TEXT,                  -- the same; none while an audit waits for its answer
    CHECK ((kind = 'audit') = (after IS NULL))
) STRICT;
CREATE INDEX corrections_by_tray ON corrections (tray_uid, id);

CREATE TABLE regradings (
    id               INTEGER PRIMARY KEY,
    digest           BLOB    NOT NULL UNIQUE,
    at               TEXT    NOT NULL,
    who              TEXT    NOT NULL,
    why              TEXT,
    tray_uid         TEXT    NOT NULL,
    pass             INTEGER NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('graded', 'refused', 'failed')),
    network          TEXT    NOT NULL,
    standard         TEXT    NOT NULL,
    standard_digest  TEXT    NOT NULL,
    grade            TEXT,
    marketable       INTEGER,
    report           TEXT    NOT NULL,   -- as in trays
    cells            BLOB    NOT NULL
) STRICT;
CREATE INDEX regradings_by_tray ON regradings (tray_uid, id);
CREATE INDEX regradings_by_standard ON regradings (standard_digest, id);

CREATE TABLE hand_measurements (
    id        INTEGER PRIMARY KEY,
    digest    BLOB    NOT NULL UNIQUE,
    at        TEXT    NOT NULL,
    who       TEXT    NOT NULL,
    tray_uid  TEXT    NOT NULL,
    cell_row  INTEGER CHECK (cell_row >= 0),   -- none: of the whole tray
    cell_col  INTEGER CHECK (cell_col >= 0),
    trait     TEXT    NOT NULL,
    value     REAL    NOT NULL,
    unit      TEXT    NOT NULL,
    method    TEXT,
    CHECK ((cell_row IS NULL) = (cell_col IS NULL))
) STRICT;
CREATE INDEX hand_measurements_by_tray ON hand_measurements (tray_uid, id);

CREATE TABLE pictures (
    id            INTEGER PRIMARY KEY,
    digest        BLOB    NOT NULL UNIQUE,
    at            TEXT    NOT NULL,
    tray_uid      TEXT    NOT NULL,
    pass          INTEGER NOT NULL,
    path          TEXT    NOT NULL,      -- from the store's own folder, or absolute
    bytes         INTEGER NOT NULL CHECK (bytes >= 0),
    image_sha256  TEXT    NOT NULL,
    why           TEXT    NOT NULL       -- all, refused, unsure, sample
) STRICT;
CREATE INDEX pictures_by_tray ON pictures (tray_uid, pass);

CREATE TABLE picture_removals (
    id       INTEGER PRIMARY KEY,
    digest   BLOB    NOT NULL UNIQUE,
    at       TEXT    NOT NULL,
    picture  INTEGER NOT NULL UNIQUE REFERENCES pictures (id),
    why      TEXT    NOT NULL
) STRICT;

-- Sums of judgements, kept by whoever writes them in the same transaction; they can be made anew from the trays at
-- any time and are no statement of their own, so they alone are altered. An absent lot is '', an absent job -1.
-- The hour is that of the exposure (else of receipt), 2026-11-24T08, in UTC. Areas are whole steps of 0.0001 square
-- pitches, so that what is added can be taken away again exactly.

CREATE TABLE roll_ups (
    id               INTEGER PRIMARY KEY,
    lot              TEXT    NOT NULL,
    job              INTEGER NOT NULL,
    hour             TEXT    NOT NULL,
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
    UNIQUE (lot, job, hour, standard_digest, rows, cols)
) STRICT;
