-- Who may agree to payments, as the signer itself knows it; what limits per wallet, per root and per claim are counted by;
-- and pauses by what was asked for, so that an equivocation about batches does not keep newcomers out.
CREATE TABLE signer.people (
    version bigint NOT NULL CONSTRAINT people_pkey PRIMARY KEY CONSTRAINT people_version CHECK (version > 0),
    list text NOT NULL CONSTRAINT people_list CHECK (length(list) <= 65536),
    head_timestamp bigint,
    approvals jsonb,
    recorded_at_ms bigint NOT NULL,
    CONSTRAINT people_agreed CHECK ((head_timestamp IS NULL) = (approvals IS NULL))
);
COMMENT ON TABLE signer.people IS
    'Lists of people, one replacing the other. Without approvals it was set at the console, by the database''s owner.';
COMMENT ON COLUMN signer.people.approvals IS 'Signatures of the quorum of the list before, over exactly this one.';
COMMENT ON COLUMN signer.people.head_timestamp IS 'The chain''s time at which they agreed.';

-- The serving role can add what a quorum signed, and that is verified whenever a list is read. It can set none.
ALTER TABLE signer.people ENABLE ROW LEVEL SECURITY;
CREATE POLICY people_read ON signer.people FOR SELECT USING (true);
CREATE POLICY people_agree ON signer.people FOR INSERT TO trellis_signer WITH CHECK (approvals IS NOT NULL);
GRANT SELECT ON signer.people TO trellis_signer, trellis_signer_auditor;
GRANT INSERT ON signer.people TO trellis_signer;

CREATE TABLE signer.intake (
    request_id bigint NOT NULL CONSTRAINT intake_pkey PRIMARY KEY
        CONSTRAINT intake_request REFERENCES signer.sign_request (id),
    scope text NOT NULL,
    cumulative numeric(39, 0) NOT NULL CONSTRAINT intake_cumulative CHECK (cumulative >= 0)
);
COMMENT ON TABLE signer.intake IS 'Intakes that were recorded to be signed: what they bring in bounds what roots may promise.';
COMMENT ON COLUMN signer.intake.cumulative IS 'The amounts of all intakes of the scope up to this one.';
CREATE INDEX intake_newest ON signer.intake (scope, request_id);
GRANT SELECT ON signer.intake TO trellis_signer, trellis_signer_auditor;
GRANT INSERT ON signer.intake TO trellis_signer;

ALTER TABLE signer.liabilities_root ADD COLUMN increase numeric(39, 0)
    CONSTRAINT liabilities_root_increase CHECK (increase >= 0);
COMMENT ON COLUMN signer.liabilities_root.increase IS 'What it promised beyond the highest before it; counts towards the limit of a day.';

ALTER TABLE signer.transaction ADD COLUMN claim boolean;
COMMENT ON COLUMN signer.transaction.claim IS 'It claims for a user; these are counted by day.';
CREATE INDEX transaction_claims ON signer.transaction (account, request_id) WHERE claim;

ALTER TABLE signer.key_pause ADD COLUMN area text NOT NULL DEFAULT 'all'
    CONSTRAINT key_pause_area CHECK (area IN ('all', 'intakes', 'batches', 'roots', 'transactions'));
COMMENT ON COLUMN signer.key_pause.area IS 'What is not signed meanwhile. `all` is of the time when a pause held everything.';
