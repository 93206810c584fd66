-- When this signer first saw a large total that people had agreed to and the attestor vouched for. The time for people to look
-- counts from then, whatever the attestor says of when it saw it.
CREATE TABLE signer.first_sight (
    subject bytea NOT NULL CONSTRAINT first_sight_pkey PRIMARY KEY CONSTRAINT first_sight_subject CHECK (length(subject) = 32),
    head_timestamp bigint NOT NULL CONSTRAINT first_sight_time CHECK (head_timestamp >= 0)
);
COMMENT ON TABLE signer.first_sight IS 'Large totals on their way to a signature, and the chain''s time at which they came first.';
COMMENT ON COLUMN signer.first_sight.subject IS 'Hash of what was attested: a batch with its list, or a root with its total.';
GRANT SELECT, INSERT ON signer.first_sight TO trellis_signer;
GRANT SELECT ON signer.first_sight TO trellis_signer_auditor;
