-- One operator stops intake and settlement; two end the stop, as any other.
ALTER TABLE settlement_stop ADD COLUMN opened_by bytea CONSTRAINT settlement_stop_opener_length CHECK (length(opened_by) = 20);
ALTER TABLE settlement_stop ADD COLUMN reason text CONSTRAINT settlement_stop_reason_length CHECK (length(reason) BETWEEN 1 AND 500);
ALTER TABLE settlement_stop ADD CONSTRAINT settlement_stop_by_operator CHECK (
    (cause = 'operator') = (opened_by IS NOT NULL) AND (opened_by IS NULL) = (reason IS NULL)
);
COMMENT ON COLUMN settlement_stop.opened_by IS 'The operator, if it was not the reconciler; such a stop keeps new payments out, too';
GRANT INSERT (cause, opened_by, reason) ON settlement_stop TO trellis_api;
