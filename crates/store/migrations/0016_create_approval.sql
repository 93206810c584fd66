-- Money moves only when people signed exactly this and the reconciler found it justified. Their signatures and its
-- attestations are kept here; whoever acts on them verifies them again, so a row that somebody else wrote moves nothing.

-- A name is a person: of two wallets with one name, one person has both.
ALTER TABLE operator ADD COLUMN person text NOT NULL
    GENERATED ALWAYS AS (lower(regexp_replace(name, '[^A-Za-z0-9._-]+', '-', 'g'))) STORED;
ALTER TABLE operator ADD COLUMN valid_from bigint NOT NULL DEFAULT 0;
ALTER TABLE operator ADD COLUMN valid_until bigint;
COMMENT ON COLUMN operator.person IS 'Who it is: one vote, however many wallets';
COMMENT ON COLUMN operator.valid_until IS 'First second of the chain''s time at which the signatures of the wallet count no more';

CREATE TABLE approval (
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CONSTRAINT approval_kind_known CHECK (kind IN ('batch', 'root', 'resume')),
    subject bytea NOT NULL CONSTRAINT approval_subject_length CHECK (length(subject) <= 32),
    wallet bytea NOT NULL CONSTRAINT approval_wallet_length CHECK (length(wallet) = 20),
    expires bigint NOT NULL CONSTRAINT approval_expires_positive CHECK (expires > 0),
    stops bigint[],
    signature bytea NOT NULL CONSTRAINT approval_signature_length CHECK (length(signature) BETWEEN 1 AND 4096),
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT approval_pkey PRIMARY KEY (id),
    CONSTRAINT approval_once UNIQUE (kind, subject, wallet, expires, signature),
    CONSTRAINT approval_stops CHECK ((kind = 'resume') = (stops IS NOT NULL))
);
COMMENT ON TABLE approval IS 'Signatures of operators over exact proposals (EIP-712); append-only';
COMMENT ON COLUMN approval.subject IS 'Batch id, root, or number of a stop (8 bytes)';
COMMENT ON COLUMN approval.stops IS 'Of the end of stops: all that the signature is about';

CREATE TABLE attestation (
    kind text NOT NULL CONSTRAINT attestation_kind_known CHECK (kind IN ('batch', 'root')),
    subject bytea NOT NULL CONSTRAINT attestation_subject_length CHECK (length(subject) = 32),
    content bytea NOT NULL CONSTRAINT attestation_content_length CHECK (length(content) = 32),
    fact_seq bigint NOT NULL,
    journal_seq bigint NOT NULL,
    journal_root bytea NOT NULL CONSTRAINT attestation_root_length CHECK (length(journal_root) = 32),
    block_number bigint NOT NULL,
    block_hash bytea NOT NULL CONSTRAINT attestation_block_length CHECK (length(block_hash) = 32),
    seen_at bigint NOT NULL,
    attested_at bigint NOT NULL,
    signature bytea NOT NULL CONSTRAINT attestation_signature_length CHECK (length(signature) = 65),
    CONSTRAINT attestation_pkey PRIMARY KEY (kind, subject)
);
COMMENT ON TABLE attestation IS 'The reconciler''s newest word that a batch or a root is justified, signed with its own key';
COMMENT ON COLUMN attestation.content IS 'What was looked at: the list''s hash of a batch, the root itself';
COMMENT ON COLUMN attestation.seen_at IS 'When exactly this was first seen, in seconds of the chain''s time';

GRANT SELECT ON approval, attestation TO trellis_api, trellis_settler, trellis_reader;
GRANT SELECT ON attestation TO trellis_reconciler;
GRANT INSERT ON approval TO trellis_api;
GRANT INSERT ON attestation TO trellis_reconciler;
GRANT UPDATE (content, fact_seq, journal_seq, journal_root, block_number, block_hash, seen_at, attested_at, signature)
    ON attestation TO trellis_reconciler;

-- Batches and roots are asked for by the settlement worker, with a key of its own. The API proposes and stores signatures.
ALTER TABLE payout_batch ADD COLUMN sign_requested_at timestamptz;
UPDATE payout_batch SET sign_requested_at = coalesce(signed_at, now()) WHERE sign_requested_by IS NOT NULL;
COMMENT ON COLUMN payout_batch.sign_requested_at IS 'When operators asked for the authorization; the settlement worker has it signed';

