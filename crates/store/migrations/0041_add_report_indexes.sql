-- Reports list what facts of a time caused: from the facts of that time to their rows. The index has posted entries only, so that
-- recording the chain writes nothing into it.
CREATE INDEX inbox_posted_by_time ON inbox (effective_at, fact_seq) WHERE fact_seq IS NOT NULL;
CREATE INDEX deposit_by_fact ON deposit (fact_seq);
CREATE INDEX payout_by_closing ON payout (closed_fact) WHERE closed_fact IS NOT NULL;
