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
    coalesce(sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'deferred'), 0)::numeric(39, 0) AS deferred
FROM users AS u
LEFT JOIN account AS a ON a.user_id = u.id
LEFT JOIN balance AS b ON b.account_id = a.id
LEFT JOIN user_income AS i ON i.user_id = u.id
GROUP BY u.id, i.direct, i.pool_layer, i.generation;
COMMENT ON COLUMN user_balances.wallet IS 'Matured rewards that the user can take out';
COMMENT ON COLUMN user_balances.deferred IS 'Rewards that funds granted and that are not the user''s own yet';

-- What became of a reward.
CREATE INDEX component_effect_reward ON component_effect (user_id, number)
    WHERE kind IN ('reward_released', 'reward_reversed');
