-- Double entry: one row of transfer is one balanced movement. Nothing here is ever changed or deleted but the
-- counters of balance, which are derived and recomputable.
CREATE TABLE account (
    id bigint NOT NULL,
    kind text NOT NULL,
    user_id integer,
    detail integer NOT NULL,
    tree integer,
    guarded boolean NOT NULL,
    CONSTRAINT account_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE account IS 'Chart of accounts; the id packs kind, detail and user or tree';
COMMENT ON COLUMN account.detail IS 'Tier, cause or class of what is held';
CREATE INDEX account_user ON account (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE balance (
    account_id bigint NOT NULL CONSTRAINT balance_account_fkey REFERENCES account (id),
    debits_posted numeric(39, 0) NOT NULL DEFAULT 0 CONSTRAINT balance_debits_natural CHECK (debits_posted >= 0),
    credits_posted numeric(39, 0) NOT NULL DEFAULT 0 CONSTRAINT balance_credits_natural CHECK (credits_posted >= 0),
    debits_pending numeric(39, 0) NOT NULL DEFAULT 0
        CONSTRAINT balance_debits_pending_natural CHECK (debits_pending >= 0),
    credits_pending numeric(39, 0) NOT NULL DEFAULT 0
        CONSTRAINT balance_credits_pending_natural CHECK (credits_pending >= 0),
    guarded boolean NOT NULL,
    last_fact bigint NOT NULL,
    CONSTRAINT balance_pkey PRIMARY KEY (account_id),
    CONSTRAINT balance_not_overdrawn CHECK (NOT guarded OR debits_posted + debits_pending <= credits_posted)
) WITH (fillfactor = 70);
COMMENT ON TABLE balance IS 'Four counters per account; no index on them, so that updates stay on their page';

CREATE TABLE posting_batch (
    seq bigint NOT NULL CONSTRAINT posting_batch_seq_positive CHECK (seq > 0),
    epoch bigint NOT NULL,
    first_fact bigint NOT NULL,
    last_fact bigint NOT NULL,
    transfers integer NOT NULL,
    amount numeric(39, 0) NOT NULL,
    block_number bigint NOT NULL,
    block_hash bytea NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    posted_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT posting_batch_pkey PRIMARY KEY (seq),
    CONSTRAINT posting_batch_hash_unique UNIQUE (hash),
    CONSTRAINT posting_batch_prev_unique UNIQUE (prev_hash),
    CONSTRAINT posting_batch_facts_ordered CHECK (first_fact <= last_fact)
);
COMMENT ON TABLE posting_batch IS 'Hash chain of posting batches; block is the last one whose facts are all posted';

CREATE TABLE transfer (
    fact_seq bigint NOT NULL,
    leg integer NOT NULL CONSTRAINT transfer_leg_natural CHECK (leg >= 0),
    debit_id bigint NOT NULL,
    credit_id bigint NOT NULL,
    amount numeric(39, 0) NOT NULL CONSTRAINT transfer_amount_positive CHECK (amount > 0),
    reason smallint NOT NULL,
    phase smallint NOT NULL DEFAULT 0 CONSTRAINT transfer_phase_known CHECK (phase BETWEEN 0 AND 3),
    pending_fact bigint,
    pending_leg integer,
    CONSTRAINT transfer_pkey PRIMARY KEY (fact_seq, leg),
    CONSTRAINT transfer_between_accounts CHECK (debit_id <> credit_id),
    CONSTRAINT transfer_resolution_complete CHECK ((phase IN (2, 3)) = (pending_fact IS NOT NULL))
);
COMMENT ON TABLE transfer IS 'One row is one balanced movement; (fact_seq, leg) is its identity';
COMMENT ON COLUMN transfer.phase IS '0 single, 1 pending, 2 post, 3 void';

CREATE TABLE pending_resolution (
    pending_fact bigint NOT NULL,
    pending_leg integer NOT NULL,
    resolved_by bigint NOT NULL,
    CONSTRAINT pending_resolution_pkey PRIMARY KEY (pending_fact, pending_leg)
);
COMMENT ON TABLE pending_resolution IS 'A pending transfer is resolved at most once';
