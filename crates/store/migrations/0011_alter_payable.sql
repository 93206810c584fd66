-- Who may be paid, for many thousands of users at once: the unsettled rewards of a user only where they are asked for, and
-- the users of requested batches once, not for each user.

-- A root user has half of all rewards, at the beginning all of them. Statistics of that time make the planner read the whole
-- table for each user, so it is told that many users share the rewards, whatever a sample of them says.
ALTER TABLE reward ALTER COLUMN user_id SET (n_distinct = -0.1);
ALTER TABLE account ALTER COLUMN user_id SET (n_distinct = -0.2);

CREATE FUNCTION unsettled_rewards(of_user integer, unsettled numeric)
RETURNS TABLE (kind text, matured_fact bigint)
LANGUAGE sql STABLE
AS $$
    SELECT m.kind, m.matured_fact
    FROM (
        SELECT
            w.kind,
            coalesce(d.closed_fact, w.fact_seq) AS matured_fact,
            sum(w.amount) OVER (
                ORDER BY coalesce(d.closed_fact, w.fact_seq) DESC, w.fact_seq DESC, w.leg DESC
            ) - w.amount AS newer
        FROM reward AS w
        LEFT JOIN deposit AS d ON d.id = w.deposit_id
        WHERE w.user_id = of_user AND w.withheld IS NULL AND (w.deposit_id IS NULL OR d.state = 'matured')
            AND NOT EXISTS (SELECT FROM reward_forfeited AS x WHERE x.fact_seq = w.fact_seq AND x.leg = w.leg)
    ) AS m
    WHERE m.newer < unsettled
$$;
COMMENT ON FUNCTION unsettled_rewards IS
    'The newest matured rewards of a user that make up this much: rewards are settled oldest first';

-- Kinds and age cost a look at each user's rewards. They are columns of their own expression, so that a statement which
-- does not read them does not pay for them.
CREATE OR REPLACE VIEW payable AS
SELECT
    u.id AS user_id,
    u.wallet,
    u.paid,
    coalesce(u.frozen_until, 0) AS frozen_until,
    coalesce(f.posted, 0)::numeric(39, 0) AS posted,
    coalesce(f.pending, 0)::numeric(39, 0) AS pending,
    coalesce((SELECT array_agg(DISTINCT r.kind) FROM unsettled_rewards(u.id, f.unsettled) AS r), '{}') AS kinds,
    coalesce((
        SELECT i.effective_at FROM fact AS t JOIN inbox AS i ON i.id = t.inbox_id
        WHERE t.seq = (SELECT min(r.matured_fact) FROM unsettled_rewards(u.id, f.unsettled) AS r)
    ), 0) AS oldest_matured_at,
    (
        u.id IN (SELECT p.user_id FROM payout AS p WHERE p.state = 'held')
        OR u.id IN (
            SELECT q.listed::integer
            FROM payout_batch AS b CROSS JOIN LATERAL jsonb_array_elements_text(b.request -> 'users') AS q (listed)
            WHERE b.state = 'requested'
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
-- Looked up user by user: a join with sums over everybody falls to a nested loop as long as the statistics are those of a
-- time when nothing had matured.
CROSS JOIN LATERAL (
    SELECT
        sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'available') AS posted,
        sum(b.debits_pending) FILTER (WHERE a.kind = 'available') AS pending,
        sum(b.credits_posted - b.debits_posted) AS unsettled
    FROM account AS a JOIN balance AS b ON b.account_id = a.id
    WHERE a.user_id = u.id AND a.kind IN ('available', 'reserve')
) AS f;
