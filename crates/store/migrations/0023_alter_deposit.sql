-- Which deposits a fact closed is asked after every posting, among all that there ever were.
CREATE INDEX deposit_by_closing ON deposit (closed_fact) WHERE closed_fact IS NOT NULL;
