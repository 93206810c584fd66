-- The audit log is sealed into a hash chain beside its writers: who writes waits for nobody. A transaction can end long after a
-- later one, so rows are sealed in the order of their transactions, and only when no transaction that is still open can add one
-- before them. A row that appears before what is sealed was inserted late.
ALTER TABLE audit_log ADD COLUMN transaction xid8 NOT NULL DEFAULT pg_current_xact_id();
COMMENT ON COLUMN audit_log.transaction IS 'The database transaction that wrote it';
CREATE INDEX audit_log_by_transaction ON audit_log (transaction, id);

-- What people look for, newest first.
CREATE INDEX audit_log_by_time ON audit_log (at DESC, id DESC);
CREATE INDEX audit_log_by_actor ON audit_log (actor, at DESC, id DESC);
CREATE INDEX audit_log_by_action ON audit_log (action, at DESC, id DESC);
CREATE INDEX audit_log_by_subject ON audit_log (subject, at DESC, id DESC);

-- Who writes says what was done; when, in which transaction and under which number only the database says.
REVOKE INSERT ON audit_log FROM trellis_api, trellis_settler;
GRANT INSERT (actor, action, subject, detail) ON audit_log TO trellis_api, trellis_settler;

-- Without a foreign key: a row that is gone is to be found, whoever deleted it.
CREATE TABLE audit_seal (
    seq bigint NOT NULL CONSTRAINT audit_seal_seq_positive CHECK (seq > 0),
    audit_id bigint NOT NULL,
    hash bytea NOT NULL CONSTRAINT audit_seal_hash_length CHECK (length(hash) = 32),
    horizon xid8 NOT NULL,
    sealed_at timestamptz NOT NULL,
    CONSTRAINT audit_seal_pkey PRIMARY KEY (seq),
    CONSTRAINT audit_seal_audit_id_unique UNIQUE (audit_id)
);
COMMENT ON TABLE audit_seal IS 'Hash chain over the audit log, a link for each row; append-only';
COMMENT ON COLUMN audit_seal.hash IS 'keccak256 over the hash before, the seal''s own columns and the row, as `audit::trail` writes them';
COMMENT ON COLUMN audit_seal.horizon IS 'Transactions below it had ended, and all their rows are sealed here or before';

GRANT SELECT ON audit_log TO trellis_poster, trellis_reconciler;
GRANT SELECT ON audit_seal TO trellis_poster, trellis_reconciler, trellis_api, trellis_reader;
GRANT INSERT ON audit_seal TO trellis_poster;
