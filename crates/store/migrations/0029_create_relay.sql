-- Exits without gas: messages that users signed for the contract, sent by the settlement process from an account of its own. Kinds
-- of their own for entry without gas will follow the ledger of tokens.

CREATE TABLE relayer (
    account bytea NOT NULL CONSTRAINT relayer_account_length CHECK (length(account) = 20),
    seen_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT relayer_pkey PRIMARY KEY (account)
);
COMMENT ON TABLE relayer IS 'Accounts that relay; messages are taken while one of them was seen lately';

CREATE TABLE relay (
    id bigint GENERATED ALWAYS AS IDENTITY,
    digest bytea NOT NULL CONSTRAINT relay_digest_length CHECK (length(digest) = 32),
    kind text NOT NULL CONSTRAINT relay_kind_known CHECK (kind IN ('refund', 'claim', 'credit')),
    wallet bytea NOT NULL CONSTRAINT relay_wallet_length CHECK (length(wallet) = 20),
    input bytea NOT NULL CONSTRAINT relay_input_bounded CHECK (length(input) <= 16384),
    gas_limit bigint NOT NULL CONSTRAINT relay_gas_positive CHECK (gas_limit > 0),
    deadline bigint NOT NULL,
    state text NOT NULL DEFAULT 'queued' CONSTRAINT relay_state_known CHECK (state IN ('queued', 'sent', 'done', 'failed')),
    failed text,
    rounds integer NOT NULL DEFAULT 1 CONSTRAINT relay_rounds_positive CHECK (rounds > 0),
    sender bytea CONSTRAINT relay_sender_length CHECK (length(sender) = 20),
    nonce bigint,
    transaction_hash bytea CONSTRAINT relay_transaction_length CHECK (length(transaction_hash) = 32),
    queued_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT relay_pkey PRIMARY KEY (id),
    CONSTRAINT relay_digest_unique UNIQUE (digest),
    CONSTRAINT relay_failed_says_why CHECK ((state = 'failed') = (failed IS NOT NULL)),
    CONSTRAINT relay_sent_has_nonce CHECK (state <> 'sent' OR (sender IS NOT NULL AND nonce IS NOT NULL))
);
COMMENT ON TABLE relay IS 'Signed messages of users, each until its transaction is final';
COMMENT ON COLUMN relay.digest IS 'What the user signed (EIP-712)';
COMMENT ON COLUMN relay.input IS 'The call of the contract, signature included';
COMMENT ON COLUMN relay.failed IS 'A stable code: why it was not done';
COMMENT ON COLUMN relay.rounds IS 'How often it was queued: what failed, and a claim that was paid in part, can be asked for again';
COMMENT ON COLUMN relay.transaction_hash IS 'Of the newest attempt, or of the one that was included';
CREATE INDEX relay_by_wallet ON relay (wallet, queued_at);
CREATE INDEX relay_by_time ON relay (queued_at);
CREATE UNIQUE INDEX relay_by_nonce ON relay (sender, nonce) WHERE state = 'sent';
CREATE INDEX relay_open ON relay (id) WHERE state IN ('queued', 'sent');

CREATE TABLE relay_attempt (
    transaction_hash bytea NOT NULL CONSTRAINT relay_attempt_hash_length CHECK (length(transaction_hash) = 32),
    relay_id bigint NOT NULL CONSTRAINT relay_attempt_relay_fkey REFERENCES relay (id),
    sender bytea NOT NULL CONSTRAINT relay_attempt_sender_length CHECK (length(sender) = 20),
    nonce bigint NOT NULL CONSTRAINT relay_attempt_nonce_natural CHECK (nonce >= 0),
    raw bytea NOT NULL,
    max_fee numeric(39, 0) NOT NULL,
    priority_fee numeric(39, 0) NOT NULL,
    cost numeric(39, 0) NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT relay_attempt_pkey PRIMARY KEY (transaction_hash)
);
COMMENT ON TABLE relay_attempt IS 'Signed transactions of relays, stored before they are sent; those of one nonce replace each other';
COMMENT ON COLUMN relay_attempt.cost IS 'What it costs at most, and what it did cost once it is final';
CREATE INDEX relay_attempt_by_relay ON relay_attempt (relay_id);
CREATE INDEX relay_attempt_by_nonce ON relay_attempt (sender, nonce);
CREATE INDEX relay_attempt_by_time ON relay_attempt (signed_at);

GRANT SELECT ON relay, relayer TO trellis_api, trellis_settler, trellis_reader;
GRANT INSERT (digest, kind, wallet, input, gas_limit, deadline) ON relay TO trellis_api;
GRANT UPDATE (state, failed, rounds, queued_at, input, gas_limit) ON relay TO trellis_api;
GRANT UPDATE (state, failed, sender, nonce, transaction_hash) ON relay TO trellis_settler;
GRANT SELECT, INSERT, UPDATE (cost) ON relay_attempt TO trellis_settler;
GRANT SELECT ON relay_attempt TO trellis_reader;
GRANT INSERT, UPDATE (seen_at) ON relayer TO trellis_settler;
