-- Plans whose matured rewards wait in a wallet balance: what a user has there, what waits to get there, and the user's command to
-- take an amount out. The command carries the wallet's signature, as every cause does that no chain proves; whoever attests
-- verifies it.
CREATE POLICY inbox_of_wallets ON inbox FOR INSERT TO trellis_api
    WITH CHECK (
        fact_seq IS NULL
        AND id <= (SELECT s.last_value FROM inbox_id_seq AS s)
        AND source = 'command' AND signature IS NOT NULL
        AND payload ->> 'type' = 'reported' AND payload ->> 'report' = 'withdrawal_requested'
        AND starts_with(natural_key, (payload ->> 'wallet') || ':')
    );

-- What subscriptions accrued, and what funds granted in all. Both are younger than ledgers may be, and count from the next fact on.
CREATE TABLE accrual (
    fact_seq bigint NOT NULL,
    position integer NOT NULL CONSTRAINT accrual_position_natural CHECK (position >= 0),
    subscription integer NOT NULL,
    user_id integer NOT NULL,
    amount numeric(39, 0) NOT NULL CONSTRAINT accrual_amount_natural CHECK (amount >= 0),
    reward integer,
    CONSTRAINT accrual_pkey PRIMARY KEY (fact_seq, position)
);
COMMENT ON TABLE accrual IS 'What each subscription accrued by each end of a day, before tax; append-only';
COMMENT ON COLUMN accrual.reward IS 'Number of the reward that it is; null when nothing can take it back';
CREATE INDEX accrual_user ON accrual (user_id, fact_seq, position);
ALTER TABLE user_income ADD COLUMN funded numeric(39, 0) NOT NULL DEFAULT 0;
COMMENT ON COLUMN user_income.funded IS 'Rewards that funds granted, before tax; reversals are not taken off';
CREATE TABLE funded_start (after_fact bigint NOT NULL);
COMMENT ON TABLE funded_start IS 'The last fact whose accruals and grants of funds are not counted; one row';
INSERT INTO funded_start SELECT coalesce(max(seq), 0) FROM fact;
GRANT SELECT ON accrual, funded_start TO trellis_poster, trellis_reader;
GRANT SELECT ON accrual TO trellis_api;
GRANT INSERT ON accrual TO trellis_poster;
GRANT UPDATE (funded) ON user_income TO trellis_poster;

CREATE OR REPLACE VIEW user_balances AS
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
    greatest(
        u.paid - coalesce(sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'credit'), 0), 0
    )::numeric(39, 0) AS withdrawn,
    coalesce(i.direct, 0)::numeric(39, 0) AS direct_income,
    coalesce(i.pool_layer, 0)::numeric(39, 0) AS pool_income,
    coalesce(i.generation, 0)::numeric(39, 0) AS generation_income,
    coalesce(sum(b.debits_pending) FILTER (WHERE a.kind = 'available'), 0)::numeric(39, 0) AS in_payout,
    coalesce(sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'wallet'), 0)::numeric(39, 0) AS wallet,
    coalesce(sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'deferred'), 0)::numeric(39, 0) AS deferred,
    coalesce(i.funded, 0)::numeric(39, 0) AS funded_income
FROM users AS u
LEFT JOIN account AS a ON a.user_id = u.id
LEFT JOIN balance AS b ON b.account_id = a.id
LEFT JOIN user_income AS i ON i.user_id = u.id
GROUP BY u.id, i.direct, i.pool_layer, i.generation, i.funded;
COMMENT ON COLUMN user_balances.wallet IS 'Matured rewards that the user can take out';
COMMENT ON COLUMN user_balances.deferred IS 'Rewards that funds granted and that are not the user''s own yet';

-- What became of a reward.
CREATE INDEX component_effect_reward ON component_effect (user_id, number)
    WHERE kind IN ('reward_released', 'reward_reversed');

-- What funds granted to users, and what users took out: entries of their histories. The places of a fact's entries lie above its legs.
CREATE VIEW funded_entry AS
SELECT
    e.user_id, e.fact_seq, e.place, e.kind, e.amount,
    CASE WHEN e.kind = 'withdrawal' THEN 'paid' WHEN e.reward IS NULL THEN 'matured' ELSE coalesce(
        (
            SELECT CASE x.kind WHEN 'reward_released' THEN 'matured' ELSE 'reversed' END
            FROM component_effect AS x
            WHERE x.user_id = e.user_id AND x.number = e.reward AND x.kind IN ('reward_released', 'reward_reversed')
            ORDER BY x.fact_seq DESC, x.position DESC LIMIT 1
        ), 'held') END AS state
FROM (
    SELECT
        c.user_id, c.fact_seq, 1000000000 + c.position AS place,
        CASE c.kind WHEN 'withdrawn' THEN 'withdrawal' ELSE c.detail ->> 'rule' END AS kind, c.amount, c.number AS reward
    FROM component_effect AS c
    WHERE c.kind = 'withdrawn' OR (c.kind = 'reward_granted' AND c.detail ->> 'rule' <> 'accrual')
    UNION ALL
    SELECT a.user_id, a.fact_seq, 2000000000 + a.position, 'accrual', a.amount, a.reward::bigint FROM accrual AS a
) AS e;
COMMENT ON VIEW funded_entry IS 'What funds granted to users and what they took out of their wallet balances, by user';
GRANT SELECT ON funded_entry TO trellis_api, trellis_reader;
