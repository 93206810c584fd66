-- Who compares what was signed with what the chain accepted reads this memory, and can change nothing of it.
DO $$
BEGIN
    CREATE ROLE trellis_signer_auditor LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

GRANT USAGE ON SCHEMA signer TO trellis_signer_auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA signer TO trellis_signer_auditor;
ALTER DEFAULT PRIVILEGES IN SCHEMA signer GRANT SELECT ON TABLES TO trellis_signer_auditor;
