-- The tree over everybody's entitlements is built by the settlement worker, in the background: the API only asks for it. Nodes
-- of the tree are kept, so that a user's proof reads a few rows and not all leaves.

CREATE TABLE liabilities_request (
    id bigint GENERATED ALWAYS AS IDENTITY,
    requested_by bytea NOT NULL CONSTRAINT liabilities_request_length CHECK (length(requested_by) = 20),
    accept_claims boolean NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    state text NOT NULL DEFAULT 'waiting' CONSTRAINT liabilities_request_state_known CHECK (state IN ('waiting', 'built', 'refused')),
    root bytea CONSTRAINT liabilities_request_root_fkey REFERENCES liabilities_root (root),
    refused text,
    finished_at timestamptz,
    CONSTRAINT liabilities_request_pkey PRIMARY KEY (id),
    CONSTRAINT liabilities_request_built CHECK ((state = 'built') = (root IS NOT NULL)),
    CONSTRAINT liabilities_request_refused CHECK ((state = 'refused') = (refused IS NOT NULL))
);
COMMENT ON TABLE liabilities_request IS 'Roots that operators asked for, until the settlement worker has built them';
CREATE UNIQUE INDEX liabilities_request_waiting ON liabilities_request (requested_by, accept_claims) WHERE state = 'waiting';

CREATE TABLE liabilities_node (
    root bytea NOT NULL CONSTRAINT liabilities_node_root_fkey REFERENCES liabilities_root (root),
    level smallint NOT NULL,
    place integer NOT NULL,
    hash bytea NOT NULL CONSTRAINT liabilities_node_hash_length CHECK (length(hash) = 32),
    sum numeric(39, 0) NOT NULL,
    first_wallet bytea NOT NULL CONSTRAINT liabilities_node_wallet_length CHECK (length(first_wallet) = 20),
    CONSTRAINT liabilities_node_pkey PRIMARY KEY (root, level, place)
);
COMMENT ON TABLE liabilities_node IS 'The upper nodes of a root''s tree: of each block of leaves (audit::liabilities::BLOCK_LEVEL) and above';
COMMENT ON COLUMN liabilities_node.first_wallet IS 'Wallet of the first leaf below';
CREATE INDEX liabilities_node_by_wallet ON liabilities_node (root, level, first_wallet);

REVOKE INSERT ON liabilities_leaf FROM trellis_api;
REVOKE INSERT (root, total, leaves, as_of_seq, fact_seq, block_number, block_hash, accept_claims, built_by)
    ON liabilities_root FROM trellis_api;
GRANT SELECT ON liabilities_request, liabilities_node TO trellis_api, trellis_settler, trellis_reader;
GRANT INSERT (requested_by, accept_claims) ON liabilities_request TO trellis_api;
GRANT UPDATE (state, root, refused, finished_at) ON liabilities_request TO trellis_settler;
GRANT INSERT (root, total, leaves, as_of_seq, fact_seq, block_number, block_hash, accept_claims, built_by)
    ON liabilities_root TO trellis_settler;
GRANT INSERT ON liabilities_leaf, liabilities_node TO trellis_settler;
