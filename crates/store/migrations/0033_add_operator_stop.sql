-- One operator stops intake and settlement; two end the stop, as any other. Two roles write stops from now on, so each writes
-- its own: the API those of operators, the reconciler those of findings. The settlement worker ends both.
ALTER TABLE settlement_stop ADD COLUMN opened_by bytea CONSTRAINT settlement_stop_opener_length CHECK (length(opened_by) = 20);
ALTER TABLE settlement_stop ADD COLUMN reason text CONSTRAINT settlement_stop_reason_length CHECK (length(reason) BETWEEN 1 AND 500);
ALTER TABLE settlement_stop ADD CONSTRAINT settlement_stop_by_operator CHECK (
    (cause = 'operator') = (opened_by IS NOT NULL) AND (opened_by IS NULL) = (reason IS NULL)
);
COMMENT ON COLUMN settlement_stop.opened_by IS 'The operator, if it was not the reconciler; such a stop keeps new payments out, too';

-- A stop that somebody has agreed to end must not swallow a later one, so several of operators can be open, but not any number.
ALTER TABLE settlement_stop ADD COLUMN turn smallint NOT NULL DEFAULT 0
    CONSTRAINT settlement_stop_turn_bounded CHECK (turn BETWEEN 0 AND CASE cause WHEN 'operator' THEN 9 ELSE 0 END);
COMMENT ON COLUMN settlement_stop.turn IS 'Of an operator''s stop: the lowest number that no open one had';
DROP INDEX settlement_stop_open;
CREATE UNIQUE INDEX settlement_stop_open ON settlement_stop (cause, turn) WHERE resumed_by IS NULL;

ALTER TABLE settlement_stop ENABLE ROW LEVEL SECURITY;
CREATE POLICY settlement_stop_is_read ON settlement_stop FOR SELECT USING (true);
CREATE POLICY settlement_stop_of_reconciler ON settlement_stop FOR INSERT TO trellis_reconciler
    WITH CHECK (cause <> 'operator' AND first_resume_by IS NULL AND resumed_by IS NULL);
CREATE POLICY settlement_stop_of_api ON settlement_stop FOR INSERT TO trellis_api
    WITH CHECK (cause = 'operator' AND first_resume_by IS NULL AND resumed_by IS NULL);
CREATE POLICY settlement_stop_of_settler ON settlement_stop FOR UPDATE TO trellis_settler
    USING (resumed_by IS NULL) WITH CHECK (resumed_by IS NOT NULL);
GRANT INSERT (cause, turn, opened_by, reason) ON settlement_stop TO trellis_api;
