-- Samples as a hypertable of TimescaleDB (2.13 or newer), one chunk a day (UTC). What follows here is in the Apache
-- edition. The functions run with the rights of the owner, as those of `days.sql`; EXTENSION_SCHEMA is where the
-- extension's own functions are.

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

-- For times that no chunk may be made for: years back or ahead, by clocks that are wrong. A hypertable makes a chunk for
-- whatever day a row has, and a transaction that touches thousands of them runs out of locks, every time it is tried.
CREATE TABLE sample_other (
    city   integer NOT NULL,
    series integer NOT NULL,
    time   bigint  NOT NULL,
    value  double precision NOT NULL,
    PRIMARY KEY (city, series, time)
);
CREATE INDEX sample_other_time ON sample_other (time);

-- A day's first microsecond out of its number since 1970.
CREATE FUNCTION day_start(day bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT day * 86400000000 $$;

-- The days that there is a chunk for.
CREATE FUNCTION sample_days() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pantau, pg_temp AS
$$ SELECT range_start_integer / 86400000000 FROM timescaledb_information.chunks
   WHERE hypertable_schema = 'pantau' AND hypertable_name = 'sample' $$;

-- The days whose samples go to the hypertable: those that have a chunk, today, the days around it, and those of the
-- `wanted` days that are within 400 days back and 7 ahead of the database's clock. What waited for one of them in
-- `sample_other` is moved; the hypertable makes chunks by itself.
CREATE FUNCTION sample_days_make(wanted bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pantau, pg_temp SET lock_timeout = '1s' AS
$$
DECLARE
    today bigint := (now() AT TIME ZONE 'UTC')::date - date '1970-01-01';
    one   bigint;
BEGIN
    FOR one IN
        SELECT DISTINCT day FROM unnest(wanted || ARRAY[today - 1, today, today + 1, today + 2]) AS day
        WHERE day BETWEEN today - 400 AND today + 7
    LOOP
        WITH moved AS (DELETE FROM sample_other WHERE time >= day_start(one) AND time < day_start(one + 1) RETURNING *)
        INSERT INTO sample SELECT * FROM moved ON CONFLICT DO NOTHING;
        RETURN NEXT one;
    END LOOP;
    RETURN QUERY SELECT sample_days();
END
$$;

-- Drops a day, if no other city has samples in it; says how many samples went, or -1 if it could not be dropped. No
-- retention policy of TimescaleDB's own: what may go is said by the server, and for one city.
CREATE FUNCTION sample_day_drop(of_city integer, day bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pantau, EXTENSION_SCHEMA, pg_temp SET lock_timeout = '5s' AS
$$
DECLARE
    begins bigint := day_start(day);
    ends   bigint := day_start(day + 1);
    chunk  text;
    gone   bigint;
BEGIN
    SELECT format('%I.%I', chunk_schema, chunk_name) INTO chunk FROM timescaledb_information.chunks
    WHERE hypertable_schema = 'pantau' AND hypertable_name = 'sample' AND range_start_integer = begins;
    IF NOT FOUND THEN RETURN 0; END IF;
    -- Against a commit of another city between the look and the drop.
    EXECUTE format('LOCK TABLE %s IN SHARE MODE', chunk);
    -- Either side by itself: that is one look into the key, or at what a compressed chunk is cut by.
    IF EXISTS (SELECT FROM sample WHERE time >= begins AND time < ends AND city < of_city)
        OR EXISTS (SELECT FROM sample WHERE time >= begins AND time < ends AND city > of_city) THEN RETURN -1; END IF;
    SELECT count(*) INTO gone FROM sample WHERE time >= begins AND time < ends;
    PERFORM drop_chunks('pantau.sample', older_than => ends, newer_than => begins);
    RETURN gone;
END
$$;

REVOKE ALL ON FUNCTION sample_days(), sample_days_make(bigint[]), sample_day_drop(integer, bigint) FROM PUBLIC;
