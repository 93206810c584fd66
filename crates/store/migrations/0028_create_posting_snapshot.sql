-- The posting worker's memory at some fact, so that a start replays only what came after it. It follows from the facts: without it,
-- or with one that does not fit, all history is replayed.
CREATE TABLE posting_snapshot (
    fact_seq bigint NOT NULL CONSTRAINT posting_snapshot_fact_positive CHECK (fact_seq > 0),
    batch_seq bigint NOT NULL,
    batch_hash bytea NOT NULL CONSTRAINT posting_snapshot_hash_length CHECK (length(batch_hash) = 32),
    chain_seq bigint NOT NULL,
    plan_hash bytea NOT NULL CONSTRAINT posting_snapshot_plan_length CHECK (length(plan_hash) = 32),
    format integer NOT NULL,
    digest bytea NOT NULL CONSTRAINT posting_snapshot_digest_length CHECK (length(digest) = 32),
    chunks integer NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT posting_snapshot_pkey PRIMARY KEY (fact_seq)
);
COMMENT ON TABLE posting_snapshot IS 'The posting worker''s memory after the last fact of a batch; the newest two are kept';
COMMENT ON COLUMN posting_snapshot.batch_hash IS 'Of the batch that ends with this fact: a ledger with another history does not use it';
COMMENT ON COLUMN posting_snapshot.digest IS 'keccak256 of all bytes';

CREATE TABLE posting_snapshot_chunk (
    fact_seq bigint NOT NULL CONSTRAINT posting_snapshot_chunk_fkey REFERENCES posting_snapshot (fact_seq) ON DELETE CASCADE,
    number integer NOT NULL,
    bytes bytea NOT NULL,
    CONSTRAINT posting_snapshot_chunk_pkey PRIMARY KEY (fact_seq, number)
);
COMMENT ON TABLE posting_snapshot_chunk IS 'The bytes of a snapshot, in order';
-- They are compact already.
ALTER TABLE posting_snapshot_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;

GRANT SELECT, INSERT, DELETE ON posting_snapshot, posting_snapshot_chunk TO trellis_poster;
