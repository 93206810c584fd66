-- What the components of a plan change besides money: subscriptions, ranks, pairs, orders, campaigns and the rewards
-- that funds pay. One table for all of them, so that a plan with another component needs no other schema.
CREATE TABLE component_effect (
    fact_seq bigint NOT NULL,
    position integer NOT NULL CONSTRAINT component_effect_position_natural CHECK (position >= 0),
    kind text NOT NULL,
    user_id integer,
    number bigint,
    amount numeric(39, 0) CONSTRAINT component_effect_amount_natural CHECK (amount >= 0),
    detail jsonb,
    CONSTRAINT component_effect_pkey PRIMARY KEY (fact_seq, position)
);
COMMENT ON TABLE component_effect IS 'Effects of plan components in the order of facts; append-only';
COMMENT ON COLUMN component_effect.number IS 'Number of what it is about: reward, subscription, order, period, conversion, rank or day';
CREATE INDEX component_effect_user ON component_effect (user_id, fact_seq, position) WHERE user_id IS NOT NULL;

GRANT SELECT ON component_effect TO trellis_listener, trellis_poster, trellis_reader, trellis_api;
GRANT INSERT ON component_effect TO trellis_poster;
