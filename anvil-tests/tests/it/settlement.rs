//! Payouts from matured balances to wallets, with everything going wrong on the way. Whatever happens, in the end
//! [`PayoutWorld::prove`](anvil_tests::PayoutWorld::prove) finds ledger, chain and an independent recomputation equal and
//! everyone paid exactly once.
//!
//! Every state of a batch is entered and left, by every way that there is:
//!
//! | from | to | by |
//! | --- | --- | --- |
//! | – | requested | every test; with the posting worker dead: `expiry::given_up_before_anybody_signed` |
//! | requested | held | every test; with the posting worker killed: `deaths` |
//! | requested | cancelled | abandoned: `expiry::given_up_before_anybody_signed`; nothing to hold: `claims::a_claim_before_the_money_is_held_back` |
//! | held | sealed | every test; with the settlement worker killed: `deaths` |
//! | held | cancelled | `expiry::given_up_before_anybody_signed` |
//! | sealed | approved | every test; by two at once: `operators::of_two_at_once_one_takes_a_step` |
//! | sealed | cancelled | `expiry::given_up_before_anybody_signed` |
//! | approved | signed | every test; by two at once: `operators::of_two_at_once_one_takes_a_step`; after a stop: `operators::a_stop_holds_every_batch_until_two_want_to_go_on` |
//! | approved | cancelled | `expiry::given_up_before_anybody_signed` |
//! | signed | submitting | every test; by two at once: `operators::of_two_at_once_one_takes_a_step` |
//! | signed | expired | `expiry::expired_in_the_pool_and_mined_too_late` |
//! | signed | cancelled | `expiry::expired_in_the_pool_and_mined_too_late` |
//! | submitting | executed | every test |
//! | submitting | expired | mined too late: `expiry::expired_in_the_pool_and_mined_too_late`; never mined: `expiry::never_mined_and_replaced_by_nothing`; its nonce used by someone else, or none given: `foreign` |
//! | submitting | cancelled | abandoned: `expiry::never_mined_and_replaced_by_nothing`; on the chain: `chain::a_batch_that_is_cancelled_on_the_chain` |
//! | submitting | quarantined | `chain::a_final_failure_without_a_reason_waits_for_people` |
//! | quarantined | cancelled | `chain::a_final_failure_without_a_reason_waits_for_people` |
//!
//! Executed, expired and cancelled are ends: `operators::every_step_is_taken_from_its_state_only` and `expiry` see every
//! further step refused. And every state of a submission:
//!
//! | from | to | by |
//! | --- | --- | --- |
//! | – | allocated | every test; not without funds: `fees::a_contract_without_funds_takes_no_nonce` |
//! | allocated | signed | every test; with the worker killed around it: `deaths` |
//! | allocated | dead | nonces that someone else used: `foreign` |
//! | signed | sent | every test; not while all nodes refuse for good: `fees::a_sender_without_gas_money_waits_with_its_nonce` |
//! | sent | signed | a dearer attempt: `fees::fees_rise_to_the_cap_and_every_pool_takes_them`; nothing instead: `expiry::never_mined_and_replaced_by_nothing` |
//! | sent | included | every test; without a receipt: `nodes::an_event_without_a_receipt_is_enough` |
//! | included | sent | `chain::an_execution_that_a_fork_undoes_comes_again` |
//! | included | final_ok | every test; after a failure on another branch: `chain::a_failure_that_a_fork_undoes_is_no_failure` |
//! | included | final_reverted | `chain::a_final_failure_without_a_reason_waits_for_people`, `chain::a_batch_that_is_cancelled_on_the_chain`, `expiry::expired_in_the_pool_and_mined_too_late` |
//! | included | dead | `expiry::never_mined_and_replaced_by_nothing` |
//! | sent | dead | a nonce that is abandoned: `foreign` |

mod approve_by_command;
mod chain;
mod claims;
mod deaths;
mod expiry;
mod fees;
mod foreign;
mod leases;
mod leaves;
mod leaves_by_command;
mod nodes;
mod operators;
mod recipients;
mod thieves;
