-- Plans with components withhold rewards for more causes than plans with pools. What a fund pays is in component_effect,
-- where it has a number, a day and reversals; this table has what payments and reserves pay.
ALTER TABLE reward DROP CONSTRAINT reward_withheld_known;
ALTER TABLE reward ADD CONSTRAINT reward_withheld_known CHECK (withheld IN (
    'no_upline', 'not_retopped', 'refunded', 'unqualified', 'inactive', 'capped', 'flushed', 'residual'));
COMMENT ON TABLE reward IS
    'Every reward out of a payment or a reserve that a rule speaks of, paid or not, by its recipient; key as in transfer';
