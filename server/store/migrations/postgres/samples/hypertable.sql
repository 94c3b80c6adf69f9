-- Samples as a hypertable of TimescaleDB (2.13 or newer), one chunk a day. What follows here is in the Apache edition.

CREATE TABLE sample (
    city   integer NOT NULL,
    series integer NOT NULL,
    time   bigint  NOT NULL,
    value  double precision NOT NULL,
    PRIMARY KEY (city, series, time)
);

SELECT create_hypertable('sample', by_range('time', 86400000000), create_default_indexes => false);

-- Policies on a hypertable whose time is a number need to know what number is now.
CREATE FUNCTION sample_now() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT (extract(epoch FROM now()) * 1000000)::bigint $$;
SELECT set_integer_now_func('sample', 'sample_now');

-- Drops every chunk that ends before a time, and says how many samples went; -1 if another city has samples there. No
-- retention policy of TimescaleDB's own: what may go is said by the server, and for one city.
CREATE FUNCTION sample_chunks_drop(of_city integer, before bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pantau, public, pg_temp SET lock_timeout = '5s' AS
$$
DECLARE
    gone bigint;
BEGIN
    IF EXISTS (SELECT FROM pantau.sample WHERE time < before AND city <> of_city) THEN RETURN -1; END IF;
    SELECT count(*) INTO gone FROM pantau.sample WHERE time < before;
    PERFORM drop_chunks('pantau.sample', older_than => before);
    SELECT gone - count(*) INTO gone FROM pantau.sample WHERE time < before;
    RETURN gone;
END
$$;

REVOKE ALL ON FUNCTION sample_chunks_drop(integer, bigint) FROM PUBLIC;
