-- No fact has more than 10,000 legs. What does more is decided by one fact and brought by numbered facts behind it, with no other
-- fact between them. A fact that is larger cannot be posted again under this rule, so a ledger that has one is not migrated.
DO $$
BEGIN
    IF EXISTS (SELECT FROM transfer WHERE leg >= 10000)
        OR EXISTS (SELECT FROM component_effect WHERE position >= 10000)
        OR EXISTS (SELECT FROM accrual WHERE position >= 10000)
        OR EXISTS (SELECT FROM deposit WHERE closed_fact IS NOT NULL GROUP BY closed_fact HAVING count(*) > 10000)
    THEN
        RAISE EXCEPTION 'a fact of this ledger has more than 10,000 legs or effects: this version cannot post it again';
    END IF;
END
$$;

CREATE TABLE continued_fact (
    fact_seq bigint NOT NULL CONSTRAINT continued_fact_fact_fkey REFERENCES fact (seq),
    parts integer NOT NULL CONSTRAINT continued_fact_parts CHECK (parts > 1),
    legs bigint NOT NULL CONSTRAINT continued_fact_legs_natural CHECK (legs >= 0),
    amount numeric(39, 0) NOT NULL CONSTRAINT continued_fact_amount_natural CHECK (amount >= 0),
    CONSTRAINT continued_fact_pkey PRIMARY KEY (fact_seq)
);
COMMENT ON TABLE continued_fact IS 'Facts that others continue, and what all of them bring together; append-only';
COMMENT ON COLUMN continued_fact.parts IS 'How many facts it is, itself included: fact_seq to fact_seq + parts - 1';
COMMENT ON COLUMN continued_fact.legs IS 'Transfers of all of them';
COMMENT ON COLUMN continued_fact.amount IS 'Sum of these transfers, in base units';
GRANT SELECT ON continued_fact TO trellis_poster, trellis_reader;
GRANT INSERT ON continued_fact TO trellis_poster;

-- The fact that is not continued to its end yet, if there is one: what it decided is posted in part.
CREATE VIEW open_fact AS
SELECT
    c.fact_seq,
    c.parts
FROM (SELECT * FROM continued_fact ORDER BY fact_seq DESC LIMIT 1) AS c
WHERE c.fact_seq + c.parts - 1 > (SELECT max(f.seq) FROM fact AS f);
COMMENT ON VIEW open_fact IS 'The fact of which a part is still to be posted; at most one row';
GRANT SELECT ON open_fact TO trellis_settler, trellis_reconciler, trellis_reader;

-- The posting worker puts the parts into the inbox, and nothing else: of a fact that it posted, no more than that fact says.
ALTER TABLE inbox DROP CONSTRAINT inbox_source_known;
ALTER TABLE inbox ADD CONSTRAINT inbox_source_known
    CHECK (source IN ('chain', 'command', 'schedule', 'posting'));
COMMENT ON COLUMN inbox.natural_key IS
    'chain: the journal sequence; command: wallet or operator, and the idempotency key; schedule: settlement:release:<batch>, or day:<date>; posting: id of the continued cause, and the part';
CREATE POLICY inbox_of_continuation ON inbox FOR INSERT TO trellis_poster
    WITH CHECK (
        fact_seq IS NULL
        AND source = 'posting'
        AND CASE
            WHEN natural_key ~ '^[0-9]{1,18}:[0-9]{1,9}$' THEN
                payload = jsonb_build_object(
                    'type', 'continued', 'part', split_part(natural_key, ':', 2)::integer
                )
                AND EXISTS (
                    SELECT FROM fact AS f
                    JOIN continued_fact AS c ON c.fact_seq = f.seq
                    WHERE f.inbox_id = split_part(natural_key, ':', 1)::bigint
                        AND split_part(natural_key, ':', 2)::integer BETWEEN 2 AND c.parts
                )
            ELSE false
        END
    );
GRANT INSERT (source, natural_key, payload, fingerprint, effective_at) ON inbox TO trellis_poster;
