-- What the API reads. Every row follows from facts and is recomputed by `trellis ledger verify`.
CREATE TABLE users (
    id integer NOT NULL CONSTRAINT users_id_positive CHECK (id > 0),
    wallet bytea NOT NULL CONSTRAINT users_wallet_length CHECK (length(wallet) = 20),
    sponsor_id integer CONSTRAINT users_sponsor_fkey REFERENCES users (id),
    ordinal integer NOT NULL,
    status text NOT NULL CONSTRAINT users_status_known CHECK (status IN ('active', 'refunded')),
    frozen_until bigint,
    directs integer NOT NULL DEFAULT 0,
    retopups integer NOT NULL DEFAULT 0,
    registered_fact bigint NOT NULL,
    registered_at bigint NOT NULL,
    CONSTRAINT users_pkey PRIMARY KEY (id),
    CONSTRAINT users_wallet_unique UNIQUE (wallet),
    CONSTRAINT users_sponsor_older CHECK (sponsor_id < id)
);
COMMENT ON TABLE users IS 'Participants, in the order in which their registrations became final';
COMMENT ON COLUMN users.ordinal IS 'Which of the sponsor''s directs the user is, from 1; 0 without a sponsor';
COMMENT ON COLUMN users.retopups IS 'Retopups that stand: refunded ones do not count';
CREATE INDEX users_by_sponsor ON users (sponsor_id, ordinal);

CREATE TABLE deposit (
    id integer NOT NULL CONSTRAINT deposit_id_positive CHECK (id > 0),
    ref bytea NOT NULL CONSTRAINT deposit_ref_length CHECK (length(ref) = 32),
    kind text NOT NULL CONSTRAINT deposit_kind_known CHECK (kind IN ('registration', 'retopup')),
    user_id integer NOT NULL CONSTRAINT deposit_user_fkey REFERENCES users (id),
    amount numeric(39, 0) NOT NULL,
    refundable_until bigint NOT NULL,
    state text NOT NULL CONSTRAINT deposit_state_known CHECK (state IN ('held', 'matured', 'refunded')),
    fact_seq bigint NOT NULL,
    closed_fact bigint,
    CONSTRAINT deposit_pkey PRIMARY KEY (id),
    CONSTRAINT deposit_ref_unique UNIQUE (ref)
);
COMMENT ON TABLE deposit IS 'Registrations and retopups, and whether their money is still in the cooling-off time';
CREATE INDEX deposit_by_user ON deposit (user_id);

CREATE TABLE pool_tree (
    tier smallint NOT NULL,
    tree integer NOT NULL,
    nodes integer NOT NULL,
    status text NOT NULL CONSTRAINT pool_tree_status_known CHECK (status IN ('open', 'closed')),
    opened_fact bigint NOT NULL,
    closed_fact bigint,
    CONSTRAINT pool_tree_pkey PRIMARY KEY (tier, tree)
);
COMMENT ON TABLE pool_tree IS 'Trees of the auto-pools';

CREATE TABLE pool_node (
    tier smallint NOT NULL,
    tree integer NOT NULL,
    node_index integer NOT NULL,
    user_id integer NOT NULL CONSTRAINT pool_node_user_fkey REFERENCES users (id),
    funding text NOT NULL CONSTRAINT pool_node_funding_known CHECK (funding IN ('registration', 'progression')),
    fact_seq bigint NOT NULL,
    CONSTRAINT pool_node_pkey PRIMARY KEY (tier, tree, node_index),
    CONSTRAINT pool_node_tree_fkey FOREIGN KEY (tier, tree) REFERENCES pool_tree (tier, tree)
);
COMMENT ON TABLE pool_node IS 'Placements: who has which place, in level order, and what paid for it';
CREATE INDEX pool_node_by_user ON pool_node (user_id);

