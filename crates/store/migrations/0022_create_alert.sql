-- People must learn of a finding however long their pager is down, and across restarts: what is to be told is stored
-- beside the finding, in the same transaction, and goes out from here.
CREATE TABLE alert (
    id bigint GENERATED ALWAYS AS IDENTITY,
    check_id text NOT NULL,
    subject text NOT NULL,
    severity text NOT NULL CONSTRAINT alert_severity_known CHECK (severity IN ('S1', 'S2', 'S3')),
    content jsonb NOT NULL,
    occurrences bigint NOT NULL DEFAULT 1 CONSTRAINT alert_occurrences_positive CHECK (occurrences > 0),
    raised_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    messages bigint NOT NULL DEFAULT 0 CONSTRAINT alert_messages_natural CHECK (messages >= 0),
    told_severity text CONSTRAINT alert_told_severity_known CHECK (told_severity IN ('S1', 'S2', 'S3')),
    told_at timestamptz,
    rejections integer NOT NULL DEFAULT 0 CONSTRAINT alert_rejections_natural CHECK (rejections >= 0),
    next_try_at timestamptz NOT NULL DEFAULT now(),
    last_error text,
    closed_at timestamptz,
    CONSTRAINT alert_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE alert IS 'What people are told of, from the finding until its end was delivered; one open row for each check and subject';
COMMENT ON COLUMN alert.content IS 'The finding as it was last seen';
COMMENT ON COLUMN alert.occurrences IS 'How often it came within this row: what comes back before its end was told is the same alert';
COMMENT ON COLUMN alert.resolved_at IS 'When the finding was over; null while it is open';
COMMENT ON COLUMN alert.messages IS 'Messages that were delivered; with id and event the idempotency key of the next one';
COMMENT ON COLUMN alert.told_severity IS 'Severity of the last message; null when the present finding was not told of';
COMMENT ON COLUMN alert.rejections IS 'Answers in a row with which the receiver rejected this message and not others';
COMMENT ON COLUMN alert.closed_at IS 'When its end was delivered, or when nobody was to be told';
CREATE UNIQUE INDEX alert_open ON alert (check_id, subject) WHERE closed_at IS NULL;
CREATE INDEX alert_by_time ON alert (raised_at DESC);

-- Some checks look between the runs, and also when no run is possible: their findings belong to none.
ALTER TABLE reconciliation_finding ALTER COLUMN first_run DROP NOT NULL, ALTER COLUMN last_run DROP NOT NULL;
COMMENT ON COLUMN reconciliation_finding.first_run IS 'The run that saw it first; null of what is seen between runs';

GRANT SELECT ON alert TO trellis_reconciler, trellis_reader, trellis_api;
GRANT INSERT ON alert TO trellis_reconciler;
GRANT UPDATE (severity, content, occurrences, resolved_at, messages, told_severity, told_at, rejections, next_try_at,
    last_error, closed_at) ON alert TO trellis_reconciler;
