-- What the API needs of settlement: who may be paid, what is held back of a balance, and that a batch is rebuilt once.
CREATE UNIQUE INDEX payout_batch_supersedes_once ON payout_batch (supersedes) WHERE supersedes IS NOT NULL;

-- A reward is unsettled while it is among the newest that make up what the user has available or reserved.
CREATE VIEW payable AS
SELECT
    u.id AS user_id,
    u.wallet,
    u.paid,
    coalesce(u.frozen_until, 0) AS frozen_until,
    coalesce(f.posted, 0)::numeric(39, 0) AS posted,
    coalesce(f.pending, 0)::numeric(39, 0) AS pending,
    coalesce(r.kinds, '{}') AS kinds,
    coalesce(i.effective_at, 0) AS oldest_matured_at,
    (
        EXISTS (SELECT FROM payout AS p WHERE p.user_id = u.id AND p.state = 'held')
        OR EXISTS (
            SELECT FROM payout_batch AS q
            WHERE q.state = 'requested' AND q.request -> 'users' @> to_jsonb(u.id)
        )
    ) AS has_live_payout,
    EXISTS (
        SELECT FROM withdrawal_request AS w
        WHERE w.user_id = u.id
            AND (
                w.batch_id IS NULL
                OR EXISTS (
                    SELECT FROM payout AS p
                    WHERE p.batch_id = w.batch_id AND p.user_id = w.user_id AND p.state IN ('refused', 'released')
                )
            )
    ) AS withdrawal_requested
FROM users AS u
CROSS JOIN LATERAL (
    SELECT
        sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'available') AS posted,
        sum(b.debits_pending) FILTER (WHERE a.kind = 'available') AS pending,
        sum(b.credits_posted - b.debits_posted) AS open
    FROM account AS a JOIN balance AS b ON b.account_id = a.id
    WHERE a.user_id = u.id AND a.kind IN ('available', 'reserve')
) AS f
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT m.kind) AS kinds, min(m.matured_fact) AS oldest_fact
    FROM (
        SELECT
            w.kind,
            coalesce(d.closed_fact, w.fact_seq) AS matured_fact,
            sum(w.amount) OVER (
                ORDER BY coalesce(d.closed_fact, w.fact_seq) DESC, w.fact_seq DESC, w.leg DESC
            ) - w.amount AS newer
        FROM reward AS w
        LEFT JOIN deposit AS d ON d.id = w.deposit_id
        WHERE w.user_id = u.id AND w.withheld IS NULL AND (w.deposit_id IS NULL OR d.state = 'matured')
            AND NOT EXISTS (
                SELECT FROM reward_forfeited AS x WHERE x.fact_seq = w.fact_seq AND x.leg = w.leg
            )
    ) AS m
    WHERE m.newer < f.open
) AS r ON f.open > 0
LEFT JOIN fact AS t ON t.seq = r.oldest_fact
LEFT JOIN inbox AS i ON i.id = t.inbox_id;
COMMENT ON VIEW payable IS
    'Users with what is matured and not paid (posted), what batches hold back of it (pending), and why they may wait';

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
    coalesce(sum(b.debits_pending) FILTER (WHERE a.kind = 'available'), 0)::numeric(39, 0) AS in_payout
FROM users AS u
LEFT JOIN account AS a ON a.user_id = u.id
LEFT JOIN balance AS b ON b.account_id = a.id
LEFT JOIN user_income AS i ON i.user_id = u.id
GROUP BY u.id, i.direct, i.pool_layer, i.generation;
COMMENT ON COLUMN user_balances.withdrawn IS 'What left the contract for the user: all that the chain paid, less the credit';
COMMENT ON COLUMN user_balances.in_payout IS 'The part of available that a live batch holds back';

GRANT SELECT ON payable TO trellis_api, trellis_reader;

-- What a user took out of the credit: few rows, and the only movements that are looked for by account.
CREATE INDEX transfer_credit_withdrawal ON transfer (debit_id, fact_seq) WHERE reason = 13;

-- A range that operators have read again may lack logs; what is there is never changed.
GRANT INSERT ON chain_log TO trellis_api;
