-- Who waits to be paid and since when, and the sums over all accounts: kept by the posting worker with each batch, so that
-- nobody who asks makes the database look at all users.

-- The number of a user's account `available`, as `ledger::AccountId` packs it.
CREATE FUNCTION available_account(of_user integer) RETURNS bigint
LANGUAGE sql IMMUTABLE
AS $$ SELECT (3::bigint << 56) | of_user $$;

CREATE TABLE due (
    user_id integer NOT NULL,
    since bigint NOT NULL,
    CONSTRAINT due_pkey PRIMARY KEY (user_id)
);
COMMENT ON TABLE due IS 'Users with something matured and not paid; a row comes with the first reward and goes with the last';
COMMENT ON COLUMN due.since IS 'When the oldest unsettled reward matured, in seconds since 1970-01-01 UTC';
CREATE INDEX due_by_age ON due (since, user_id);

CREATE TABLE kind_total (
    kind text NOT NULL,
    detail integer NOT NULL,
    credits numeric(39, 0) NOT NULL,
    debits numeric(39, 0) NOT NULL,
    debits_pending numeric(39, 0) NOT NULL,
    due_users bigint NOT NULL DEFAULT 0,
    CONSTRAINT kind_total_pkey PRIMARY KEY (kind, detail)
) WITH (fillfactor = 50);
COMMENT ON TABLE kind_total IS 'Sums of balances by kind; detail is the cause of breakage and clearing, otherwise 0';
COMMENT ON COLUMN kind_total.due_users IS 'Of the kind available: how many rows `due` has';

CREATE TABLE paid_total (
    id smallint NOT NULL DEFAULT 1 CONSTRAINT paid_total_is_single CHECK (id = 1),
    paid numeric(39, 0) NOT NULL,
    claimed numeric(39, 0) NOT NULL,
    CONSTRAINT paid_total_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE paid_total IS 'One row: sums of users.paid and claim.amount';
INSERT INTO paid_total (paid, claimed)
SELECT (SELECT coalesce(sum(paid), 0) FROM users), (SELECT coalesce(sum(amount), 0) FROM claim);

INSERT INTO due (user_id, since)
SELECT a.user_id, coalesce((
    SELECT i.effective_at FROM fact AS t JOIN inbox AS i ON i.id = t.inbox_id
    WHERE t.seq = (
        SELECT min(r.matured_fact)
        FROM unsettled_rewards(a.user_id, (
            SELECT sum(o.credits_posted - o.debits_posted)
            FROM account AS k JOIN balance AS o ON o.account_id = k.id
            WHERE k.user_id = a.user_id AND k.kind IN ('available', 'reserve')
        )) AS r
    )
), 0)
FROM account AS a JOIN balance AS b ON b.account_id = a.id
WHERE a.kind = 'available' AND b.credits_posted > b.debits_posted;

INSERT INTO kind_total (kind, detail, credits, debits, debits_pending, due_users)
SELECT a.kind, CASE WHEN a.kind IN ('breakage', 'clearing') THEN a.detail ELSE 0 END, sum(b.credits_posted),
       sum(b.debits_posted), sum(b.debits_pending),
       count(*) FILTER (WHERE a.kind = 'available' AND b.credits_posted > b.debits_posted)
FROM account AS a JOIN balance AS b ON b.account_id = a.id
GROUP BY 1, 2;

-- What batches let go of, beside what was asked for and not paid: few among all payouts.
CREATE INDEX payout_let_go ON payout (user_id, batch_id) WHERE state IN ('refused', 'released');

CREATE OR REPLACE VIEW payable AS
SELECT
    u.id AS user_id,
    u.wallet,
    u.paid,
    coalesce(u.frozen_until, 0) AS frozen_until,
    coalesce(b.credits_posted - b.debits_posted, 0)::numeric(39, 0) AS posted,
    coalesce(b.debits_pending, 0)::numeric(39, 0) AS pending,
    -- Costs a look at each user's rewards; a statement that does not read it does not pay for it.
    coalesce((
        SELECT array_agg(DISTINCT r.kind)
        FROM unsettled_rewards(u.id, (
            SELECT sum(o.credits_posted - o.debits_posted)
            FROM account AS a JOIN balance AS o ON o.account_id = a.id
            WHERE a.user_id = u.id AND a.kind IN ('available', 'reserve')
        )) AS r
    ), '{}') AS kinds,
    coalesce(d.since, 0) AS oldest_matured_at,
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
LEFT JOIN due AS d ON d.user_id = u.id
LEFT JOIN balance AS b ON b.account_id = available_account(u.id);
CREATE INDEX withdrawal_request_by_user ON withdrawal_request (user_id);

GRANT SELECT, INSERT, DELETE, UPDATE (since) ON due TO trellis_poster;
GRANT SELECT, INSERT, UPDATE (credits, debits, debits_pending, due_users) ON kind_total TO trellis_poster;
GRANT SELECT, INSERT, UPDATE (paid, claimed) ON paid_total TO trellis_poster;
GRANT SELECT ON due, kind_total, paid_total TO trellis_api, trellis_reader;
