-- Version 4: cells may be packed in format 3, which older programs do not read. In a store of version 3 readers find nothing
-- of what is new here, and all else as it is.

-- Nothing looks trays up by their receipt: moments are looked up by trays_by_moment.
DROP INDEX trays_by_time;

-- What people order of the line, the cards of trolleys, and which lots may stand in one tray. All are
-- append-only as all statements are: of orders the last holds, of a card and of two lots what was said of them last.

CREATE TABLE job_orders (
    id               INTEGER PRIMARY KEY,
    digest           BLOB    NOT NULL UNIQUE,
    at               TEXT    NOT NULL,
    who              TEXT    NOT NULL,
    what             TEXT    NOT NULL CHECK (what IN ('begin', 'end', 'configuration')),
    job              INTEGER,            -- these of a job that begins, else none
    lot              TEXT,
    variety          TEXT,
    standard_digest  TEXT,               -- sha256:… of its text, as in standards
    rows             INTEGER,
    cols             INTEGER,
    pitch_cols_mm    REAL,               -- along the columns and along the rows, where somebody said it
    pitch_rows_mm    REAL,
    CHECK ((what = 'begin') = (job IS NOT NULL))
) STRICT;
CREATE INDEX job_orders_by_lot ON job_orders (lot, id) WHERE lot IS NOT NULL;

CREATE TABLE trolley_cards (
    id               INTEGER PRIMARY KEY,
    digest           BLOB    NOT NULL UNIQUE,
    at               TEXT    NOT NULL,
    who              TEXT    NOT NULL,
    card             TEXT    NOT NULL,   -- what a scanner reads from it
    lot              TEXT    NOT NULL,
    variety          TEXT    NOT NULL,
    standard_digest  TEXT    NOT NULL,
    rows             INTEGER NOT NULL,
    cols             INTEGER NOT NULL,
    pitch_cols_mm    REAL,
    pitch_rows_mm    REAL
) STRICT;
CREATE INDEX trolley_cards_by_card ON trolley_cards (card, id);

CREATE TABLE lot_consents (
    id         INTEGER PRIMARY KEY,
    digest     BLOB    NOT NULL UNIQUE,
    at         TEXT    NOT NULL,
    who        TEXT    NOT NULL,
    lot        TEXT    NOT NULL,         -- of the two names the lesser
    other_lot  TEXT    NOT NULL,
    mixed      INTEGER NOT NULL CHECK (mixed IN (0, 1)),   -- 0: the consent is taken back
    why        TEXT    NOT NULL,
    CHECK (lot < other_lot)
) STRICT;
CREATE INDEX lot_consents_by_lots ON lot_consents (lot, other_lot, id);
CREATE INDEX lot_consents_by_other ON lot_consents (other_lot, lot, id);