CREATE TABLE reward (
    fact_seq bigint NOT NULL,
    leg integer NOT NULL,
    user_id integer NOT NULL,
    source_user_id integer NOT NULL,
    kind text NOT NULL CONSTRAINT reward_kind_known CHECK (kind IN ('direct', 'pool_layer', 'generation')),
    tier smallint,
    distance smallint NOT NULL,
    amount numeric(39, 0) NOT NULL,
    deposit_id integer,
    withheld text CONSTRAINT reward_withheld_known
        CHECK (withheld IN ('no_upline', 'not_retopped', 'refunded', 'residual')),
    CONSTRAINT reward_pkey PRIMARY KEY (fact_seq, leg)
);
COMMENT ON TABLE reward IS 'Every reward that a rule speaks of, paid or not, by its recipient; key as in transfer';
COMMENT ON COLUMN reward.distance IS 'Generation in the sponsor tree or layer in the pool; 1 for direct';
COMMENT ON COLUMN reward.deposit_id IS 'Deposit that caused it; null when a progression did';
COMMENT ON COLUMN reward.withheld IS 'Why the rule did not pay its recipient; null when it did';
CREATE INDEX reward_by_user ON reward (user_id, fact_seq DESC, leg DESC);
CREATE INDEX reward_by_deposit ON reward (deposit_id) WHERE deposit_id IS NOT NULL;

CREATE TABLE reward_forfeited (
    fact_seq bigint NOT NULL,
    leg integer NOT NULL,
    forfeited_fact bigint NOT NULL,
    CONSTRAINT reward_forfeited_pkey PRIMARY KEY (fact_seq, leg)
);
COMMENT ON TABLE reward_forfeited IS 'Held rewards that went to breakage at maturity: they relied on something since refunded';

CREATE TABLE user_income (
    user_id integer NOT NULL,
    direct numeric(39, 0) NOT NULL DEFAULT 0,
    pool_layer numeric(39, 0) NOT NULL DEFAULT 0,
    generation numeric(39, 0) NOT NULL DEFAULT 0,
    CONSTRAINT user_income_pkey PRIMARY KEY (user_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE user_income IS 'Lifetime rewards granted, per kind, held ones included; reversals are not taken off';

CREATE TABLE reserve_choice (
    user_id integer NOT NULL,
    tier smallint NOT NULL,
    choice text NOT NULL CONSTRAINT reserve_choice_known CHECK (choice IN ('in', 'out')),
    fact_seq bigint NOT NULL,
    CONSTRAINT reserve_choice_pkey PRIMARY KEY (user_id, tier)
);
COMMENT ON TABLE reserve_choice IS 'Who reserves which tier''s rewards towards the next price';

CREATE TABLE discrepancy (
    fact_seq bigint NOT NULL,
    ordinal smallint NOT NULL,
    cause text NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT discrepancy_pkey PRIMARY KEY (fact_seq, ordinal)
);
COMMENT ON TABLE discrepancy IS 'Facts in which chain and plan disagree, and commands without effect';

CREATE VIEW user_balances AS
SELECT
    u.id AS user_id,
    coalesce(sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'available'), 0)::numeric(39, 0)
        AS available,
    coalesce(sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'held'), 0)::numeric(39, 0) AS held,
    coalesce(sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'reserve'), 0)::numeric(39, 0)
        AS reserved,
    coalesce(sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'credit'), 0)::numeric(39, 0) AS credit,
    coalesce(sum(b.debits_posted - b.credits_posted) FILTER (WHERE a.kind = 'receivable'), 0)::numeric(39, 0)
        AS receivable,
    coalesce(sum(b.debits_posted) FILTER (WHERE a.kind = 'available'), 0)::numeric(39, 0) AS withdrawn,
    coalesce(i.direct, 0)::numeric(39, 0) AS direct_income,
    coalesce(i.pool_layer, 0)::numeric(39, 0) AS pool_income,
    coalesce(i.generation, 0)::numeric(39, 0) AS generation_income
FROM users AS u
LEFT JOIN account AS a ON a.user_id = u.id
LEFT JOIN balance AS b ON b.account_id = a.id
LEFT JOIN user_income AS i ON i.user_id = u.id
GROUP BY u.id, i.direct, i.pool_layer, i.generation;
COMMENT ON VIEW user_balances IS 'What a user has, by kind; reserves per tier are in balance';
