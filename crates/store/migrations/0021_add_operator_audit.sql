-- Whoever changes who may do what leaves a trace, however it is done: by a command, a script or by hand.
CREATE FUNCTION note_operator_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO audit_log (actor, action, subject, detail) VALUES (
        'database:' || session_user,
        CASE TG_OP WHEN 'INSERT' THEN 'operator.added' WHEN 'UPDATE' THEN 'operator.changed' ELSE 'operator.removed' END,
        '0x' || encode(coalesce(NEW.wallet, OLD.wallet), 'hex'),
        jsonb_build_object('before', to_jsonb(OLD.roles), 'after', to_jsonb(NEW.roles))
    );
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION note_operator_change IS 'Writes every change of operators and their roles to the audit log';
CREATE TRIGGER operator_change_is_noted AFTER INSERT OR UPDATE OR DELETE ON operator
    FOR EACH ROW EXECUTE FUNCTION note_operator_change();
