-- One database is one ledger: one asset in one custody contract on one chain under one plan. This row says which,
-- and every process checks it at start against its own configuration.
CREATE TABLE deployment (
    id smallint NOT NULL DEFAULT 1 CONSTRAINT deployment_is_single CHECK (id = 1),
    chain_id bigint NOT NULL CONSTRAINT deployment_chain_id_positive CHECK (chain_id > 0),
    contract bytea NOT NULL CONSTRAINT deployment_contract_length CHECK (length(contract) = 20),
    contract_block bigint NOT NULL CONSTRAINT deployment_contract_block_natural CHECK (contract_block >= 0),
    contract_block_hash bytea NOT NULL CONSTRAINT deployment_block_hash_length CHECK (length(contract_block_hash) = 32),
    asset text NOT NULL,
    plan_hash bytea NOT NULL CONSTRAINT deployment_plan_hash_length CHECK (length(plan_hash) = 32),
    plan_text text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT deployment_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE deployment IS 'Which ledger this database is: chain, contract, asset and plan';
COMMENT ON COLUMN deployment.contract_block IS 'Block in which the contract was deployed: where the listener starts';
COMMENT ON COLUMN deployment.plan_text IS 'The plan file as it was compiled; plan_hash is the hash of its parameters';

-- Exactly one process at a time may write for each purpose. The epoch fences: it grows with every change of
-- holder and is checked inside every transaction of the holder.
CREATE TABLE lease (
    name text NOT NULL CONSTRAINT lease_name_known CHECK (name IN ('listener', 'posting', 'settlement')),
    holder text NOT NULL,
    epoch bigint NOT NULL CONSTRAINT lease_epoch_positive CHECK (epoch > 0),
    expires_at timestamptz NOT NULL,
    CONSTRAINT lease_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE lease IS 'Elected writers, fenced by epoch';
