//! Builder, approver and the attestor's key in one hand, and the settlement worker's key to ask with: they take everything
//! that the signers' own limits let through, and nothing more.

use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use anvil_tests::PayoutWorld;
use devstack::Wallet;
use devstack::world::root_user;
use signer_client::{Call, DEVELOPMENT_SETTLER_KEY, SignedBy, SignerClient};

use super::forged::{self, client, word};

const BNB: u128 = 1_000_000_000_000_000_000;
const FIRST_PAYOUT_MAX: u128 = 5 * BNB + 1;
const WALLET_DAY_MAX: u128 = 12 * BNB + 3;
const BATCH_MAX: u128 = 6 * FIRST_PAYOUT_MAX;
const DAY_MAX: u128 = 50 * BNB + 11;
const ROOT_DAY_MAX: u128 = 20 * BNB + 5;
/// What is left of the day after six first payouts, and after two wallets had all that they may have.
const REST: u128 = DAY_MAX - BATCH_MAX - 2 * (WALLET_DAY_MAX - FIRST_PAYOUT_MAX);

const HOUR: u64 = 3_600;

/// Seconds for which a total of [`BATCH_MAX`] waits after the attestor first saw it.
const LARGE_AGE: u64 = HOUR;

/// The thieves' wallets: everyone who is registered.
const WALLETS: usize = 7;

struct Thieves<'a> {
    payouts: &'a PayoutWorld,
    signer: SignerClient,
    transactions: SignerClient,
    batches: u8,
}

#[tokio::test(flavor = "multi_thread")]
async fn builder_approver_and_attestor_together_take_what_the_signers_limits_let_through() {
    let limits = [
        ("TRELLIS_FIRST_PAYOUT_MAX", FIRST_PAYOUT_MAX),
        ("TRELLIS_WALLET_DAY_MAX", WALLET_DAY_MAX),
        ("TRELLIS_BATCH_MAX", BATCH_MAX),
        ("TRELLIS_DAY_MAX", DAY_MAX),
        ("TRELLIS_ROOT_DAY_MAX", ROOT_DAY_MAX),
        ("TRELLIS_LARGE_TOTAL", BATCH_MAX),
        ("TRELLIS_LARGE_AGE_SECONDS", u128::from(LARGE_AGE)),
    ]
    .map(|(name, limit)| (name, limit.to_string()));
    let payouts = PayoutWorld::with_due_and(WALLETS / 2, &limits).await;
    let (before, _) = forged::standing(&payouts).await;
    let mut thieves = Thieves {
        payouts: &payouts,
        signer: client(&payouts.system.signer, DEVELOPMENT_SETTLER_KEY),
        transactions: client(&payouts.system.transaction_signer, DEVELOPMENT_SETTLER_KEY),
        batches: 0,
    };
    thieves.take_all_that_a_day_has().await;
    thieves.take_nothing_more_until_it_is_over().await;
    thieves.promise_themselves_what_a_day_of_roots_has().await;
    let (after, [pushed, ..]) = forged::standing(&payouts).await;
    assert_eq!(pushed, DAY_MAX);
    assert_eq!(before - after, U256::from(DAY_MAX));
    let wallets = [WALLET_DAY_MAX, WALLET_DAY_MAX, FIRST_PAYOUT_MAX + REST];
    let newer = [FIRST_PAYOUT_MAX, FIRST_PAYOUT_MAX, FIRST_PAYOUT_MAX, 0];
    for (place, got) in wallets.into_iter().chain(newer).enumerate() {
        assert_eq!(forged::paid(&payouts, wallet(place)).await, got, "wallet {place}");
    }
    payouts.settlement_is_stopped().await;
}

/// One of the thieves' wallets.
fn wallet(place: usize) -> Address {
    devstack::agreement::address(Wallet::at(root_user().index() + place))
}

