-- The embedded store. Times are microseconds since 1970 UTC, digests are raw bytes, `city` is the tenant.
-- Migrations are only ever added; an applied one is never edited.

PRAGMA application_id = 1346457172; -- "PANT"

CREATE TABLE city (
    id   INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE
) STRICT;

-- What happened. `text` is what `hash` covers; the other columns repeat parts of it for the index.
CREATE TABLE journal (
    city    INTEGER NOT NULL,
    seq     INTEGER NOT NULL CHECK (seq > 0),
    time    INTEGER NOT NULL,
    kind    TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    text    TEXT    NOT NULL,
    hash    BLOB    NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (city, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_time ON journal (city, time, seq);
CREATE INDEX journal_kind ON journal (city, kind, seq);
CREATE INDEX journal_subject ON journal (city, subject, seq);

-- A guard against our own mistakes; against an intruder there is the hash chain.
CREATE TRIGGER journal_is_never_changed BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_never_cut BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- Where the journal ends, and what the last batch was: `batch` is its fingerprint, `suspects` a JSON array
-- with the new rows of each of its suspects, `samples` its new samples.
CREATE TABLE tip (
    city     INTEGER PRIMARY KEY,
    seq      INTEGER NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    batch    INTEGER NOT NULL,
    suspects TEXT    NOT NULL,
    samples  INTEGER NOT NULL
) STRICT;

-- The World as JSON, with the digest of that JSON.
CREATE TABLE snapshot (
    city   INTEGER NOT NULL,
    seq    INTEGER NOT NULL,
    hash   BLOB    NOT NULL CHECK (length(hash) = 32),
    digest BLOB    NOT NULL CHECK (length(digest) = 32),
    world  TEXT    NOT NULL,
    PRIMARY KEY (city, seq)
) STRICT;

-- A series belongs to one city, so its number stands for both in the tables of samples.
CREATE TABLE series (
    id   INTEGER PRIMARY KEY,
    city INTEGER NOT NULL,
    name TEXT    NOT NULL,
    UNIQUE (city, name)
) STRICT;

-- Measurements, in slots of one hour: within a slot by series, so that writing touches few pages and
-- reading one series needs one seek an hour; a slot that is too old goes as a whole.
CREATE TABLE sample (
    slot   INTEGER NOT NULL,
    series INTEGER NOT NULL,
    time   INTEGER NOT NULL,
    value  REAL    NOT NULL,
    PRIMARY KEY (slot, series, time)
) STRICT, WITHOUT ROWID;

-- The newest sample of each series.
CREATE TABLE head (
    series INTEGER PRIMARY KEY,
    time   INTEGER NOT NULL,
    value  REAL    NOT NULL
) STRICT;

-- The newest sign of life of each device.
CREATE TABLE heard (
    city   INTEGER NOT NULL,
    device TEXT    NOT NULL,
    time   INTEGER NOT NULL,
    PRIMARY KEY (city, device)
) STRICT, WITHOUT ROWID;

-- Events as they came, in the order they came, once each. `digest` is what a start brings back to memory of
-- each: 16 bytes for the identity, 8 for the body; its index spares reading the events themselves.
CREATE TABLE inbox (
    id       INTEGER PRIMARY KEY,
    city     INTEGER NOT NULL,
    source   TEXT    NOT NULL,
    event    TEXT    NOT NULL,
    hash     BLOB    NOT NULL CHECK (length(hash) = 32),
    digest   BLOB    NOT NULL CHECK (length(digest) = 24),
    received INTEGER NOT NULL,
    raw      TEXT    NOT NULL,
    UNIQUE (city, source, event)
) STRICT;
CREATE INDEX inbox_digest ON inbox (city, id, digest);

-- The people behind events, apart from everything else so that they can be erased.
CREATE TABLE reporter (
    inbox   INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    contact TEXT NOT NULL
) STRICT;

CREATE TABLE dead_letter (
    id       INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, even after pruning
    city     INTEGER NOT NULL,
    received INTEGER NOT NULL,
    source   TEXT    NOT NULL,
    topic    TEXT    NOT NULL,
    reason   TEXT    NOT NULL,
    pointer  TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    raw      BLOB    NOT NULL
) STRICT;
CREATE INDEX dead_letter_reason ON dead_letter (city, reason, id);

-- The conservation sum: received = stored + duplicate + dead_lettered.
CREATE TABLE total (
    city          INTEGER NOT NULL,
    source        TEXT    NOT NULL,
    received      INTEGER NOT NULL,
    stored        INTEGER NOT NULL,
    duplicate     INTEGER NOT NULL,
    dead_lettered INTEGER NOT NULL,
    PRIMARY KEY (city, source)
) STRICT, WITHOUT ROWID;
