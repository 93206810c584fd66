-- The API only asks for ranges of blocks to be read again. The listener carries it out and stores what came of it, so that
-- no other process writes what the chain says.
DROP POLICY inbox_of_replay ON inbox;
REVOKE INSERT ON chain_log FROM trellis_api;

-- An API that could store an outcome could say that somebody had looked at a range.
REVOKE INSERT, UPDATE (finished_at, result) ON replay_request FROM trellis_api;
GRANT INSERT (requested_by, from_block, to_block, dry_run) ON replay_request TO trellis_api;
GRANT UPDATE (finished_at, result) ON replay_request TO trellis_listener;

UPDATE replay_request SET result = result || '{"outcome": "compared"}' WHERE NOT result ? 'outcome';
CREATE INDEX replay_request_waiting ON replay_request (id) WHERE finished_at IS NULL;
COMMENT ON COLUMN replay_request.result IS 'The outcome, by the listener; null while the request waits';
