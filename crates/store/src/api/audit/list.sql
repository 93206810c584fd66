-- One branch is read: the one of the leading filter, by its index. The others are never begun.
WITH scanned AS MATERIALIZED (
    (
        SELECT a.* FROM audit_log AS a
        WHERE $1::text = 'subject' AND a.subject = $4::text
            AND a.at >= to_timestamp(0) + $5::bigint * interval '1 microsecond'
            AND a.at < to_timestamp(0) + $6::bigint * interval '1 microsecond'
            AND (a.at, a.id) < (to_timestamp(0) + $7::bigint * interval '1 microsecond', $8::bigint)
        ORDER BY a.at DESC, a.id DESC LIMIT $9
    ) UNION ALL (
        SELECT a.* FROM audit_log AS a
        WHERE $1 = 'actor' AND a.actor = $2::text
            AND a.at >= to_timestamp(0) + $5 * interval '1 microsecond'
            AND a.at < to_timestamp(0) + $6 * interval '1 microsecond'
            AND (a.at, a.id) < (to_timestamp(0) + $7 * interval '1 microsecond', $8)
        ORDER BY a.at DESC, a.id DESC LIMIT $9
    ) UNION ALL (
        SELECT a.* FROM audit_log AS a
        WHERE $1 = 'action' AND a.action = $3::text
            AND a.at >= to_timestamp(0) + $5 * interval '1 microsecond'
            AND a.at < to_timestamp(0) + $6 * interval '1 microsecond'
            AND (a.at, a.id) < (to_timestamp(0) + $7 * interval '1 microsecond', $8)
        ORDER BY a.at DESC, a.id DESC LIMIT $9
    ) UNION ALL (
        SELECT a.* FROM audit_log AS a
        WHERE $1 = 'at'
            AND a.at >= to_timestamp(0) + $5 * interval '1 microsecond'
            AND a.at < to_timestamp(0) + $6 * interval '1 microsecond'
            AND (a.at, a.id) < (to_timestamp(0) + $7 * interval '1 microsecond', $8)
        ORDER BY a.at DESC, a.id DESC LIMIT $9
    )
), found AS (
    SELECT s.* FROM scanned AS s
    WHERE ($2 IS NULL OR s.actor = $2) AND ($3 IS NULL OR s.action = $3) AND ($4 IS NULL OR s.subject = $4)
    ORDER BY s.at DESC, s.id DESC LIMIT $10
)
SELECT
    f.id AS "id?", (extract(epoch FROM f.at) * 1000000)::bigint AS at_us, f.actor AS "actor?", f.action AS "action?",
    f.subject AS "subject?", f.detail AS "detail?", l.seq AS "seal_seq?", l.hash AS "seal_hash: Db<Option<B256>>",
    e.scanned, (extract(epoch FROM e.at) * 1000000)::bigint AS end_at_us, e.id AS "end_id?"
FROM (
    SELECT count(*) OVER () AS scanned, s.at, s.id FROM scanned AS s ORDER BY s.at, s.id LIMIT 1
) AS e
LEFT JOIN found AS f ON true
LEFT JOIN audit_seal AS l ON l.audit_id = f.id
ORDER BY f.at DESC, f.id DESC
