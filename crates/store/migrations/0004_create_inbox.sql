-- Everything that will become a fact enters here under a natural key, so that a repeat changes nothing.
CREATE TABLE inbox (
    id bigint GENERATED ALWAYS AS IDENTITY,
    source text NOT NULL CONSTRAINT inbox_source_known CHECK (source IN ('chain', 'command', 'schedule')),
    natural_key text NOT NULL,
    payload jsonb NOT NULL,
    fingerprint bytea NOT NULL CONSTRAINT inbox_fingerprint_length CHECK (length(fingerprint) = 32),
    effective_at bigint NOT NULL,
    chain_seq bigint,
    block_number bigint,
    block_hash bytea,
    transaction_hash bytea,
    received_at timestamptz NOT NULL DEFAULT now(),
    fact_seq bigint,
    CONSTRAINT inbox_pkey PRIMARY KEY (id),
    CONSTRAINT inbox_natural_key_unique UNIQUE (source, natural_key),
    CONSTRAINT inbox_chain_complete CHECK (
        (source = 'chain') = (chain_seq IS NOT NULL AND block_number IS NOT NULL
            AND block_hash IS NOT NULL AND transaction_hash IS NOT NULL)
    )
);
COMMENT ON TABLE inbox IS 'Causes, as they arrived; the posting worker numbers them';
COMMENT ON COLUMN inbox.natural_key IS 'chain: the journal sequence; command: wallet or operator, and the idempotency key';
COMMENT ON COLUMN inbox.fingerprint IS 'keccak256 of the canonical payload text: a repeat with another content is refused';
COMMENT ON COLUMN inbox.effective_at IS 'Seconds since 1970-01-01 UTC: block time, or the time of acceptance of a command';
COMMENT ON COLUMN inbox.fact_seq IS 'Number given by the posting worker; the only column that changes, once';
CREATE UNIQUE INDEX inbox_chain_seq ON inbox (chain_seq) WHERE chain_seq IS NOT NULL;
CREATE INDEX inbox_waiting ON inbox (id) WHERE fact_seq IS NULL;

CREATE TABLE fact (
    seq bigint NOT NULL CONSTRAINT fact_seq_positive CHECK (seq > 0),
    inbox_id bigint NOT NULL CONSTRAINT fact_inbox_fkey REFERENCES inbox (id),
    batch_seq bigint NOT NULL,
    CONSTRAINT fact_pkey PRIMARY KEY (seq),
    CONSTRAINT fact_inbox_unique UNIQUE (inbox_id)
);
COMMENT ON TABLE fact IS 'The order: gap-free numbers given by the posting worker';
