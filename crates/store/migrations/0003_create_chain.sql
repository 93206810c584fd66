-- What the listener saw. Blocks and logs are never deleted: a fork only turns its blocks non-canonical.
CREATE TABLE chain_block (
    hash bytea NOT NULL CONSTRAINT chain_block_hash_length CHECK (length(hash) = 32),
    number bigint NOT NULL,
    parent_hash bytea NOT NULL CONSTRAINT chain_block_parent_length CHECK (length(parent_hash) = 32),
    "timestamp" bigint NOT NULL,
    seq_end bigint NOT NULL CONSTRAINT chain_block_seq_natural CHECK (seq_end >= 0),
    root_end bytea NOT NULL CONSTRAINT chain_block_root_length CHECK (length(root_end) = 24),
    canonical boolean NOT NULL DEFAULT true,
    final boolean NOT NULL DEFAULT false,
    seen_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT chain_block_pkey PRIMARY KEY (hash),
    CONSTRAINT chain_block_final_is_canonical CHECK (canonical OR NOT final)
);
COMMENT ON TABLE chain_block IS 'Blocks that the listener holds: all above finality, below it those with logs and the ends of ranges';
COMMENT ON COLUMN chain_block."timestamp" IS 'Seconds since 1970-01-01 UTC, from the header';
COMMENT ON COLUMN chain_block.seq_end IS 'Journal sequence of the contract at the end of the block';
COMMENT ON COLUMN chain_block.root_end IS 'Journal root (24 bytes) of the contract at the end of the block';
CREATE UNIQUE INDEX chain_block_canonical_number ON chain_block (number) WHERE canonical;

CREATE TABLE chain_log (
    block_hash bytea NOT NULL CONSTRAINT chain_log_block_fkey REFERENCES chain_block (hash),
    log_index integer NOT NULL CONSTRAINT chain_log_index_natural CHECK (log_index >= 0),
    block_number bigint NOT NULL,
    transaction_hash bytea NOT NULL CONSTRAINT chain_log_transaction_length CHECK (length(transaction_hash) = 32),
    transaction_index integer NOT NULL,
    topics bytea[] NOT NULL,
    data bytea NOT NULL,
    seq bigint CONSTRAINT chain_log_seq_positive CHECK (seq > 0),
    CONSTRAINT chain_log_pkey PRIMARY KEY (block_hash, log_index)
);
COMMENT ON TABLE chain_log IS 'Every log of the contract, raw';
COMMENT ON COLUMN chain_log.seq IS 'Journal sequence when the log is the main event of its call, otherwise null';
CREATE INDEX chain_log_transaction ON chain_log (transaction_hash);
CREATE INDEX chain_log_seq ON chain_log (seq) WHERE seq IS NOT NULL;

CREATE TABLE checkpoint (
    id smallint NOT NULL DEFAULT 1 CONSTRAINT checkpoint_is_single CHECK (id = 1),
    head_number bigint NOT NULL,
    head_hash bytea NOT NULL CONSTRAINT checkpoint_head_length CHECK (length(head_hash) = 32),
    final_number bigint NOT NULL,
    final_hash bytea NOT NULL CONSTRAINT checkpoint_final_length CHECK (length(final_hash) = 32),
    final_timestamp bigint NOT NULL,
    final_seq bigint NOT NULL CONSTRAINT checkpoint_seq_natural CHECK (final_seq >= 0),
    final_root bytea NOT NULL CONSTRAINT checkpoint_root_length CHECK (length(final_root) = 24),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT checkpoint_pkey PRIMARY KEY (id),
    CONSTRAINT checkpoint_final_not_above_head CHECK (final_number <= head_number)
);
COMMENT ON TABLE checkpoint IS 'Last block that the listener applied: provisionally (head) and finally, by number and hash';

CREATE TABLE reorganization (
    id bigint GENERATED ALWAYS AS IDENTITY,
    fork_number bigint NOT NULL,
    old_head_number bigint NOT NULL,
    old_head_hash bytea NOT NULL,
    new_head_hash bytea NOT NULL,
    orphaned_logs integer NOT NULL,
    below_finality boolean NOT NULL,
    detected_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reorganization_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE reorganization IS 'Forks that the listener met; one below finality stops it';
