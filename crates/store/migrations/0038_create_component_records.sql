-- Plans that withhold tax, and plans of bookings and pairs: what a user was taxed with, what the user paid of the price, lots, pairs, and the
-- side that the user chose. The tables are younger than ledgers may be, and begin with the next fact. The side decides who is
-- paid for whom, so the command carries its wallet's signature, which whoever attests verifies.
ALTER POLICY inbox_of_wallets ON inbox
    WITH CHECK (
        fact_seq IS NULL
        AND id <= (SELECT s.last_value FROM inbox_id_seq AS s)
        AND source = 'command' AND signature IS NOT NULL
        AND payload ->> 'type' = 'reported' AND payload ->> 'report' IN ('withdrawal_requested', 'side_chosen')
        AND starts_with(natural_key, (payload ->> 'wallet') || ':')
    );

CREATE TABLE withholding_record (
    fact_seq bigint NOT NULL,
    position integer NOT NULL CONSTRAINT withholding_record_position_natural CHECK (position >= 0),
    user_id integer NOT NULL,
    policy smallint NOT NULL CONSTRAINT withholding_record_policy_natural CHECK (policy > 0),
    financial_year integer NOT NULL CONSTRAINT withholding_record_year_natural CHECK (financial_year >= 0),
    gross numeric(39, 0) NOT NULL CONSTRAINT withholding_record_gross_natural CHECK (gross >= 0),
    base numeric(39, 0) NOT NULL CONSTRAINT withholding_record_base_natural CHECK (base >= 0),
    amount numeric(39, 0) NOT NULL CONSTRAINT withholding_record_amount_natural CHECK (amount >= 0),
    is_returned boolean NOT NULL,
    CONSTRAINT withholding_record_pkey PRIMARY KEY (fact_seq, position)
);
COMMENT ON TABLE withholding_record IS 'What each policy made of each payment to a user, and of what went back of one; append-only';
COMMENT ON COLUMN withholding_record.policy IS 'Place of the policy among the plan''s policies, from 1';
COMMENT ON COLUMN withholding_record.financial_year IS 'The calendar year in which it starts; that of the payment, also of what went back';
COMMENT ON COLUMN withholding_record.gross IS 'The payment before anything was withheld';
COMMENT ON COLUMN withholding_record.base IS 'What was taxed: more than the payment where that crossed a threshold';
CREATE INDEX withholding_record_user ON withholding_record (user_id, fact_seq, position);

CREATE TABLE withholding_year (
    user_id integer NOT NULL,
    financial_year integer NOT NULL,
    policy smallint NOT NULL,
    paid numeric(39, 0) NOT NULL,
    taxed numeric(39, 0) NOT NULL,
    withheld numeric(39, 0) NOT NULL,
    paid_returned numeric(39, 0) NOT NULL,
    taxed_returned numeric(39, 0) NOT NULL,
    withheld_returned numeric(39, 0) NOT NULL,
    CONSTRAINT withholding_year_pkey PRIMARY KEY (user_id, financial_year, policy)
);
COMMENT ON TABLE withholding_year IS 'Sums of withholding_record, what went back apart: the figures of a certificate are the differences';

CREATE TABLE binary_pair (
    reward integer NOT NULL,
    user_id integer NOT NULL,
    fact_seq bigint NOT NULL,
    amount numeric(39, 0) NOT NULL,
    withheld numeric(39, 0) NOT NULL,
    instalment numeric(39, 0) NOT NULL,
    returned_fact bigint,
    CONSTRAINT binary_pair_pkey PRIMARY KEY (reward),
    CONSTRAINT binary_pair_within CHECK (withheld + instalment <= amount)
);
COMMENT ON TABLE binary_pair IS 'Pairs that were granted: value, tax, and what pays the user''s own instalment';
COMMENT ON COLUMN binary_pair.returned_fact IS 'The fact that took it back; null while it stands';
CREATE INDEX binary_pair_user ON binary_pair (user_id, reward);

CREATE TABLE member_record (
    user_id integer NOT NULL,
    side text CONSTRAINT member_record_side_known CHECK (side IN ('left', 'right')),
    lots_left integer NOT NULL,
    lots_right integer NOT NULL,
    paid numeric(39, 0) NOT NULL,
    has_tax_id boolean NOT NULL,
    CONSTRAINT member_record_pkey PRIMARY KEY (user_id)
);
COMMENT ON TABLE member_record IS 'What components know of a user now';
COMMENT ON COLUMN member_record.side IS 'Where the user wants the next direct; null for wherever is free first';
COMMENT ON COLUMN member_record.lots_left IS 'Members of the left side who count and are not in a pair, as of the last closing or refund';
COMMENT ON COLUMN member_record.paid IS 'Of the price of what is booked, instalments out of pairs included';

-- The day that ended last, for who asks what would be withheld now.
CREATE INDEX component_effect_day ON component_effect (fact_seq, position) WHERE kind = 'day_ended';

CREATE TABLE record_start (after_fact bigint NOT NULL);
COMMENT ON TABLE record_start IS 'The last fact that the tables of records do not contain; one row';
INSERT INTO record_start SELECT coalesce(max(seq), 0) FROM fact;

GRANT SELECT ON withholding_record, withholding_year, binary_pair, member_record TO trellis_poster, trellis_reader, trellis_api;
GRANT SELECT ON record_start TO trellis_poster, trellis_reader;
GRANT INSERT ON withholding_record, withholding_year, binary_pair, member_record TO trellis_poster;
GRANT UPDATE (paid, taxed, withheld, paid_returned, taxed_returned, withheld_returned) ON withholding_year TO trellis_poster;
GRANT UPDATE (returned_fact) ON binary_pair TO trellis_poster;
GRANT UPDATE (side, lots_left, lots_right, paid, has_tax_id) ON member_record TO trellis_poster;
