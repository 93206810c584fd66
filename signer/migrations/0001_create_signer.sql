-- The signer's memory: what it was asked, what it signed, and a chain of everything it decided. It has a schema and a role of
-- its own, so that neither the signer sees a ledger nor a ledger's role the signer's memory, also on one server.
DO $$
BEGIN
    CREATE ROLE trellis_signer LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

CREATE SCHEMA IF NOT EXISTS signer;
REVOKE ALL ON SCHEMA signer FROM PUBLIC;

CREATE TABLE signer.sign_request (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT sign_request_pkey PRIMARY KEY,
    purpose text NOT NULL CONSTRAINT sign_request_purpose CHECK (purpose IN ('authorizations', 'roots', 'transactions')),
    business_key text NOT NULL CONSTRAINT sign_request_business_key UNIQUE,
    kind text NOT NULL,
    digest bytea NOT NULL CONSTRAINT sign_request_digest CHECK (length(digest) = 32),
    request jsonb NOT NULL,
    caller text NOT NULL,
    head_timestamp bigint NOT NULL,
    policy_hash bytea NOT NULL CONSTRAINT sign_request_policy_hash CHECK (length(policy_hash) = 32),
    recorded_at_ms bigint NOT NULL
);
COMMENT ON TABLE signer.sign_request IS
    'What was recorded to be signed, before it was signed. One thing per business key, for ever.';
COMMENT ON COLUMN signer.sign_request.head_timestamp IS 'The chain head''s timestamp against which the deadline was measured.';
COMMENT ON COLUMN signer.sign_request.policy_hash IS 'Hash of the policy that allowed it.';

CREATE TABLE signer.signature (
    request_id bigint NOT NULL CONSTRAINT signature_pkey PRIMARY KEY
        CONSTRAINT signature_request REFERENCES signer.sign_request (id),
    signer bytea NOT NULL CONSTRAINT signature_signer CHECK (length(signer) = 20),
    signature bytea NOT NULL CONSTRAINT signature_length CHECK (length(signature) = 65),
    signed_at_ms bigint NOT NULL
);
COMMENT ON TABLE signer.signature IS
    'The one signature of a request. A request without one died between its record and its signature; asked again, it gets one.';

CREATE TABLE signer.audit (
    seq bigint NOT NULL CONSTRAINT audit_pkey PRIMARY KEY CONSTRAINT audit_seq CHECK (seq > 0),
    at_ms bigint NOT NULL,
    event text NOT NULL CONSTRAINT audit_event CHECK (event IN ('started', 'recorded', 'repeated', 'refused')),
    purpose text NOT NULL,
    caller text NOT NULL,
    subject text NOT NULL,
    digest bytea NOT NULL CONSTRAINT audit_digest CHECK (length(digest) IN (0, 32)),
    code text NOT NULL,
    detail text NOT NULL,
    prev_hash bytea NOT NULL CONSTRAINT audit_prev_hash CHECK (length(prev_hash) = 32),
    row_hash bytea NOT NULL CONSTRAINT audit_row_hash CHECK (length(row_hash) = 32)
);
COMMENT ON TABLE signer.audit IS
    'Every decision. Each row''s hash covers its content and the hash of the row before, from 32 zero bytes on.';
COMMENT ON COLUMN signer.audit.subject IS 'The business key, or nothing.';
COMMENT ON COLUMN signer.audit.code IS 'The broken rule of a refusal, or nothing.';

CREATE TABLE signer.audit_head (
    one boolean NOT NULL DEFAULT true CONSTRAINT audit_head_pkey PRIMARY KEY CONSTRAINT audit_head_one CHECK (one),
    seq bigint NOT NULL,
    hash bytea NOT NULL CONSTRAINT audit_head_hash CHECK (length(hash) = 32)
);
COMMENT ON TABLE signer.audit_head IS 'The last row of the audit chain; its lock puts all decisions in one order.';
INSERT INTO signer.audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- Append-only by grants: the signer itself can neither change nor delete what it recorded, signed or decided.
GRANT USAGE ON SCHEMA signer TO trellis_signer;
GRANT SELECT ON ALL TABLES IN SCHEMA signer TO trellis_signer;
GRANT INSERT ON signer.sign_request, signer.signature, signer.audit TO trellis_signer;
GRANT UPDATE (seq, hash) ON signer.audit_head TO trellis_signer;
