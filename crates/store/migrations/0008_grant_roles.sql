-- Append-only by grants: no role but the owner may change or delete what the ledger is derived from.
GRANT USAGE ON SCHEMA public TO trellis_listener, trellis_poster, trellis_api, trellis_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO trellis_listener, trellis_poster, trellis_reader;

GRANT INSERT, UPDATE ON lease, checkpoint TO trellis_listener;
GRANT INSERT ON chain_block, chain_log, reorganization, inbox TO trellis_listener;
GRANT UPDATE (canonical, final) ON chain_block TO trellis_listener;

GRANT INSERT, UPDATE ON lease TO trellis_poster;
GRANT UPDATE (fact_seq) ON inbox TO trellis_poster;
GRANT INSERT ON fact, account, balance, transfer, pending_resolution, posting_batch TO trellis_poster;
GRANT UPDATE (debits_posted, credits_posted, debits_pending, credits_pending, last_fact) ON balance
    TO trellis_poster;
GRANT INSERT ON users, deposit, pool_tree, pool_node, reward, reward_forfeited, user_income, reserve_choice,
    discrepancy TO trellis_poster;
GRANT UPDATE (status, frozen_until, directs, retopups) ON users TO trellis_poster;
GRANT UPDATE (state, closed_fact) ON deposit TO trellis_poster;
GRANT UPDATE (nodes, status, closed_fact) ON pool_tree TO trellis_poster;
GRANT UPDATE (direct, pool_layer, generation) ON user_income TO trellis_poster;
GRANT UPDATE (choice, fact_seq) ON reserve_choice TO trellis_poster;

GRANT SELECT ON deployment, checkpoint, chain_block, chain_log, inbox, fact, account, balance, transfer, posting_batch,
    users, deposit, pool_tree, pool_node, reward, reward_forfeited, user_income, reserve_choice, discrepancy,
    user_balances, login_nonce, session, operator, disclosure, authorization_request, audit_log TO trellis_api;
GRANT INSERT ON inbox, login_nonce, session, disclosure, authorization_request, audit_log TO trellis_api;
GRANT UPDATE (used_at) ON login_nonce TO trellis_api;
GRANT UPDATE (refreshed_at, revoked_at) ON session TO trellis_api;
GRANT UPDATE (signer, signature, signed_at) ON authorization_request TO trellis_api;
GRANT DELETE ON login_nonce, session TO trellis_api;
