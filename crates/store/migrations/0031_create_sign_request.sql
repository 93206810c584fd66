-- What the signer was asked for decides what it is asked for again when its answer was lost. Until now it was read back from the
-- JSON of events, which are for people. A stored event that has not all of it ends this migration with an error.
CREATE TABLE sign_request (
    submission_id bigint NOT NULL CONSTRAINT sign_request_submission_fkey REFERENCES submission (id),
    attempt integer NOT NULL CONSTRAINT sign_request_attempt_positive CHECK (attempt > 0),
    noop boolean NOT NULL,
    gas_limit bigint NOT NULL CONSTRAINT sign_request_gas_natural CHECK (gas_limit >= 0),
    max_fee numeric(39, 0) NOT NULL CONSTRAINT sign_request_max_fee_natural CHECK (max_fee >= 0),
    priority_fee numeric(39, 0) NOT NULL CONSTRAINT sign_request_priority_fee_natural CHECK (priority_fee >= 0),
    CONSTRAINT sign_request_pkey PRIMARY KEY (submission_id, attempt)
);
COMMENT ON TABLE sign_request IS
    'Terms for which the signer was asked, or is going to be, and which it has not refused; one thing for each attempt';
COMMENT ON COLUMN sign_request.noop IS 'Whether the transaction only fills the nonce, as in attempt';

INSERT INTO sign_request (submission_id, attempt, noop, gas_limit, max_fee, priority_fee)
SELECT newest.submission_id, newest.attempt,
    CASE newest.detail ->> 'payload' WHEN 'call' THEN false WHEN 'noop' THEN true END,
    (newest.detail ->> 'gas_limit')::bigint,
    (newest.detail ->> 'max_fee')::numeric,
    (newest.detail ->> 'priority_fee')::numeric
FROM (
    SELECT DISTINCT ON (event.submission_id, event.attempt) event.submission_id, event.attempt, event.event, event.detail
    FROM submission_event AS event
    JOIN submission ON submission.id = event.submission_id
    WHERE submission.state IN ('allocated', 'signed', 'sent', 'included')
        AND event.event IN ('sign_requested', 'sign_refused') AND event.attempt IS NOT NULL
    ORDER BY event.submission_id, event.attempt, event.id DESC
) AS newest
WHERE newest.event = 'sign_requested';

GRANT SELECT, INSERT, DELETE ON sign_request TO trellis_settler;
GRANT SELECT ON sign_request TO trellis_reader;
