-- A process refuses a schema that is not its own, so each has to see which migrations were applied.
GRANT SELECT ON _sqlx_migrations TO trellis_listener, trellis_poster, trellis_api, trellis_settler, trellis_reconciler,
    trellis_reader;

-- Two people stand behind every change of who may do what, however it is made: the last two config admins stay. Two changes at
-- once that each leave enough wait for each other here, and one of them fails.
CREATE FUNCTION two_config_admins_stay() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    LOCK TABLE operator IN SHARE ROW EXCLUSIVE MODE;
    IF (SELECT count(DISTINCT o.person) FROM operator AS o WHERE 'config_admin' = ANY (o.roles)) < 2 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation', CONSTRAINT = 'operator_two_config_admins', TABLE = 'operator',
            MESSAGE = 'at least two people must be config admins';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION two_config_admins_stay IS 'Refuses changes that leave fewer than two config admins';
CREATE CONSTRAINT TRIGGER operator_two_config_admins AFTER DELETE ON operator DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ('config_admin' = ANY (OLD.roles)) EXECUTE FUNCTION two_config_admins_stay();
CREATE CONSTRAINT TRIGGER operator_two_config_admins_changed AFTER UPDATE ON operator DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ('config_admin' = ANY (OLD.roles) AND (NOT 'config_admin' = ANY (NEW.roles) OR OLD.name <> NEW.name))
    EXECUTE FUNCTION two_config_admins_stay();
