-- No process believes a row that another process may have written, so the database lets each role write only what is its
-- own: causes by their source, leases by their name. And each role reads only what its process needs.

-- Causes. The listener alone speaks for the chain; commands come from the API; what lets go of a batch's holds comes from
-- the API (cancelled before anything was signed) or from the settlement worker. A role does not choose the place of its
-- cause in the order either: neither the number of a fact nor an id that the sequence has not given.
ALTER TABLE inbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY inbox_is_read ON inbox FOR SELECT USING (true);
CREATE POLICY inbox_of_listener ON inbox FOR INSERT TO trellis_listener
    WITH CHECK (source = 'chain' AND natural_key = chain_seq::text AND fact_seq IS NULL);
CREATE POLICY inbox_of_api ON inbox FOR INSERT TO trellis_api
    WITH CHECK (
        fact_seq IS NULL
        AND id <= (SELECT s.last_value FROM inbox_id_seq AS s)
        AND (
            (source = 'command' AND payload ->> 'type' IN ('reserve_chosen', 'batch_requested'))
            OR (
                source = 'schedule' AND payload ->> 'type' = 'batch_released' AND payload ->> 'end' = 'cancelled'
                AND natural_key = 'settlement:release:' || (payload ->> 'batch_id')
            )
        )
    );
-- Until the listener adds what is missing of ranges that operators had read again.
CREATE POLICY inbox_of_replay ON inbox FOR INSERT TO trellis_api WITH CHECK (source = 'chain' AND fact_seq IS NULL);
CREATE POLICY inbox_of_settler ON inbox FOR INSERT TO trellis_settler
    WITH CHECK (
        fact_seq IS NULL
        AND id <= (SELECT s.last_value FROM inbox_id_seq AS s)
        AND source = 'schedule' AND payload ->> 'type' = 'batch_released'
        AND natural_key = 'settlement:release:' || (payload ->> 'batch_id')
    );
CREATE POLICY inbox_of_poster ON inbox FOR UPDATE TO trellis_poster USING (fact_seq IS NULL) WITH CHECK (true);
GRANT SELECT ON SEQUENCE inbox_id_seq TO trellis_api, trellis_settler;

-- Leases. Each role has the one of its own name, for a while and not for ever: the bounds are above what any process asks
-- for (`LeaseName::ttl_max`). An epoch that jumped to the end of its type could never be followed by another one.
ALTER TABLE lease ENABLE ROW LEVEL SECURITY;
CREATE POLICY lease_is_read ON lease FOR SELECT USING (true);
CREATE POLICY lease_of_listener ON lease TO trellis_listener USING (name = 'listener');
CREATE POLICY lease_of_poster ON lease TO trellis_poster USING (name = 'posting');
CREATE POLICY lease_of_settler ON lease TO trellis_settler USING (name = 'settlement');
CREATE POLICY lease_of_reconciler ON lease TO trellis_reconciler USING (name = 'reconciler');
UPDATE lease SET expires_at = least(expires_at, now());
ALTER TABLE lease ADD CONSTRAINT lease_is_short CHECK (
    expires_at <= clock_timestamp()
        + CASE name WHEN 'reconciler' THEN interval '20 minutes' ELSE interval '2 minutes' END
);
CREATE FUNCTION lease_follows() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.epoch <> 1
        OR TG_OP = 'UPDATE' AND (NEW.name <> OLD.name OR NEW.epoch NOT IN (OLD.epoch, OLD.epoch + 1)) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation', CONSTRAINT = 'lease_epoch_follows', TABLE = 'lease',
            MESSAGE = 'the epoch of a lease begins with 1 and grows by 1';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER lease_epoch_follows BEFORE INSERT OR UPDATE ON lease FOR EACH ROW EXECUTE FUNCTION lease_follows();

-- Reads. Of the tables that exist by now, everything that is not in this list is taken away.
DO $$
DECLARE
    of_chain text[] := ARRAY['deployment', 'chain_block', 'chain_log', 'checkpoint', 'reorganization', 'inbox', 'lease'];
    of_ledger text[] := ARRAY[
        'fact', 'account', 'balance', 'posting_batch', 'transfer', 'pending_resolution', 'users', 'deposit', 'pool_tree',
        'pool_node', 'reward', 'reward_forfeited', 'user_income', 'reserve_choice', 'discrepancy', 'component_effect',
        'payout', 'claim'
    ];
    of_settlement text[] := ARRAY[
        'payout_batch', 'liabilities_root', 'liabilities_leaf', 'sender_account', 'submission', 'attempt',
        'submission_event', 'settlement_stop', 'reconciliation_run', 'reconciliation_finding'
    ];
    of_api text[] := ARRAY[
        'disclosure', 'authorization_request', 'audit_log', 'withdrawal_request', 'replay_request', 'payable',
        'user_balances'
    ];
    of_people text[] := ARRAY['login_nonce', 'session', 'operator'];
    reads jsonb := jsonb_build_object(
        'trellis_listener', of_chain || ARRAY['replay_request'],
        'trellis_poster', of_chain || of_ledger || ARRAY['payout_batch', 'liabilities_root'],
        -- It verifies who approved.
        'trellis_settler', of_chain || of_ledger || of_settlement || ARRAY['operator'],
        'trellis_reconciler', of_chain || of_ledger || of_settlement,
        'trellis_reader', of_chain || of_ledger || of_settlement || of_api
    );
    reader text;
    relation text;
BEGIN
    FOR reader IN SELECT jsonb_object_keys(reads) LOOP
        FOREACH relation IN ARRAY of_chain || of_ledger || of_settlement || of_api || of_people LOOP
            IF NOT reads -> reader ? relation THEN
                EXECUTE format('REVOKE SELECT ON %I FROM %I', relation, reader);
            END IF;
        END LOOP;
    END LOOP;
END
$$;

-- This table is younger than the roles' grants on all tables.
GRANT SELECT ON component_effect TO trellis_settler, trellis_reconciler;
