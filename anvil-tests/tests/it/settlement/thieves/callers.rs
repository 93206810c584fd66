//! The keys that processes hold: those by which the API and the settlement worker ask the signers, and the one by which the
//! reconciler attests. None of them gets anything signed that pays the thief, because no person signed it.

use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use anvil_tests::PayoutWorld;
use approval::Approval;
use audit::liabilities::Tree;
use devstack::Wallet;
use devstack::agreement;
use devstack::anvil::CHAIN_ID;
use money::Amount;
use signer_client::{
    AttestedRoot, Call, DEVELOPMENT_CALLER_KEY, DEVELOPMENT_SETTLER_KEY, IntakeKind, IntakeTerms, ProofNode,
};
use store::attestation::{Kind, StoredAttestation};

use super::forged::{self, client, word};
use super::found;
use super::stolen;
use crate::settlement::claims::publish;
use crate::settlement::leaves::tree_of;

const BNB: u128 = 1_000_000_000_000_000_000;
/// What a thief would like to have.
const WANTED: u128 = 100 * BNB;
/// An account of the local chain that nobody else uses here, and nobody's on the list of people.
const NOBODY: usize = 51;
/// Claims for users that the signer of transactions allows in a day here.
const CLAIMS: u32 = 2;

#[tokio::test(flavor = "multi_thread")]
async fn no_key_of_a_process_has_anything_signed_that_people_did_not_sign() {
    let claims = [("TRELLIS_CLAIMS_PER_DAY_MAX", CLAIMS.to_string())];
    let mut payouts = PayoutWorld::with_due_and(4, &claims).await;
    let thief = payouts.somebody().address();
    let before = forged::standing(&payouts).await;
    the_apis_key_asks_for_intakes_only(&payouts, thief).await;
    the_attestors_key_has_nobody_who_agrees(&payouts, thief).await;
    the_settlement_workers_key_finds_no_word_about_what_it_wants(&mut payouts, thief).await;
    for table in ["signer.payout_batch", "signer.liabilities_root"] {
        assert_eq!(payouts.count_signed(table).await, 0, "{table}");
    }
    the_settlement_workers_key_claims_for_users_only_and_not_often(&mut payouts, thief).await;
    assert_eq!(payouts.count_signed("signer.payout_batch").await, 0);
    assert_eq!(forged::standing(&payouts).await, before);
}

/// Even with everything that people and the attestor could sign.
async fn the_apis_key_asks_for_intakes_only(payouts: &PayoutWorld, thief: Address) {
    let system = &payouts.system;
    let [signer, roots, transactions] = [&system.signer, &system.root_signer, &system.transaction_signer]
        .map(|signer| client(signer, DEVELOPMENT_CALLER_KEY));
    let batch = forged::batch(payouts, B256::repeat_byte(1), &[(thief, WANTED)]).await;
    let batch = forged::justified(payouts, batch).await;
    assert_eq!(word(&signer.authorize_batch(&batch).await), "unauthorized");
    let root = forged::root(payouts, thief, WANTED).await;
    let root = forged::justified_root(payouts, root).await;
    assert_eq!(word(&roots.authorize_root(&root).await), "unauthorized");
    let sweep = forged::transaction(payouts, 0, Call::SweepMatured { max_days: 1 }, None);
    assert_eq!(word(&transactions.sign_transaction(&sweep).await), "unauthorized");

    let intake = IntakeTerms {
        kind: IntakeKind::Registration,
        chain_id: CHAIN_ID,
        contract: payouts.custody,
        user: payouts.person(NOBODY).address(),
        sponsor: Some(thief),
        amount: Amount::new(20 * BNB),
        plan_hash: forged::plan_hash(payouts),
        disclosure_hash: B256::repeat_byte(2),
        deposit_ref: B256::repeat_byte(3),
        deadline: forged::time(payouts).await + 600,
    };
    let of_another_plan = IntakeTerms {
        plan_hash: B256::repeat_byte(4),
        ..intake.clone()
    };
    let too_large = IntakeTerms {
        amount: Amount::new(1_000 * BNB + 1_000_000_000),
        ..intake.clone()
    };
    for (terms, code) in [
        (&of_another_plan, "unknown_plan"),
        (&too_large, "amount_above_max"),
        (&intake, "signed"),
    ] {
        assert_eq!(word(&signer.authorize_registration(terms).await), code);
    }
    let settler = client(&payouts.system.signer, DEVELOPMENT_SETTLER_KEY);
    let asked = settler.authorize_registration(&intake).await;
    assert_eq!(word(&asked), "unauthorized");
}

