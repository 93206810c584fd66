-- Nobody on the chain says that a day ended. One process does, under a role that can put nothing else into the inbox: one row for
-- each day, which no other role can insert, and only when a final block says that the time has come. Where exactly a day
-- ends depends on the plan's time zone, which no constraint knows; the posting worker compares it again.
DO $$
BEGIN
    CREATE ROLE trellis_scheduler LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

ALTER TABLE lease DROP CONSTRAINT lease_name_known;
ALTER TABLE lease ADD CONSTRAINT lease_name_known
    CHECK (name IN ('listener', 'posting', 'settlement', 'reconciler', 'schedule'));
CREATE POLICY lease_of_scheduler ON lease TO trellis_scheduler USING (name = 'schedule');

-- Days are looked up by their date: the last one that was sent, and the one that is open.
CREATE UNIQUE INDEX inbox_day ON inbox (natural_key COLLATE "C")
    WHERE source = 'schedule' AND natural_key LIKE 'day:%';
COMMENT ON COLUMN inbox.natural_key IS
    'chain: the journal sequence; command: wallet or operator, and the idempotency key; schedule: settlement:release:<batch>, or day:<date>';

CREATE POLICY inbox_of_scheduler ON inbox FOR INSERT TO trellis_scheduler
    WITH CHECK (
        fact_seq IS NULL
        AND source = 'schedule'
        AND CASE
            WHEN payload ->> 'day' ~ '^[0-9]{1,7}$' THEN
                payload = jsonb_build_object(
                    'type', 'reported', 'report', 'day_ended', 'day', (payload ->> 'day')::integer
                )
                AND natural_key = 'day:' || to_char(date '1970-01-01' + (payload ->> 'day')::integer, 'YYYY-MM-DD')
                -- Midnight is nowhere further than a day from midnight in UTC.
                AND effective_at BETWEEN (payload ->> 'day')::bigint * 86400 AND ((payload ->> 'day')::bigint + 2) * 86400
            ELSE false
        END
        AND effective_at <= (SELECT c.final_timestamp FROM checkpoint AS c)
    );

GRANT USAGE ON SCHEMA public TO trellis_scheduler;
GRANT SELECT ON deployment, checkpoint, chain_block, lease, _sqlx_migrations TO trellis_scheduler;
GRANT INSERT, UPDATE ON lease TO trellis_scheduler;
GRANT SELECT (source, natural_key) ON inbox TO trellis_scheduler;
GRANT INSERT (source, natural_key, payload, fingerprint, effective_at) ON inbox TO trellis_scheduler;
