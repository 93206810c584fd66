-- A login is one row that refresh, logout and reuse detection lock, so that none of them overtakes another. Refresh tokens
-- name their login by a secret of its own from now on: a used token is recognized without keeping a row for it. Sessions
-- of before cannot be recognized that way and end here; their wallets sign in again.
DELETE FROM session;

CREATE TABLE session_family (
    id bytea NOT NULL CONSTRAINT session_family_id_length CHECK (length(id) = 16),
    wallet bytea NOT NULL CONSTRAINT session_family_wallet_length CHECK (length(wallet) = 20),
    secret_hash bytea NOT NULL CONSTRAINT session_family_secret_length CHECK (length(secret_hash) = 32),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT session_family_pkey PRIMARY KEY (id),
    CONSTRAINT session_family_secret_unique UNIQUE (secret_hash)
);
COMMENT ON TABLE session_family IS 'Logins; a revoked one ends all of its sessions, also those that are just being made';
COMMENT ON COLUMN session_family.secret_hash IS 'SHA-256 of the part that all refresh tokens of the login share';
COMMENT ON COLUMN session_family.expires_at IS 'When the newest refresh token ends; a day later the row is deleted';
CREATE INDEX session_family_by_expiry ON session_family (expires_at);

-- Whose a session is, how long it lives and whether it was revoked stands with its login.
ALTER TABLE session DROP COLUMN wallet;
ALTER TABLE session DROP COLUMN refresh_expires_at;
ALTER TABLE session DROP COLUMN revoked_at;
ALTER TABLE session ADD CONSTRAINT session_family_fkey
    FOREIGN KEY (family) REFERENCES session_family (id) ON DELETE CASCADE;
ALTER TABLE session ADD COLUMN successor_salt bytea
    CONSTRAINT session_salt_length CHECK (length(successor_salt) = 32);
ALTER TABLE session ADD COLUMN client_hash bytea
    CONSTRAINT session_client_length CHECK (length(client_hash) = 32);
ALTER TABLE session ADD CONSTRAINT session_refresh_complete CHECK (
    (refreshed_at IS NULL) = (successor_salt IS NULL) AND (refreshed_at IS NULL) = (client_hash IS NULL)
);
COMMENT ON TABLE session IS 'Pairs of tokens by their SHA-256: the newest of each login, and those that it replaced just now';
COMMENT ON COLUMN session.successor_salt IS 'With the refresh token, which is not stored, it gives the next pair again';
COMMENT ON COLUMN session.client_hash IS 'Who refreshed: only the same client gets the next pair again';

CREATE INDEX login_nonce_by_expiry ON login_nonce (expires_at);

GRANT SELECT, INSERT, DELETE ON session_family TO trellis_api;
GRANT UPDATE (expires_at, revoked_at) ON session_family TO trellis_api;
GRANT UPDATE (successor_salt, client_hash) ON session TO trellis_api;
