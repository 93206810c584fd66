-- What the disclosure states, kept while facts are posted: nobody who reads it makes anybody look at all participants.

CREATE TABLE participant_figures (
    user_id integer NOT NULL,
    paid numeric(39, 0) NOT NULL,
    received numeric(39, 0) NOT NULL,
    held numeric(39, 0) NOT NULL,
    refunded boolean NOT NULL,
    CONSTRAINT participant_figures_pkey PRIMARY KEY (user_id)
) WITH (fillfactor = 70);
COMMENT ON TABLE participant_figures IS 'What of each participant is counted in figures; so that a change takes the old line out and puts the new one in';

CREATE TABLE figure_count (
    measure text NOT NULL CONSTRAINT figure_count_measure_known CHECK (measure IN ('received', 'net')),
    value numeric(39, 0) NOT NULL,
    people bigint NOT NULL,
    CONSTRAINT figure_count_pkey PRIMARY KEY (measure, value)
);
COMMENT ON TABLE figure_count IS 'How many participants received, or have net, exactly this much';
CREATE INDEX figure_count_empty ON figure_count (measure) WHERE people = 0;

CREATE TABLE figures (
    id smallint NOT NULL DEFAULT 1 CONSTRAINT figures_is_single CHECK (id = 1),
    fact_seq bigint NOT NULL DEFAULT 0,
    last_deposit integer NOT NULL DEFAULT 0,
    last_user integer NOT NULL DEFAULT 0,
    participants bigint NOT NULL DEFAULT 0,
    refunded bigint NOT NULL DEFAULT 0,
    without_rewards bigint NOT NULL DEFAULT 0,
    below_paid bigint NOT NULL DEFAULT 0,
    even bigint NOT NULL DEFAULT 0,
    above_paid bigint NOT NULL DEFAULT 0,
    paid_total numeric(39, 0) NOT NULL DEFAULT 0,
    received_total numeric(39, 0) NOT NULL DEFAULT 0,
    held_total numeric(39, 0) NOT NULL DEFAULT 0,
    received_percentiles numeric(39, 0)[] NOT NULL DEFAULT '{}',
    net_percentiles numeric(39, 0)[] NOT NULL DEFAULT '{}',
    counted_at timestamptz,
    CONSTRAINT figures_pkey PRIMARY KEY (id)
);
COMMENT ON TABLE figures IS 'One row: figures over all participants up to fact_seq, as the disclosure states them';
COMMENT ON COLUMN figures.counted_at IS 'When everything up to then was counted last; null before the first time';
-- A ledger without facts is counted already.
INSERT INTO figures (counted_at) SELECT now() WHERE NOT EXISTS (SELECT FROM fact);

-- Deposits whose money went back: few, and looked for by the fact that took them.
CREATE INDEX deposit_refunded ON deposit (closed_fact) WHERE state = 'refunded';

GRANT SELECT, INSERT, UPDATE ON participant_figures, figures TO trellis_poster;
GRANT SELECT, INSERT, UPDATE, DELETE ON figure_count TO trellis_poster;
GRANT SELECT ON figures TO trellis_api, trellis_reader;
