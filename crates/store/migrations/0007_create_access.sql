-- Logins, documents shown and authorizations handed out. None of it is money.
CREATE TABLE login_nonce (
    nonce text NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    CONSTRAINT login_nonce_pkey PRIMARY KEY (nonce)
);
COMMENT ON TABLE login_nonce IS 'Single-use nonces for signing in with a wallet';

CREATE TABLE session (
    id bigint GENERATED ALWAYS AS IDENTITY,
    family bytea NOT NULL CONSTRAINT session_family_length CHECK (length(family) = 16),
    wallet bytea NOT NULL CONSTRAINT session_wallet_length CHECK (length(wallet) = 20),
    access_hash bytea NOT NULL CONSTRAINT session_access_length CHECK (length(access_hash) = 32),
    refresh_hash bytea NOT NULL CONSTRAINT session_refresh_length CHECK (length(refresh_hash) = 32),
    access_expires_at timestamptz NOT NULL,
    refresh_expires_at timestamptz NOT NULL,
    refreshed_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT session_pkey PRIMARY KEY (id),
    CONSTRAINT session_access_unique UNIQUE (access_hash),
    CONSTRAINT session_refresh_unique UNIQUE (refresh_hash)
);
COMMENT ON TABLE session IS 'Sessions by the SHA-256 of their tokens; a refresh token used twice revokes its family';
CREATE INDEX session_by_family ON session (family);

CREATE TABLE operator (
    wallet bytea NOT NULL CONSTRAINT operator_wallet_length CHECK (length(wallet) = 20),
    name text NOT NULL,
    roles text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT operator_pkey PRIMARY KEY (wallet),
    CONSTRAINT operator_roles_known CHECK (
        roles <@ ARRAY['viewer', 'support', 'builder', 'approver', 'config_admin', 'auditor']
    )
);
COMMENT ON TABLE operator IS 'Staff accounts and their roles';

CREATE TABLE disclosure (
    hash bytea NOT NULL CONSTRAINT disclosure_hash_length CHECK (length(hash) = 32),
    body text NOT NULL,
    fact_seq bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT disclosure_pkey PRIMARY KEY (hash)
);
COMMENT ON TABLE disclosure IS 'Documents that newcomers were shown, by the keccak256 of their text';
COMMENT ON COLUMN disclosure.fact_seq IS 'Last fact that the document counts';

CREATE TABLE authorization_request (
    ref bytea NOT NULL CONSTRAINT authorization_ref_length CHECK (length(ref) = 32),
    kind text NOT NULL CONSTRAINT authorization_kind_known CHECK (kind IN ('registration', 'retopup')),
    wallet bytea NOT NULL CONSTRAINT authorization_wallet_length CHECK (length(wallet) = 20),
    sponsor_wallet bytea CONSTRAINT authorization_sponsor_length CHECK (length(sponsor_wallet) = 20),
    amount numeric(39, 0) NOT NULL,
    plan_hash bytea NOT NULL,
    disclosure_hash bytea NOT NULL CONSTRAINT authorization_disclosure_fkey REFERENCES disclosure (hash),
    deadline bigint NOT NULL,
    signer bytea,
    signature bytea,
    signed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT authorization_request_pkey PRIMARY KEY (ref),
    CONSTRAINT authorization_signature_complete CHECK ((signer IS NULL) = (signature IS NULL))
);
COMMENT ON TABLE authorization_request IS 'Intakes for which a signature was asked: stored before the signer is called';
CREATE INDEX authorization_request_by_wallet ON authorization_request (wallet, created_at DESC);

CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT audit_log_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE audit_log IS 'What people and processes did that is not a fact; append-only';