/// The reconciler's thief attests "everything to me", stores it, and finds someone who asks the signers with it.
async fn the_attestors_key_has_nobody_who_agrees(payouts: &PayoutWorld, thief: Address) {
    let mut batch = forged::batch(payouts, B256::repeat_byte(1), &[(thief, WANTED)]).await;
    let attestation = forged::attest(payouts, forged::attested(&batch)).await;
    batch.justification.attestation = attestation;
    let stored = StoredAttestation {
        content: forged::sealed(&batch.batch.payouts).list_hash,
        moment: attestation.moment,
        signature: attestation.signature,
    };
    let mut reconciler = stolen(payouts, "trellis_reconciler").await;
    store::attestation::upsert(&mut reconciler, Kind::Batch, batch.batch.batch_id, &stored)
        .await
        .unwrap();
    let signer = client(&payouts.system.signer, DEVELOPMENT_SETTLER_KEY);
    assert_eq!(word(&signer.authorize_batch(&batch).await), "proposer_unsigned");
    batch.justification.proposer = thief;
    assert_eq!(word(&signer.authorize_batch(&batch).await), "proposer_unknown");

    let root = forged::root(payouts, thief, WANTED).await;
    let mut root = forged::justified_root(payouts, root).await;
    root.justification.approvals.clear();
    let roots = client(&payouts.system.root_signer, DEVELOPMENT_SETTLER_KEY);
    assert_eq!(word(&roots.authorize_root(&root).await), "proposer_unsigned");
}

/// Whatever it finds in the database was said of something else.
async fn the_settlement_workers_key_finds_no_word_about_what_it_wants(
    payouts: &mut PayoutWorld,
    thief: Address,
) {
    let signer = client(&payouts.system.signer, DEVELOPMENT_SETTLER_KEY);
    let (one, other) = (payouts.some(1), payouts.some(1));
    let (one, other) = (payouts.build(&one).await, payouts.build(&other).await);
    payouts.sign_off(&payouts.builder, &other).await;
    let approved = payouts.sign_off(&payouts.approver, &other).await;
    assert_eq!(approved.body["state"], "approved", "{approved:?}");
    let of_one = found::attestation(payouts, Kind::Batch, one.id).await;
    let of_other = found::attestation(payouts, Kind::Batch, other.id).await;
    let signed = found::approvals(payouts, other.id).await;
    let by_builder: Vec<Approval> = (signed.iter())
        .filter(|approval| approval.wallet == agreement::builder())
        .cloned()
        .collect();

    let own = forged::batch(payouts, B256::repeat_byte(1), &[(thief, WANTED)]).await;
    let (one, other) = (
        found::terms(payouts, &one).await,
        found::terms(payouts, &other).await,
    );
    let mut more = other.clone();
    more.batch.payouts[0].target = more.batch.payouts[0].target.checked_add(Amount::new(1)).unwrap();
    more.batch.max_total = more.batch.max_total.checked_add(Amount::new(1)).unwrap();
    let expires = forged::time(payouts).await + 600;
    let named = [agreement::builder(), agreement::approver()];
    let nobodys = named.map(|named| {
        let proposal = forged::proposal(&one);
        forged::approval(payouts, &proposal, Wallet::at(NOBODY), named, expires)
    });
    for (what, terms, approvals, attestation, code) in [
        ("nothing", &own, &[][..], None, "attestation_not_signed"),
        (
            "another's",
            &own,
            &signed,
            Some(of_other),
            "attestation_not_signed",
        ),
        (
            "a wei more",
            &more,
            &signed,
            Some(of_other),
            "attestation_not_signed",
        ),
        ("no people", &one, &[], Some(of_one), "proposer_unsigned"),
        ("forged", &one, &nobodys, Some(of_one), "proposer_unsigned"),
        ("for another", &one, &signed, Some(of_one), "proposer_unsigned"),
        ("one person", &other, &by_builder, Some(of_other), "votes_missing"),
    ] {
        let mut terms = terms.clone();
        terms.justification.approvals = approvals.to_vec();
        if let Some(attestation) = attestation {
            terms.justification.attestation = attestation;
        }
        assert_eq!(word(&signer.authorize_batch(&terms).await), code, "{what}");
    }
    let roots = client(&payouts.system.root_signer, DEVELOPMENT_SETTLER_KEY);
    let mut root = forged::root(payouts, thief, WANTED).await;
    for attestation in [None, Some(of_other)] {
        if let Some(attestation) = attestation {
            root.justification.attestation = attestation;
        }
        assert_eq!(word(&roots.authorize_root(&root).await), "attestation_not_signed");
    }
    for batch in [&one, &other] {
        let given_up = payouts
            .step(&payouts.builder, batch.batch.batch_id, "cancel")
            .await;
        assert_eq!(given_up.status, 200, "{given_up:?}");
        payouts.becomes(batch.batch.batch_id, "cancelled").await;
    }
}

