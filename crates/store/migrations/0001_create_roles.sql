-- Each process connects under a role of its own, so that what a process must never do the database refuses.
-- Roles belong to the whole server: another ledger's database on it may have created them already.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY[
        'trellis_listener', 'trellis_poster', 'trellis_api', 'trellis_reader', 'trellis_signer'
    ] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;
