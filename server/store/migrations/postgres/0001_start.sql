-- The PostgreSQL home, all but the table of samples (see `samples/`). Times are microseconds since 1970 UTC, as in
-- the embedded home, so that the same arithmetic gives the same buckets. Every key starts with the tenant.
-- Migrations are only ever added; an applied one is never edited. They run in the schema `pantau`, and each only
-- expands: the build before must be able to write on until it is stopped.

CREATE TABLE city (
    id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE
);

-- What happened. `text` is what `hash` covers; the other columns repeat parts of it for the index.
CREATE TABLE journal (
    city    integer NOT NULL,
    seq     bigint  NOT NULL CHECK (seq > 0),
    time    bigint  NOT NULL,
    kind    text    NOT NULL,
    subject text    NOT NULL,
    text    text    NOT NULL,
    hash    bytea   NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (city, seq)
);
CREATE INDEX journal_time ON journal (city, time, seq);
CREATE INDEX journal_kind ON journal (city, kind, seq);
CREATE INDEX journal_subject ON journal (city, subject, seq);

-- A guard against our own mistakes, the owner's too; against an intruder there is the hash chain.
CREATE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER journal_is_never_changed BEFORE UPDATE OR DELETE ON journal
    FOR EACH ROW EXECUTE FUNCTION journal_is_append_only();
CREATE TRIGGER journal_is_never_emptied BEFORE TRUNCATE ON journal
    FOR EACH STATEMENT EXECUTE FUNCTION journal_is_append_only();

-- Where the journal ends, who may write it, and what the last batch was. `epoch` grows with every server that takes
-- the city over: a batch of an older one finds no row to update and is undone. `batch` is the fingerprint of the
-- last batch, `suspects` a JSON array with the new rows of each of its suspects, `samples` its new samples.
CREATE TABLE tip (
    city     integer PRIMARY KEY,
    epoch    bigint NOT NULL,
    seq      bigint NOT NULL,
    hash     bytea  NOT NULL CHECK (length(hash) = 32),
    batch    bigint,
    suspects text   NOT NULL,
    samples  bigint NOT NULL
);

-- The World as JSON, with the digest of that JSON.
CREATE TABLE snapshot (
    city   integer NOT NULL,
    seq    bigint  NOT NULL,
    hash   bytea   NOT NULL CHECK (length(hash) = 32),
    digest bytea   NOT NULL CHECK (length(digest) = 32),
    world  text    NOT NULL,
    PRIMARY KEY (city, seq)
);

CREATE TABLE series (
    city integer NOT NULL,
    id   integer GENERATED ALWAYS AS IDENTITY,
    name text    NOT NULL,
    PRIMARY KEY (city, id),
    UNIQUE (city, name)
);

-- The newest sample of each series. Half of each page stays free, so that a new value goes beside the old one and
-- no index is touched.
CREATE TABLE head (
    city   integer NOT NULL,
    series integer NOT NULL,
    time   bigint  NOT NULL,
    value  double precision NOT NULL,
    PRIMARY KEY (city, series)
) WITH (fillfactor = 50);

-- The newest sign of life of each device.
CREATE TABLE heard (
    city   integer NOT NULL,
    device text    NOT NULL,
    time   bigint  NOT NULL,
    PRIMARY KEY (city, device)
) WITH (fillfactor = 50);

-- Events as they came, in the order they came, once each. `digest` is what a start brings back to memory of each: 16
-- bytes for the identity, 8 for the body; in the index it spares reading the events themselves.
CREATE TABLE inbox (
    city     integer NOT NULL,
    id       bigint  GENERATED ALWAYS AS IDENTITY,
    source   text    NOT NULL,
    event    text    NOT NULL,
    hash     bytea   NOT NULL CHECK (length(hash) = 32),
    digest   bytea   NOT NULL CHECK (length(digest) = 24),
    received bigint  NOT NULL,
    raw      text    NOT NULL,
    PRIMARY KEY (city, id) INCLUDE (digest),
    UNIQUE (city, source, event)
);

-- The people behind events, apart from everything else so that they can be erased.
CREATE TABLE reporter (
    city    integer NOT NULL,
    inbox   bigint  NOT NULL,
    name    text    NOT NULL,
    contact text    NOT NULL,
    PRIMARY KEY (city, inbox)
);

CREATE TABLE dead_letter (
    city     integer NOT NULL,
    id       bigint  GENERATED ALWAYS AS IDENTITY, -- never given twice, even after pruning
    received bigint  NOT NULL,
    source   text    NOT NULL,
    topic    text    NOT NULL,
    reason   text    NOT NULL,
    pointer  text    NOT NULL,
    detail   text    NOT NULL,
    raw      bytea   NOT NULL,
    PRIMARY KEY (city, id)
);
CREATE INDEX dead_letter_reason ON dead_letter (city, reason, id);

-- The conservation sum: received = stored + duplicate + dead_lettered.
CREATE TABLE total (
    city          integer NOT NULL,
    source        text    NOT NULL,
    received      bigint  NOT NULL,
    stored        bigint  NOT NULL,
    duplicate     bigint  NOT NULL,
    dead_lettered bigint  NOT NULL,
    PRIMARY KEY (city, source)
) WITH (fillfactor = 50);
