-- What a user ever became entitled to is looked for by account, for every batch that is sealed. The bounds are those of
-- the account kind "available" (code 3 in the upper byte of the id): no other movement pays for this index.
CREATE INDEX transfer_entitlement ON transfer (credit_id, fact_seq, leg)
    WHERE phase = 0 AND credit_id >= 216172782113783808 AND credit_id < 288230376151711744;
