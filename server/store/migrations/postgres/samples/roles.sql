-- What the run-time role may do: a group without login, to be granted to the role that the server connects as. Run
-- again by every `pantau migrate`, so that a role made later gets its rights too.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pantau_runtime') THEN
        BEGIN
            CREATE ROLE pantau_runtime NOLOGIN;
        EXCEPTION
            -- Another database of the same cluster made it at the same time.
            WHEN duplicate_object OR unique_violation THEN NULL;
            WHEN insufficient_privilege THEN
                RAISE WARNING 'the role pantau_runtime does not exist, and may not be created by %', current_user;
                RETURN;
        END;
    END IF;
    GRANT USAGE ON SCHEMA pantau TO pantau_runtime;
    GRANT SELECT ON ALL TABLES IN SCHEMA pantau TO pantau_runtime;
    -- The journal, the inbox and the names of cities and series only grow.
    GRANT INSERT ON city, journal, inbox, series TO pantau_runtime;
    GRANT INSERT, UPDATE ON tip, head, heard, total, letter_total TO pantau_runtime;
    GRANT INSERT, UPDATE, DELETE ON snapshot TO pantau_runtime;
    GRANT INSERT, DELETE ON sample, sample_other, reporter TO pantau_runtime;
    GRANT INSERT, UPDATE, DELETE ON dead_letter TO pantau_runtime;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pantau TO pantau_runtime;
END
$$;
