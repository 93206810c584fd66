-- One branch is read, as in list.sql.
SELECT count(*) AS "count!"
FROM (
    (
        SELECT 1 FROM audit_log AS a
        WHERE $1::text = 'subject' AND a.subject = $4::text
            AND a.at >= to_timestamp(0) + $5::bigint * interval '1 microsecond'
            AND a.at < to_timestamp(0) + $6::bigint * interval '1 microsecond'
        LIMIT $7
    ) UNION ALL (
        SELECT 1 FROM audit_log AS a
        WHERE $1 = 'actor' AND a.actor = $2::text
            AND a.at >= to_timestamp(0) + $5::bigint * interval '1 microsecond'
            AND a.at < to_timestamp(0) + $6::bigint * interval '1 microsecond'
        LIMIT $7
    ) UNION ALL (
        SELECT 1 FROM audit_log AS a
        WHERE $1 = 'action' AND a.action = $3::text
            AND a.at >= to_timestamp(0) + $5::bigint * interval '1 microsecond'
            AND a.at < to_timestamp(0) + $6::bigint * interval '1 microsecond'
        LIMIT $7
    ) UNION ALL (
        SELECT 1 FROM audit_log AS a
        WHERE $1 = 'at'
            AND a.at >= to_timestamp(0) + $5::bigint * interval '1 microsecond'
            AND a.at < to_timestamp(0) + $6::bigint * interval '1 microsecond'
        LIMIT $7
    )
) AS scanned
