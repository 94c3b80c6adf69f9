-- Dead letters as a tool. Letters that say the same are one row with a count (`fold` is the digest of what makes two of
-- them equal); a letter that was replayed stays without its bytes, so that a second replay finds nothing to do.

ALTER TABLE dead_letter ADD COLUMN last INTEGER NOT NULL DEFAULT 0;   -- when the newest equal one came; 0: only this one
ALTER TABLE dead_letter ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
ALTER TABLE dead_letter ADD COLUMN size INTEGER NOT NULL DEFAULT 0;   -- of the whole message; 0: `raw` is all of it
ALTER TABLE dead_letter ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letter ADD COLUMN speaker TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letter ADD COLUMN retained INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN fold BLOB;
ALTER TABLE dead_letter ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letter ADD COLUMN tried INTEGER;
ALTER TABLE dead_letter ADD COLUMN replayed INTEGER;                  -- when it stopped being a dead letter

CREATE UNIQUE INDEX dead_letter_fold ON dead_letter (city, fold) WHERE fold IS NOT NULL AND replayed IS NULL;
CREATE INDEX dead_letter_source ON dead_letter (city, source, id) WHERE replayed IS NULL;
CREATE INDEX dead_letter_device ON dead_letter (city, source, device, id) WHERE replayed IS NULL;
CREATE INDEX dead_letter_replayed ON dead_letter (city, source, id) WHERE replayed IS NOT NULL;

-- What became of the messages that are counted as dead-lettered and wait no longer.
CREATE TABLE letter_total (
    city     INTEGER NOT NULL,
    source   TEXT    NOT NULL,
    replayed INTEGER NOT NULL,
    dropped  INTEGER NOT NULL,
    PRIMARY KEY (city, source)
) STRICT, WITHOUT ROWID;

-- Whoever deletes a letter that waits has it counted.
CREATE TRIGGER dead_letter_dropped AFTER DELETE ON dead_letter WHEN old.replayed IS NULL
BEGIN
    INSERT INTO letter_total (city, source, replayed, dropped) VALUES (old.city, old.source, 0, old.count)
    ON CONFLICT (city, source) DO UPDATE SET dropped = dropped + excluded.dropped;
END;
