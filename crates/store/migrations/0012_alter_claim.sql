-- Leaves of a root are settled many at once: one fact pays several users, and what it cannot send is credited.
ALTER TABLE claim DROP CONSTRAINT claim_pkey;
ALTER TABLE claim ADD CONSTRAINT claim_pkey PRIMARY KEY (fact_seq, user_id);
ALTER TABLE claim ADD COLUMN state text NOT NULL DEFAULT 'paid'
    CONSTRAINT claim_state_known CHECK (state IN ('paid', 'credited'));
COMMENT ON TABLE claim IS 'What users got by proofs, their own or those of a part of the tree; follows from facts';
COMMENT ON COLUMN claim.state IS 'Whether it was sent, or is kept by the contract because it could not be';
