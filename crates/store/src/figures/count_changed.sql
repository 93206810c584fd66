WITH last AS MATERIALIZED (
    SELECT fact_seq, last_deposit, last_user FROM figures
), touched AS MATERIALIZED (
    SELECT t.credit_id AS account_id FROM transfer AS t WHERE t.fact_seq > (SELECT fact_seq FROM last)
    UNION
    SELECT t.debit_id FROM transfer AS t WHERE t.fact_seq > (SELECT fact_seq FROM last)
), changed AS MATERIALIZED (
    SELECT a.user_id FROM touched JOIN account AS a ON a.id = touched.account_id
    WHERE a.user_id IS NOT NULL AND a.kind IN ('available', 'held', 'wallet', 'deferred')
    UNION
    SELECT user_id FROM deposit WHERE id > (SELECT last_deposit FROM last)
    UNION
    SELECT user_id FROM deposit WHERE state = 'refunded' AND closed_fact > (SELECT fact_seq FROM last)
    UNION
    SELECT id FROM users WHERE id > (SELECT last_user FROM last)
), line AS MATERIALIZED (
    SELECT c.user_id, u.status = 'refunded' AS refunded, p.paid, r.received, r.held, r.received - p.paid AS net,
           o.user_id IS NULL AS is_new, o.refunded AS old_refunded, o.paid AS old_paid,
           o.received AS old_received, o.held AS old_held, o.received - o.paid AS old_net
    FROM changed AS c
    JOIN users AS u ON u.id = c.user_id
    LEFT JOIN participant_figures AS o ON o.user_id = c.user_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(d.amount), 0) AS paid FROM deposit AS d
        WHERE d.user_id = c.user_id AND d.state <> 'refunded'
    ) AS p
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(b.credits_posted) FILTER (WHERE a.kind = 'available'), 0)
                   + coalesce(sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'wallet'), 0) AS received,
               coalesce(sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind IN ('held', 'deferred')), 0) AS held
        FROM account AS a JOIN balance AS b ON b.account_id = a.id
        WHERE a.user_id = c.user_id
    ) AS r
), kept AS (
    INSERT INTO participant_figures AS o (user_id, paid, received, held, refunded)
    SELECT user_id, paid, received, held, refunded FROM line
    ON CONFLICT (user_id) DO UPDATE
    SET paid = excluded.paid, received = excluded.received, held = excluded.held, refunded = excluded.refunded
), moved AS (
    SELECT measure, value, sum(people) AS people
    FROM (
        SELECT 'received', received, 1 FROM line
        UNION ALL SELECT 'net', net, 1 FROM line
        UNION ALL SELECT 'received', old_received, -1 FROM line WHERE NOT is_new
        UNION ALL SELECT 'net', old_net, -1 FROM line WHERE NOT is_new
    ) AS m (measure, value, people)
    GROUP BY measure, value HAVING sum(people) <> 0
), counted AS (
    INSERT INTO figure_count AS f (measure, value, people)
    SELECT measure, value, people FROM moved
    ON CONFLICT (measure, value) DO UPDATE SET people = f.people + excluded.people
)
UPDATE figures AS f
SET participants = f.participants + s.participants,
    refunded = f.refunded + s.refunded,
    without_rewards = f.without_rewards + s.without_rewards,
    below_paid = f.below_paid + s.below_paid,
    even = f.even + s.even,
    above_paid = f.above_paid + s.above_paid,
    paid_total = f.paid_total + s.paid,
    received_total = f.received_total + s.received,
    held_total = f.held_total + s.held,
    fact_seq = (SELECT coalesce(max(seq), 0) FROM fact),
    last_deposit = (SELECT coalesce(max(id), 0) FROM deposit),
    last_user = (SELECT coalesce(max(id), 0) FROM users),
    counted_at = now()
FROM (
    SELECT count(*) FILTER (WHERE is_new) AS participants,
           count(*) FILTER (WHERE refunded) - count(*) FILTER (WHERE old_refunded) AS refunded,
           count(*) FILTER (WHERE received = 0) - count(*) FILTER (WHERE old_received = 0) AS without_rewards,
           count(*) FILTER (WHERE net < 0) - count(*) FILTER (WHERE old_net < 0) AS below_paid,
           count(*) FILTER (WHERE net = 0) - count(*) FILTER (WHERE old_net = 0) AS even,
           count(*) FILTER (WHERE net > 0) - count(*) FILTER (WHERE old_net > 0) AS above_paid,
           coalesce(sum(paid - coalesce(old_paid, 0)), 0) AS paid,
           coalesce(sum(received - coalesce(old_received, 0)), 0) AS received,
           coalesce(sum(held - coalesce(old_held, 0)), 0) AS held
    FROM line
) AS s
