-- The id of a batch no longer follows from the request: ids are numbered so that they share slots of the contract. A repeat of a request
-- is found by the request's own hash, which is what ids were until now.
ALTER TABLE payout_batch ADD COLUMN request_hash bytea
    CONSTRAINT payout_batch_request_hash_length CHECK (length(request_hash) = 32);
UPDATE payout_batch SET request_hash = batch_id;
ALTER TABLE payout_batch ALTER COLUMN request_hash SET NOT NULL;
ALTER TABLE payout_batch ADD CONSTRAINT payout_batch_request_hash_unique UNIQUE (request_hash);
COMMENT ON COLUMN payout_batch.request_hash IS 'Who asked, and with which key: a repeat of a request has the same and is the same batch';

GRANT INSERT (request_hash) ON payout_batch TO trellis_api;
