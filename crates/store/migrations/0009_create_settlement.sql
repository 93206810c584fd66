-- Money on its way out: batches from request to finality, what is sent to the chain for them, liabilities that are
-- anchored there, and what the reconciler finds. The rows of payout, claim and the closing columns follow from facts.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['trellis_settler', 'trellis_reconciler'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', wanted);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;

ALTER TABLE users ADD COLUMN paid numeric(39, 0) NOT NULL DEFAULT 0
    CONSTRAINT users_paid_natural CHECK (paid >= 0);
COMMENT ON COLUMN users.paid IS 'Everything that the chain ever sent, credited or let claim: the contract''s `paid`';

CREATE TABLE payout_batch (
    batch_id bytea NOT NULL CONSTRAINT payout_batch_id_length CHECK (length(batch_id) = 32),
    state text NOT NULL DEFAULT 'requested' CONSTRAINT payout_batch_state_known CHECK (state IN (
        'requested', 'held', 'sealed', 'approved', 'signed', 'submitting', 'executed', 'expired', 'cancelled',
        'quarantined'
    )),
    requested_by bytea NOT NULL CONSTRAINT payout_batch_requester_length CHECK (length(requested_by) = 20),
    request jsonb NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    supersedes bytea CONSTRAINT payout_batch_supersedes_fkey REFERENCES payout_batch (batch_id),
    held_fact bigint,
    count integer,
    total numeric(39, 0),
    list_hash bytea CONSTRAINT payout_batch_list_length CHECK (length(list_hash) = 32),
    manifest text,
    manifest_hash bytea CONSTRAINT payout_batch_manifest_length CHECK (length(manifest_hash) = 32),
    sealed_at timestamptz,
    approved_by bytea,
    approved_at timestamptz,
    sign_requested_by bytea,
    submitter bytea,
    valid_after bigint,
    deadline bigint,
    signer bytea,
    signature bytea,
    signed_at timestamptz,
    submit_requested_by bytea,
    submit_requested_at timestamptz,
    bump_requested_at timestamptz,
    cancel_requested_by bytea,
    cancel_requested_at timestamptz,
    closed_fact bigint,
    CONSTRAINT payout_batch_pkey PRIMARY KEY (batch_id),
    CONSTRAINT payout_batch_approved_by_another CHECK (approved_by <> requested_by),
    CONSTRAINT payout_batch_signature_complete CHECK ((signer IS NULL) = (signature IS NULL)),
    CONSTRAINT payout_batch_sealed_complete CHECK (
        state NOT IN ('sealed', 'approved', 'signed', 'submitting')
        OR (list_hash IS NOT NULL AND manifest_hash IS NOT NULL AND total IS NOT NULL)
    ),
    CONSTRAINT payout_batch_signed_complete CHECK (
        state NOT IN ('signed', 'submitting') OR (signature IS NOT NULL AND deadline IS NOT NULL)
    )
);
COMMENT ON TABLE payout_batch IS 'Sealed sets of payouts, from request to finality';
COMMENT ON COLUMN payout_batch.state IS
    'requested (API) held (posting) sealed (settlement) approved, signed, submitting (API) executed, expired, cancelled (posting)';
CREATE INDEX payout_batch_live ON payout_batch (state)
    WHERE state IN ('requested', 'held', 'sealed', 'approved', 'signed', 'submitting', 'quarantined');
CREATE INDEX payout_batch_by_time ON payout_batch (requested_at DESC);

CREATE TABLE payout (
    batch_id bytea NOT NULL,
    user_id integer NOT NULL CONSTRAINT payout_user_fkey REFERENCES users (id),
    amount numeric(39, 0) NOT NULL,
    held numeric(39, 0) NOT NULL,
    target numeric(39, 0),
    state text NOT NULL CONSTRAINT payout_state_known CHECK (state IN (
        'held', 'refused', 'executed', 'credited', 'skipped', 'released'
    )),
    refused text CONSTRAINT payout_refused_known CHECK (refused IN (
        'already_live', 'exceeds_available', 'target_too_large'
    )),
    settled numeric(39, 0),
    held_fact bigint NOT NULL,
    closed_fact bigint,
    CONSTRAINT payout_pkey PRIMARY KEY (batch_id, user_id),
    CONSTRAINT payout_refused_complete CHECK ((state = 'refused') = (refused IS NOT NULL))
);
COMMENT ON TABLE payout IS 'One line of a batch; follows from facts';
COMMENT ON COLUMN payout.held IS 'What is held back now: less than amount when claims took a part; 0 when closed';
COMMENT ON COLUMN payout.target IS 'What the contract will have paid to the user in all';
CREATE UNIQUE INDEX payout_one_live_per_user ON payout (user_id) WHERE state = 'held';
CREATE INDEX payout_by_user ON payout (user_id, held_fact DESC);

CREATE TABLE claim (
    fact_seq bigint NOT NULL,
    user_id integer NOT NULL CONSTRAINT claim_user_fkey REFERENCES users (id),
    root bytea NOT NULL CONSTRAINT claim_root_length CHECK (length(root) = 32),
    entitled numeric(39, 0) NOT NULL,
    amount numeric(39, 0) NOT NULL,
    CONSTRAINT claim_pkey PRIMARY KEY (fact_seq)
);
COMMENT ON TABLE claim IS 'What users took by proofs; follows from facts';
CREATE INDEX claim_by_user ON claim (user_id, fact_seq DESC);

CREATE TABLE withdrawal_request (
    id bigint GENERATED ALWAYS AS IDENTITY,
    user_id integer NOT NULL CONSTRAINT withdrawal_request_user_fkey REFERENCES users (id),
    requested_at timestamptz NOT NULL DEFAULT now(),
    batch_id bytea CONSTRAINT withdrawal_request_batch_fkey REFERENCES payout_batch (batch_id),
    CONSTRAINT withdrawal_request_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE withdrawal_request IS 'Users who asked to be in the next batch; batch_id when they are in one';
CREATE UNIQUE INDEX withdrawal_request_one_open ON withdrawal_request (user_id) WHERE batch_id IS NULL;

CREATE TABLE sender_account (
    address bytea NOT NULL CONSTRAINT sender_account_length CHECK (length(address) = 20),
    next_nonce bigint NOT NULL CONSTRAINT sender_account_nonce_natural CHECK (next_nonce >= 0),
    paused text,
    CONSTRAINT sender_account_pkey PRIMARY KEY (address)
);
COMMENT ON TABLE sender_account IS 'Accounts that send our transactions, and the next nonce to allocate; paused says why nothing is sent';

CREATE TABLE submission (
    id bigint GENERATED ALWAYS AS IDENTITY,
    sender bytea NOT NULL CONSTRAINT submission_sender_fkey REFERENCES sender_account (address),
    nonce bigint NOT NULL CONSTRAINT submission_nonce_natural CHECK (nonce >= 0),
    kind text NOT NULL CONSTRAINT submission_kind_known CHECK (kind IN ('batch', 'root', 'claim', 'sweep', 'noop')),
    subject bytea NOT NULL,
    call jsonb NOT NULL,
    state text NOT NULL DEFAULT 'allocated' CONSTRAINT submission_state_known CHECK (state IN (
        'allocated', 'signed', 'sent', 'included', 'final_ok', 'final_reverted', 'dead'
    )),
    allocated_block bigint NOT NULL,
    bump_requested boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    CONSTRAINT submission_pkey PRIMARY KEY (id),
    CONSTRAINT submission_nonce_unique UNIQUE (sender, nonce)
);
COMMENT ON TABLE submission IS 'One intent to land on chain with one account nonce';
COMMENT ON COLUMN submission.subject IS 'Batch id, root, wallet of a claim, or the day of a sweep';
COMMENT ON COLUMN submission.call IS 'The typed call, as the signer is asked for it; amounts are decimal strings';
CREATE UNIQUE INDEX submission_one_live ON submission (kind, subject)
    WHERE state IN ('allocated', 'signed', 'sent', 'included');
CREATE INDEX submission_live ON submission (nonce) WHERE state IN ('allocated', 'signed', 'sent', 'included');

CREATE TABLE attempt (
    submission_id bigint NOT NULL CONSTRAINT attempt_submission_fkey REFERENCES submission (id),
    number integer NOT NULL CONSTRAINT attempt_number_positive CHECK (number > 0),
    noop boolean NOT NULL,
    transaction_hash bytea NOT NULL CONSTRAINT attempt_hash_length CHECK (length(transaction_hash) = 32),
    raw bytea NOT NULL,
    gas_limit bigint NOT NULL,
    max_fee numeric(39, 0) NOT NULL,
    priority_fee numeric(39, 0) NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now(),
    first_sent_block bigint,
    last_sent_block bigint,
    sends integer NOT NULL DEFAULT 0,
    included_block bigint,
    included_hash bytea,
    succeeded boolean,
    gas_used bigint,
    gas_price numeric(39, 0),
    CONSTRAINT attempt_pkey PRIMARY KEY (submission_id, number),
    CONSTRAINT attempt_hash_unique UNIQUE (transaction_hash)
);
COMMENT ON TABLE attempt IS 'Signed raw transactions of a submission, stored before they are broadcast';

CREATE TABLE submission_event (
    id bigint GENERATED ALWAYS AS IDENTITY,
    submission_id bigint NOT NULL CONSTRAINT submission_event_submission_fkey REFERENCES submission (id),
    attempt integer,
    event text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT submission_event_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE submission_event IS 'What was done and what every node answered, word by word; append-only';
CREATE INDEX submission_event_by_submission ON submission_event (submission_id, id);

CREATE TABLE liabilities_root (
    root bytea NOT NULL CONSTRAINT liabilities_root_length CHECK (length(root) = 32),
    state text NOT NULL DEFAULT 'built' CONSTRAINT liabilities_root_state_known CHECK (state IN (
        'built', 'approved', 'signed', 'published', 'vetoed', 'expired', 'discarded'
    )),
    total numeric(39, 0) NOT NULL,
    leaves integer NOT NULL,
    as_of_seq bigint NOT NULL,
    fact_seq bigint NOT NULL,
    block_number bigint NOT NULL,
    block_hash bytea NOT NULL CONSTRAINT liabilities_root_block_length CHECK (length(block_hash) = 32),
    accept_claims boolean NOT NULL,
    built_by bytea NOT NULL CONSTRAINT liabilities_root_builder_length CHECK (length(built_by) = 20),
    built_at timestamptz NOT NULL DEFAULT now(),
    approved_by bytea,
    approved_at timestamptz,
    valid_after bigint,
    deadline bigint,
    signer bytea,
    signature bytea,
    signed_at timestamptz,
    claimable_from bigint,
    published_fact bigint,
    vetoed_fact bigint,
    CONSTRAINT liabilities_root_pkey PRIMARY KEY (root),
    CONSTRAINT liabilities_root_approved_by_another CHECK (approved_by <> built_by),
    CONSTRAINT liabilities_root_signature_complete CHECK ((signer IS NULL) = (signature IS NULL))
);
COMMENT ON TABLE liabilities_root IS 'Merkle-sum trees over what users are entitled to, from build to publication';

CREATE TABLE liabilities_leaf (
    root bytea NOT NULL CONSTRAINT liabilities_leaf_root_fkey REFERENCES liabilities_root (root),
    wallet bytea NOT NULL CONSTRAINT liabilities_leaf_wallet_length CHECK (length(wallet) = 20),
    user_id integer NOT NULL,
    entitled numeric(39, 0) NOT NULL,
    CONSTRAINT liabilities_leaf_pkey PRIMARY KEY (root, wallet)
);
COMMENT ON TABLE liabilities_leaf IS 'The public list behind a root: lifetime matured entitlement per wallet';

CREATE TABLE settlement_stop (
    id bigint GENERATED ALWAYS AS IDENTITY,
    cause text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    first_resume_by bytea,
    first_resume_at timestamptz,
    resumed_by bytea,
    resumed_at timestamptz,
    CONSTRAINT settlement_stop_pkey PRIMARY KEY (id),
    CONSTRAINT settlement_stop_two_operators CHECK (resumed_by <> first_resume_by),
    CONSTRAINT settlement_stop_resume_ordered CHECK (resumed_by IS NULL OR first_resume_by IS NOT NULL)
);
COMMENT ON TABLE settlement_stop IS 'Why no new batch is built, signed or sent; two operators resume';
CREATE UNIQUE INDEX settlement_stop_open ON settlement_stop (cause) WHERE resumed_by IS NULL;

CREATE TABLE reconciliation_run (
    id bigint GENERATED ALWAYS AS IDENTITY,
    block_number bigint NOT NULL,
    block_hash bytea NOT NULL,
    fact_seq bigint NOT NULL,
    outcome text NOT NULL CONSTRAINT reconciliation_run_outcome_known CHECK (outcome IN ('clean', 'findings', 'skipped')),
    checks jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reconciliation_run_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE reconciliation_run IS 'Runs of the reconciler: which block, which checks, and whether each ran';
COMMENT ON COLUMN reconciliation_run.checks IS 'By check id: passed, failed or skipped with its cause, and how much was examined';

CREATE TABLE reconciliation_finding (
    id bigint GENERATED ALWAYS AS IDENTITY,
    check_id text NOT NULL,
    severity text NOT NULL CONSTRAINT reconciliation_finding_severity_known CHECK (severity IN ('S1', 'S2', 'S3')),
    subject text NOT NULL,
    cause text NOT NULL,
    expected text NOT NULL,
    actual text NOT NULL,
    detail text NOT NULL,
    first_run bigint NOT NULL CONSTRAINT reconciliation_finding_first_fkey REFERENCES reconciliation_run (id),
    last_run bigint NOT NULL CONSTRAINT reconciliation_finding_last_fkey REFERENCES reconciliation_run (id),
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    CONSTRAINT reconciliation_finding_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE reconciliation_finding IS 'Discrepancies by check and subject, from first sight to the run that no longer saw them';
CREATE UNIQUE INDEX reconciliation_finding_open ON reconciliation_finding (check_id, subject) WHERE resolved_at IS NULL;

CREATE TABLE replay_request (
    id bigint GENERATED ALWAYS AS IDENTITY,
    requested_by bytea NOT NULL CONSTRAINT replay_request_requester_length CHECK (length(requested_by) = 20),
    from_block bigint NOT NULL,
    to_block bigint NOT NULL,
    dry_run boolean NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    result jsonb,
    CONSTRAINT replay_request_pkey PRIMARY KEY (id),
    CONSTRAINT replay_request_range CHECK (from_block >= 0 AND from_block <= to_block)
);
COMMENT ON TABLE replay_request IS 'Ranges of blocks that operators had read again, and what came of it';

ALTER TABLE lease DROP CONSTRAINT lease_name_known;
ALTER TABLE lease ADD CONSTRAINT lease_name_known
    CHECK (name IN ('listener', 'posting', 'settlement', 'reconciler'));

GRANT SELECT ON ALL TABLES IN SCHEMA public TO trellis_listener, trellis_poster, trellis_reader;
GRANT USAGE ON SCHEMA public TO trellis_settler, trellis_reconciler;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO trellis_settler, trellis_reconciler;

GRANT INSERT ON payout, claim TO trellis_poster;
GRANT UPDATE (held, state, settled, closed_fact) ON payout TO trellis_poster;
GRANT UPDATE (paid) ON users TO trellis_poster;
GRANT UPDATE (state, held_fact, count, total, closed_fact) ON payout_batch TO trellis_poster;
GRANT UPDATE (state, claimable_from, published_fact, vetoed_fact) ON liabilities_root TO trellis_poster;

GRANT INSERT, UPDATE ON lease TO trellis_settler, trellis_reconciler;
GRANT INSERT ON inbox, sender_account, submission, attempt, submission_event, audit_log TO trellis_settler;
GRANT UPDATE (state, list_hash, manifest, manifest_hash, sealed_at, total, count) ON payout_batch TO trellis_settler;
GRANT UPDATE (state, valid_after, deadline, signer, signature, signed_at) ON liabilities_root TO trellis_settler;
GRANT UPDATE (next_nonce, paused) ON sender_account TO trellis_settler;
GRANT UPDATE (state, bump_requested, closed_at) ON submission TO trellis_settler;
GRANT UPDATE (first_sent_block, last_sent_block, sends, included_block, included_hash, succeeded, gas_used, gas_price)
    ON attempt TO trellis_settler;

GRANT INSERT ON reconciliation_run, reconciliation_finding, settlement_stop TO trellis_reconciler;
GRANT UPDATE (last_run, last_seen, resolved_at, expected, actual, detail, severity, cause) ON reconciliation_finding
    TO trellis_reconciler;

GRANT SELECT ON payout_batch, payout, claim, withdrawal_request, sender_account, submission, attempt, submission_event,
    liabilities_root, liabilities_leaf, settlement_stop, reconciliation_run, reconciliation_finding, replay_request,
    lease, pending_resolution, reorganization TO trellis_api;
GRANT INSERT ON payout_batch, withdrawal_request, liabilities_root, liabilities_leaf, replay_request TO trellis_api;
GRANT UPDATE (state, approved_by, approved_at, sign_requested_by, submitter, valid_after, deadline, signer, signature,
    signed_at, submit_requested_by, submit_requested_at, bump_requested_at, cancel_requested_by, cancel_requested_at)
    ON payout_batch TO trellis_api;
GRANT UPDATE (state, approved_by, approved_at) ON liabilities_root TO trellis_api;
GRANT UPDATE (batch_id) ON withdrawal_request TO trellis_api;
GRANT UPDATE (first_resume_by, first_resume_at, resumed_by, resumed_at) ON settlement_stop TO trellis_api;
GRANT UPDATE (finished_at, result) ON replay_request TO trellis_api;
