-- Version 5: how many trays a lot has and how many plants are ordered of it; moves of plugs that were made.

CREATE TABLE lot_sizes (
    id       INTEGER PRIMARY KEY,
    digest   BLOB    NOT NULL UNIQUE,
    at       TEXT    NOT NULL,
    who      TEXT    NOT NULL,
    lot      TEXT    NOT NULL,
    trays    INTEGER CHECK (trays > 0),     -- sown or delivered; none: nobody knows
    ordered  INTEGER CHECK (ordered > 0)    -- plants; none: nobody knows
) STRICT;
CREATE INDEX lot_sizes_by_lot ON lot_sizes (lot, id);

-- A tray is named by the uid of a pass of it, and by its code and lot where it has them: these outlive the pass.

CREATE TABLE moves (
    id          INTEGER PRIMARY KEY,
    digest      BLOB    NOT NULL UNIQUE,
    at          TEXT    NOT NULL,
    who         TEXT    NOT NULL,
    key         TEXT    NOT NULL,           -- of all moves that were told at once, as whoever told them names them
    number      INTEGER NOT NULL CHECK (number >= 0),   -- its place among them
    tray_uid    TEXT    NOT NULL,           -- whose cell was filled or cleared
    tray_code   TEXT,
    lot         TEXT,
    cell_row    INTEGER NOT NULL CHECK (cell_row >= 0),
    cell_col    INTEGER NOT NULL CHECK (cell_col >= 0),
    donor_uid   TEXT,                       -- where the plug was taken; none: the cell was cleared only
    donor_code  TEXT,
    donor_lot   TEXT,
    donor_row   INTEGER CHECK (donor_row >= 0),
    donor_col   INTEGER CHECK (donor_col >= 0),
    CHECK ((donor_uid IS NULL) = (donor_row IS NULL) AND (donor_uid IS NULL) = (donor_col IS NULL)),
    UNIQUE (key, number)
) STRICT;
CREATE INDEX moves_by_tray ON moves (tray_uid);
CREATE INDEX moves_by_code ON moves (tray_code, lot) WHERE tray_code IS NOT NULL;
CREATE INDEX moves_by_lot ON moves (lot);
CREATE INDEX moves_by_donor ON moves (donor_uid) WHERE donor_uid IS NOT NULL;
CREATE INDEX moves_by_donor_code ON moves (donor_code, donor_lot) WHERE donor_code IS NOT NULL;
CREATE INDEX moves_by_donor_lot ON moves (donor_lot) WHERE donor_uid IS NOT NULL;

CREATE TABLE moves_taken_back (
    id      INTEGER PRIMARY KEY,
    digest  BLOB    NOT NULL UNIQUE,
    at      TEXT    NOT NULL,
    who     TEXT    NOT NULL,
    key     TEXT    NOT NULL UNIQUE         -- of the moves that are taken back, all of them
) STRICT;
