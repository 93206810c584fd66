-- What the signer remembers of batches, roots and transactions, beside the requests themselves: enough to refuse what an
-- earlier signature does not leave room for. And pauses: a key that was asked for two things under one reference signs
-- nothing until a person has looked at it.
CREATE TABLE signer.payout_batch (
    request_id bigint NOT NULL CONSTRAINT payout_batch_pkey PRIMARY KEY
        CONSTRAINT payout_batch_request REFERENCES signer.sign_request (id),
    scope text NOT NULL,
    increase numeric(39, 0) NOT NULL CONSTRAINT payout_batch_increase CHECK (increase >= 0)
);
COMMENT ON TABLE signer.payout_batch IS 'Batches that were recorded to be signed.';
COMMENT ON COLUMN signer.payout_batch.scope IS 'Chain and contract: `31337:0x…`.';
COMMENT ON COLUMN signer.payout_batch.increase IS 'What it promised beyond all before it; counts towards the limit of a day.';

CREATE TABLE signer.payout (
    request_id bigint NOT NULL CONSTRAINT payout_batch REFERENCES signer.payout_batch (request_id),
    wallet bytea NOT NULL CONSTRAINT payout_wallet CHECK (length(wallet) = 20),
    scope text NOT NULL,
    target numeric(39, 0) NOT NULL CONSTRAINT payout_target CHECK (target > 0),
    increase numeric(39, 0) NOT NULL CONSTRAINT payout_increase CHECK (increase >= 0 AND increase <= target),
    CONSTRAINT payout_pkey PRIMARY KEY (request_id, wallet)
);
COMMENT ON TABLE signer.payout IS
    'The lines of those batches. A wallet''s highest target is all that signatures can ever bring it.';
CREATE INDEX payout_highest ON signer.payout (wallet, scope, target);

CREATE TABLE signer.liabilities_root (
    request_id bigint NOT NULL CONSTRAINT liabilities_root_pkey PRIMARY KEY
        CONSTRAINT liabilities_root_request REFERENCES signer.sign_request (id),
    scope text NOT NULL,
    total numeric(39, 0) NOT NULL CONSTRAINT liabilities_root_total CHECK (total > 0),
    as_of_seq bigint NOT NULL,
    deadline bigint NOT NULL
);
COMMENT ON TABLE signer.liabilities_root IS 'Roots that were recorded to be signed.';
COMMENT ON COLUMN signer.liabilities_root.deadline IS 'Until then it can still be published.';
CREATE INDEX liabilities_root_alive ON signer.liabilities_root (scope, deadline);

CREATE TABLE signer.transaction (
    request_id bigint NOT NULL CONSTRAINT transaction_pkey PRIMARY KEY
        CONSTRAINT transaction_request REFERENCES signer.sign_request (id),
    account text NOT NULL,
    nonce bigint NOT NULL CONSTRAINT transaction_nonce CHECK (nonce >= 0),
    attempt bigint NOT NULL CONSTRAINT transaction_attempt CHECK (attempt >= 0),
    payload bytea NOT NULL CONSTRAINT transaction_payload CHECK (length(payload) = 32),
    noop boolean NOT NULL,
    max_fee_per_gas numeric(39, 0) NOT NULL,
    max_priority_fee_per_gas numeric(39, 0) NOT NULL,
    batch_id bytea CONSTRAINT transaction_batch_id CHECK (length(batch_id) = 32),
    CONSTRAINT transaction_attempt_once UNIQUE (account, nonce, attempt)
);
COMMENT ON TABLE signer.transaction IS 'Transactions that were recorded to be signed.';
COMMENT ON COLUMN signer.transaction.account IS 'Chain and sender: `31337:0x…`.';
COMMENT ON COLUMN signer.transaction.payload IS 'keccak-256 of recipient, value and data: what the attempts of a nonce have in common.';
COMMENT ON COLUMN signer.transaction.noop IS 'It sends nothing to the sender itself.';
COMMENT ON COLUMN signer.transaction.batch_id IS 'The batch that it executes.';
CREATE INDEX transaction_batch ON signer.transaction (account, batch_id) WHERE batch_id IS NOT NULL;

CREATE TABLE signer.key_pause (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT key_pause_pkey PRIMARY KEY,
    purpose text NOT NULL CONSTRAINT key_pause_purpose CHECK (purpose IN ('authorizations', 'roots', 'transactions')),
    signer bytea NOT NULL CONSTRAINT key_pause_signer CHECK (length(signer) = 20),
    business_key text NOT NULL,
    paused_at_ms bigint NOT NULL
);
COMMENT ON TABLE signer.key_pause IS 'A key signs nothing while it has a pause that nobody resumed.';
COMMENT ON COLUMN signer.key_pause.business_key IS 'Under which two different things were asked for.';

CREATE TABLE signer.key_resume (
    pause_id bigint NOT NULL CONSTRAINT key_resume_pkey PRIMARY KEY
        CONSTRAINT key_resume_pause REFERENCES signer.key_pause (id),
    reason text NOT NULL CONSTRAINT key_resume_reason CHECK (reason <> ''),
    resumed_at_ms bigint NOT NULL
);
COMMENT ON TABLE signer.key_resume IS 'Ends of pauses, written by the database''s owner: the serving role cannot end its own pause.';

ALTER TABLE signer.audit DROP CONSTRAINT audit_event;
ALTER TABLE signer.audit ADD CONSTRAINT audit_event
    CHECK (event IN ('started', 'recorded', 'repeated', 'refused', 'paused', 'resumed'));

GRANT SELECT ON signer.payout_batch, signer.payout, signer.liabilities_root, signer.transaction, signer.key_pause,
    signer.key_resume TO trellis_signer;
GRANT INSERT ON signer.payout_batch, signer.payout, signer.liabilities_root, signer.transaction, signer.key_pause
    TO trellis_signer;
