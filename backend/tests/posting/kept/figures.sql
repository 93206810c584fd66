WITH paid AS (
    SELECT user_id, sum(amount) AS amount FROM deposit WHERE state <> 'refunded' GROUP BY user_id
), received AS (
    SELECT a.user_id,
           sum(b.credits_posted) FILTER (WHERE a.kind = 'available') AS matured,
           sum(b.credits_posted - b.debits_posted) FILTER (WHERE a.kind = 'held') AS held
    FROM account AS a JOIN balance AS b ON b.account_id = a.id
    WHERE a.user_id IS NOT NULL GROUP BY a.user_id
), line AS (
    SELECT u.status, coalesce(p.amount, 0) AS paid, coalesce(r.matured, 0) AS received,
           coalesce(r.held, 0) AS held, coalesce(r.matured, 0) - coalesce(p.amount, 0) AS net
    FROM users AS u
    LEFT JOIN paid AS p ON p.user_id = u.id
    LEFT JOIN received AS r ON r.user_id = u.id
), ranked AS (
    SELECT received, net, count(*) OVER () AS n,
           row_number() OVER (ORDER BY received) AS received_rank,
           row_number() OVER (ORDER BY net) AS net_rank
    FROM line
), wanted AS (
    SELECT percent, place
    FROM unnest(ARRAY[5, 10, 25, 50, 75, 90, 95]::bigint[]) WITH ORDINALITY AS w (percent, place)
)
SELECT (SELECT coalesce(max(seq), 0) FROM fact) AS fact_seq,
       count(*) AS participants,
       count(*) FILTER (WHERE status = 'refunded') AS refunded,
       count(*) FILTER (WHERE received = 0) AS without_rewards,
       count(*) FILTER (WHERE net < 0) AS below_paid,
       count(*) FILTER (WHERE net = 0) AS even,
       count(*) FILTER (WHERE net > 0) AS above_paid,
       coalesce(sum(paid), 0) AS paid_total,
       coalesce(sum(received), 0) AS received_total,
       coalesce(sum(held), 0) AS held_total,
       ARRAY(SELECT received FROM wanted JOIN ranked ON received_rank = (percent * n + 99) / 100 ORDER BY place)
           AS received_percentiles,
       ARRAY(SELECT net FROM wanted JOIN ranked ON net_rank = (percent * n + 99) / 100 ORDER BY place)
           AS net_percentiles
FROM line
