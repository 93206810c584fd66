-- What no chain proves and what decides who gets money carries its author's signature, made with a key that no service has.
ALTER TABLE inbox ADD COLUMN signature bytea
    CONSTRAINT inbox_signature_length CHECK (length(signature) BETWEEN 1 AND 4096);
COMMENT ON COLUMN inbox.signature IS 'Of a user''s choice: the wallet''s signature over it (EIP-712); whoever attests verifies it';