REVOKE INSERT, UPDATE ON payout_batch, liabilities_root, settlement_stop FROM trellis_api;
REVOKE UPDATE (state, approved_by, approved_at, sign_requested_by, submitter, valid_after, deadline, signer, signature,
    signed_at, submit_requested_by, submit_requested_at, bump_requested_at, cancel_requested_by, cancel_requested_at)
    ON payout_batch FROM trellis_api;
REVOKE UPDATE (first_resume_by, first_resume_at, resumed_by, resumed_at) ON settlement_stop FROM trellis_api;
GRANT INSERT (batch_id, requested_by, request, supersedes, count, total) ON payout_batch TO trellis_api;
GRANT UPDATE (state, approved_by, approved_at, sign_requested_by, sign_requested_at, submit_requested_by,
    submit_requested_at, bump_requested_at, cancel_requested_by, cancel_requested_at) ON payout_batch TO trellis_api;
GRANT INSERT (root, total, leaves, as_of_seq, fact_seq, block_number, block_hash, accept_claims, built_by)
    ON liabilities_root TO trellis_api;
GRANT UPDATE (state, approved_by, approved_at) ON liabilities_root TO trellis_api;
GRANT UPDATE (submitter, valid_after, deadline, signer, signature, signed_at) ON payout_batch TO trellis_settler;
GRANT UPDATE (first_resume_by, first_resume_at, resumed_by, resumed_at) ON settlement_stop TO trellis_settler;

-- Which process may take a row from which state to which.
CREATE TABLE allowed_transition (
    relation text NOT NULL,
    role text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    CONSTRAINT allowed_transition_pkey PRIMARY KEY (relation, role, from_state, to_state)
);
COMMENT ON TABLE allowed_transition IS 'Steps of batches and roots, by the database role that takes them';
INSERT INTO allowed_transition (relation, role, from_state, to_state) VALUES
    ('payout_batch', 'trellis_api', 'sealed', 'approved'),
    ('payout_batch', 'trellis_api', 'signed', 'submitting'),
    ('payout_batch', 'trellis_settler', 'held', 'sealed'),
    ('payout_batch', 'trellis_settler', 'approved', 'signed'),
    ('payout_batch', 'trellis_settler', 'signed', 'submitting'),
    ('payout_batch', 'trellis_settler', 'requested', 'quarantined'),
    ('payout_batch', 'trellis_settler', 'held', 'quarantined'),
    ('payout_batch', 'trellis_settler', 'sealed', 'quarantined'),
    ('payout_batch', 'trellis_settler', 'approved', 'quarantined'),
    ('payout_batch', 'trellis_settler', 'signed', 'quarantined'),
    ('payout_batch', 'trellis_settler', 'submitting', 'quarantined'),
    ('liabilities_root', 'trellis_api', 'built', 'approved'),
    ('liabilities_root', 'trellis_settler', 'approved', 'signed'),
    ('liabilities_root', 'trellis_settler', 'approved', 'expired'),
    ('liabilities_root', 'trellis_settler', 'signed', 'expired');

CREATE FUNCTION check_transition() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public
AS $$
BEGIN
    -- The posting worker brings what facts say, from any state to any; the owner is nobody's process.
    IF session_user IN ('trellis_api', 'trellis_settler', 'trellis_listener', 'trellis_reconciler', 'trellis_reader')
        AND NEW.state IS DISTINCT FROM OLD.state
        AND NOT EXISTS (
            SELECT FROM public.allowed_transition AS a
            WHERE a.relation = TG_TABLE_NAME AND a.role = session_user
                AND a.from_state = OLD.state AND a.to_state = NEW.state
        )
    THEN
        RAISE insufficient_privilege USING MESSAGE =
            format('%s may not take %s from %s to %s', session_user, TG_TABLE_NAME, OLD.state, NEW.state);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER payout_batch_transition BEFORE UPDATE OF state ON payout_batch
    FOR EACH ROW EXECUTE FUNCTION check_transition();
CREATE TRIGGER liabilities_root_transition BEFORE UPDATE OF state ON liabilities_root
    FOR EACH ROW EXECUTE FUNCTION check_transition();
