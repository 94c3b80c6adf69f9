-- Samples in one native partition a day (UTC), without TimescaleDB. The functions run with the rights of the owner, so
-- that the run-time role can have partitions made and dropped without being able to create or drop anything else.

CREATE TABLE sample (
    city   integer NOT NULL,
    series integer NOT NULL,
    time   bigint  NOT NULL,
    value  double precision NOT NULL,
    PRIMARY KEY (city, series, time)
) PARTITION BY RANGE (time);

-- For times that no day was made for: years back or ahead, by clocks that are wrong.
CREATE TABLE sample_other PARTITION OF sample DEFAULT;

-- A day's first microsecond out of its number since 1970.
CREATE FUNCTION day_start(day bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT day * 86400000000 $$;

-- The days that there is a partition for.
CREATE FUNCTION sample_days() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pantau, pg_temp AS
$$ SELECT substring(relname FROM 8)::date - date '1970-01-01' FROM pg_inherits
   JOIN pg_class ON pg_class.oid = inhrelid
   WHERE inhparent = 'pantau.sample'::regclass AND relname ~ '^sample_\d{8}$' $$;

-- Makes partitions for today, the days around it, and those of the `wanted` days that are within 400 days back and 7
-- ahead of the database's clock. The bound is what a wrong device clock can cost.
CREATE FUNCTION sample_days_make(wanted bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pantau, pg_temp SET lock_timeout = '1s' AS
$$
DECLARE
    today bigint := (now() AT TIME ZONE 'UTC')::date - date '1970-01-01';
    one   bigint;
    part  text;
BEGIN
    FOR one IN
        SELECT DISTINCT day FROM unnest(wanted || ARRAY[today - 1, today, today + 1, today + 2]) AS day
        WHERE day BETWEEN today - 400 AND today + 7
        EXCEPT SELECT sample_days() ORDER BY 1
    LOOP
        part := 'sample_' || to_char(date '1970-01-01' + one::integer, 'YYYYMMDD');
        -- Attached afterwards: that lets readers go on, and what waited in `sample_other` can be moved first.
        EXECUTE format('CREATE TABLE %I (LIKE sample INCLUDING ALL)', part);
        EXECUTE format('ALTER TABLE %I ADD CHECK (time >= %s AND time < %s)', part, day_start(one), day_start(one + 1));
        EXECUTE format(
            'WITH moved AS (DELETE FROM sample_other WHERE time >= $1 AND time < $2 RETURNING *) '
            'INSERT INTO %I SELECT * FROM moved', part) USING day_start(one), day_start(one + 1);
        EXECUTE format('ALTER TABLE sample ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
                       part, day_start(one), day_start(one + 1));
    END LOOP;
    RETURN QUERY SELECT sample_days();
END
$$;

-- Drops a day, if no other city has samples in it; says how many samples went, or -1 if it could not be dropped.
CREATE FUNCTION sample_day_drop(of_city integer, day bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pantau, pg_temp SET lock_timeout = '5s' AS
$$
DECLARE
    part   text := 'sample_' || to_char(date '1970-01-01' + day::integer, 'YYYYMMDD');
    others boolean;
    gone   bigint;
BEGIN
    IF day NOT IN (SELECT sample_days()) THEN RETURN 0; END IF;
    -- Against a commit of another city between the look and the drop.
    EXECUTE format('LOCK TABLE %I IN SHARE MODE', part);
    EXECUTE format('SELECT min(city) < $1 OR max(city) > $1 FROM %I', part) INTO others USING of_city;
    IF others THEN RETURN -1; END IF;
    EXECUTE format('SELECT count(*) FROM %I', part) INTO gone;
    EXECUTE format('DROP TABLE %I', part);
    RETURN gone;
END
$$;

REVOKE ALL ON FUNCTION sample_days(), sample_days_make(bigint[]), sample_day_drop(integer, bigint) FROM PUBLIC;