impl Thieves<'_> {
    /// Has another batch signed that brings these wallets so much more, and executes it when it is; the signer's answer.
    async fn take(&mut self, more: &[(usize, u128)]) -> String {
        self.batches += 1;
        self.take_again(more).await
    }

    /// The same for the batch before, with other times. The attestor says that it saw it long ago.
    async fn take_again(&mut self, more: &[(usize, u128)]) -> String {
        let payouts = self.payouts;
        let mut targets = Vec::new();
        for (place, more) in more {
            let wallet = wallet(*place);
            targets.push((wallet, forged::paid(payouts, wallet).await + more));
        }
        let terms = forged::batch(payouts, B256::repeat_byte(self.batches), &targets).await;
        let mut terms = forged::justified(payouts, terms).await;
        let attested = forged::attested(&terms);
        terms.justification.attestation = forged::attest_seen(payouts, attested, LARGE_AGE).await;
        let answer = self.signer.authorize_batch(&terms).await;
        if let Ok(authorization) = &answer {
            let authorization = SignedBy {
                signer: authorization.signer,
                signature: authorization.signature,
            };
            let batch = terms.batch.clone();
            self.send(Call::ExecuteBatch { batch, authorization }).await;
        }
        word(&answer)
    }

    /// Has a transaction signed, and mines it.
    async fn send(&self, call: Call) {
        let account = abi::development::SUBMITTER.address;
        let nonce = self
            .payouts
            .provider
            .get_transaction_count(account)
            .await
            .unwrap();
        let terms = forged::transaction(self.payouts, nonce, call, None);
        let signed = self.transactions.sign_transaction(&terms).await.unwrap();
        let sent = self.payouts.provider.send_raw_transaction(&signed.raw).await;
        let hash = *sent.unwrap().tx_hash();
        assert!(self.payouts.mined(hash).await.status());
    }

    async fn take_all_that_a_day_has(&mut self) {
        let first: Vec<(usize, u128)> = (0..WALLETS).map(|place| (place, FIRST_PAYOUT_MAX)).collect();
        let second = WALLET_DAY_MAX - FIRST_PAYOUT_MAX;
        let above = self.take(&[(0, FIRST_PAYOUT_MAX + 1)]).await;
        assert_eq!(above, "above_first_payout_max");
        assert_eq!(self.take(&first).await, "above_batch_max");
        // The attestor's word does not shorten the wait for people to look.
        assert_eq!(self.take(&first[..6]).await, "too_young");
        self.payouts.pass_time(LARGE_AGE).await.unwrap();
        assert_eq!(self.take_again(&first[..6]).await, "signed");
        for (what, more, code) in [
            ("a wallet's day", &[(0, second + 1)][..], "above_wallet_day_max"),
            ("two wallets' days", &[(0, second), (1, second)], "signed"),
            (
                "another new wallet",
                &[(6, FIRST_PAYOUT_MAX + 1)],
                "above_first_payout_max",
            ),
            ("the rest of the day", &[(2, REST + 1)], "above_day_max"),
            ("the rest in two parts", &[(2, REST), (6, 1)], "above_day_max"),
            ("the rest exactly", &[(2, REST)], "signed"),
        ] {
            assert_eq!(self.take(more).await, code, "{what}");
        }
    }

    /// Every six hours, to a wallet that had something and to a new one.
    async fn take_nothing_more_until_it_is_over(&mut self) {
        for _ in 0..4 {
            for place in [3, 6] {
                assert_eq!(self.take(&[(place, 1)]).await, "above_day_max");
            }
            self.payouts.pass_time(6 * HOUR - 60).await.unwrap();
        }
        assert_eq!(self.take(&[(6, 1)]).await, "above_day_max");
    }

    /// A false root has a limit of its own, and the guardian has the veto delay to look at it.
    async fn promise_themselves_what_a_day_of_roots_has(&self) {
        let signer = client(&self.payouts.system.root_signer, DEVELOPMENT_SETTLER_KEY);
        for (entitled, code) in [
            (ROOT_DAY_MAX + 1, "above_day_max"),
            (ROOT_DAY_MAX, "signed"),
            (ROOT_DAY_MAX + 1, "above_day_max"),
        ] {
            let root = forged::root(self.payouts, wallet(6), entitled).await;
            let root = forged::justified_root(self.payouts, root).await;
            assert_eq!(word(&signer.authorize_root(&root).await), code);
        }
    }
}
