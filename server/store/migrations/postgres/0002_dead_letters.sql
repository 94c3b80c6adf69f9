-- Dead letters as a tool. Letters that say the same are one row with a count (`fold` is the digest of what makes two of
-- them equal); a letter that was replayed stays without its bytes, so that a second replay finds nothing to do.

ALTER TABLE dead_letter
    ADD COLUMN last     bigint  NOT NULL DEFAULT 0, -- when the newest equal one came; 0: only this one
    ADD COLUMN count    bigint  NOT NULL DEFAULT 1,
    ADD COLUMN size     bigint  NOT NULL DEFAULT 0, -- of the whole message; 0: `raw` is all of it
    ADD COLUMN device   text    NOT NULL DEFAULT '',
    ADD COLUMN speaker  text    NOT NULL DEFAULT '',
    ADD COLUMN retained boolean NOT NULL DEFAULT false,
    ADD COLUMN fold     bytea,
    ADD COLUMN tries    bigint  NOT NULL DEFAULT 0,
    ADD COLUMN tried    bigint,
    ADD COLUMN replayed bigint;                     -- when it stopped being a dead letter

CREATE UNIQUE INDEX dead_letter_fold ON dead_letter (city, fold) WHERE fold IS NOT NULL AND replayed IS NULL;
CREATE INDEX dead_letter_source ON dead_letter (city, source, id) WHERE replayed IS NULL;
CREATE INDEX dead_letter_device ON dead_letter (city, source, device, id) WHERE replayed IS NULL;
CREATE INDEX dead_letter_replayed ON dead_letter (city, source, id) WHERE replayed IS NOT NULL;

-- What became of the messages that are counted as dead-lettered and wait no longer.
CREATE TABLE letter_total (
    city     integer NOT NULL,
    source   text    NOT NULL,
    replayed bigint  NOT NULL,
    dropped  bigint  NOT NULL,
    PRIMARY KEY (city, source)
) WITH (fillfactor = 50);

-- Whoever deletes letters that wait has them counted.
CREATE FUNCTION dead_letter_dropped() RETURNS trigger LANGUAGE plpgsql AS
$$
BEGIN
    INSERT INTO pantau.letter_total AS total (city, source, replayed, dropped)
    SELECT city, source, 0, sum(count)::bigint FROM gone WHERE replayed IS NULL GROUP BY city, source
    ON CONFLICT (city, source) DO UPDATE SET dropped = total.dropped + excluded.dropped;
    RETURN NULL;
END
$$;
CREATE TRIGGER dead_letter_dropped AFTER DELETE ON dead_letter REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION dead_letter_dropped();