/// In the place of the settlement worker, with a root that people published and the attestor's word about it.
async fn the_settlement_workers_key_claims_for_users_only_and_not_often(
    payouts: &mut PayoutWorld,
    thief: Address,
) {
    let root = publish(payouts).await;
    payouts.mine(6).await.unwrap();
    payouts.followed().await;
    payouts.system.settler.kill().unwrap();
    let tree = tree_of(payouts, root).await;
    let attested = AttestedRoot {
        total: tree.total(),
        attestation: found::attestation(payouts, Kind::Root, root).await,
    };
    let signer = client(&payouts.system.transaction_signer, DEVELOPMENT_SETTLER_KEY);
    let own = forged::root(payouts, thief, WANTED).await;
    let own = Call::Claim {
        user: thief,
        entitled: Amount::new(WANTED),
        root: own.root.root,
        proof: Vec::new(),
    };
    let account = abi::development::SUBMITTER.address;
    let nonce = payouts.provider.get_transaction_count(account).await.unwrap();
    let wallets: Vec<Address> = tree.leaves().iter().map(|leaf| leaf.wallet).collect();
    let mut claims = (0..)
        .zip(&wallets)
        .map(|(place, wallet)| (nonce + place, claim(&tree, *wallet)));
    for (what, claim, nonce, attested, code) in [
        (
            "nobody attested it",
            own.clone(),
            nonce,
            None,
            "attestation_missing",
        ),
        (
            "another root was attested",
            own,
            nonce,
            Some(attested),
            "attestation_not_signed",
        ),
        ("bare", claim(&tree, thief), nonce, None, "attestation_missing"),
    ] {
        let terms = forged::transaction(payouts, nonce, claim, attested);
        assert_eq!(word(&signer.sign_transaction(&terms).await), code, "{what}");
    }
    for code in ["signed", "signed", "too_many_claims"] {
        let (nonce, claim) = claims.next().unwrap();
        let terms = forged::transaction(payouts, nonce, claim, Some(attested));
        assert_eq!(
            word(&signer.sign_transaction(&terms).await),
            code,
            "nonce {nonce}"
        );
    }
}

fn claim(tree: &Tree, wallet: Address) -> Call {
    let proof = tree.proof(wallet).unwrap().into_iter();
    Call::Claim {
        user: wallet,
        entitled: tree.leaf(wallet).unwrap().entitled,
        root: tree.root(),
        proof: proof
            .map(|node| ProofNode {
                hash: node.hash,
                sum: node.sum,
            })
            .collect(),
    }
}
