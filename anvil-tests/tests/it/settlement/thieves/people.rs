//! One person, with every wallet the person has and with a database's password in the same hand: one vote, and none on the
//! own proposal.

use anvil_tests::{Batch, PayoutWorld, Person};
use approval::{BatchProposal, Proposal};
use devstack::{Wallet, agreement};
use money::Amount;
use store::attestation::Kind;

use super::{PATIENCE, causes, forged, found, is_signed, stolen};

/// The approver's account of the local chain.
const APPROVER: usize = 61;
/// The builder's second wallet, and that of someone whom only the ledger knows: accounts that nobody else uses here.
const SECOND_WALLET: usize = 50;
const ACCOMPLICE: usize = 51;

#[tokio::test(flavor = "multi_thread")]
async fn no_person_alone_pays_anybody() {
    let mut payouts = PayoutWorld::with_due(3).await;
    let before = forged::standing(&payouts).await;
    the_builder_has_one_vote_with_two_wallets_and_the_apis_password(&mut payouts).await;
    the_approver_proposes_nothing_with_the_apis_password(&mut payouts).await;
    the_ledgers_owner_adds_nobody_to_the_signers_list(&mut payouts).await;
    assert_eq!(payouts.count_signed("signer.payout_batch").await, 0);
    assert_eq!(forged::standing(&payouts).await, before);
}

/// Enters a wallet of a person of this name into the ledger, signed in.
async fn enter(payouts: &PayoutWorld, account: usize, name: &str) -> Person {
    let mut person = payouts.person(account);
    sqlx::query("INSERT INTO operator (wallet, name, roles) VALUES ($1, $2, '{viewer,approver}')")
        .bind(person.address().as_slice())
        .bind(name)
        .execute(payouts.ledger.pool())
        .await
        .unwrap();
    person.sign_in(payouts).await.unwrap();
    person
}

/// Both lists say so: the person who builds has a second wallet and may approve.
async fn enter_second_wallet(payouts: &PayoutWorld) -> Person {
    let second = enter(payouts, SECOND_WALLET, "builder").await;
    let one = format!("{:#x}", agreement::builder());
    let both = format!("{one},{:#x}", second.address());
    let list = agreement::people(&[]).unwrap().to_string();
    let list = (list.replace("roles builder ", "roles builder,approver ")).replace(&one, &both);
    let list = list.parse().unwrap();
    agreement::set_people(&payouts.spec().signer_database_url, &list)
        .await
        .unwrap();
    second
}

/// What people sign for a sealed batch.
async fn proposal(payouts: &PayoutWorld, batch: &Batch) -> Proposal {
    let statement = "SELECT manifest_hash, total::text FROM payout_batch WHERE batch_id = $1";
    let (manifest_hash, total): (Vec<u8>, String) = sqlx::query_as(statement)
        .bind(batch.id.as_slice())
        .fetch_one(payouts.ledger.pool())
        .await
        .unwrap();
    Proposal::Batch {
        batch: BatchProposal {
            batch_id: batch.id,
            list_hash: batch.list_hash.parse().unwrap(),
            manifest_hash: manifest_hash.as_slice().try_into().unwrap(),
            total: Amount::new(total.parse().unwrap()),
            payouts: u32::try_from(batch.lines.len()).unwrap(),
        },
        proposer: agreement::builder(),
    }
}

/// With the API's password: a true signature of this wallet, and the state that a quorum leads to, asked to be signed.
async fn plant_approved(payouts: &PayoutWorld, batch: &Batch, account: usize) {
    let expires = forged::time(payouts).await + 3_600;
    let (wallet, named) = (Wallet::at(account), agreement::address(Wallet::at(account)));
    let proposal = proposal(payouts, batch).await;
    let signed = forged::approval(payouts, &proposal, wallet, named, expires);
    let mut api = stolen(payouts, "trellis_api").await;
    let subject = store::approval::Subject::Batch(batch.id);
    store::approval::insert(&mut api, &subject, &signed, None)
        .await
        .unwrap();
    let approved = "UPDATE payout_batch SET state = 'approved', approved_by = $2, approved_at = now(), \
        sign_requested_by = $2, sign_requested_at = now() WHERE batch_id = $1";
    sqlx::query(approved)
        .bind(batch.id.as_slice())
        .bind(named.as_slice())
        .execute(&mut api)
        .await
        .unwrap();
}

/// The settlement worker does not have the batch signed, for this cause and no other.
async fn waits(payouts: &PayoutWorld, batch: &Batch, cause: &str) {
    let subject = batch.id.to_string();
    payouts.audited("authorization_waits", &subject, cause).await;
    tokio::time::sleep(PATIENCE / 2).await;
    assert_eq!(causes(payouts, batch).await, [cause]);
    assert!(!is_signed(payouts, batch).await);
}

async fn give_up(payouts: &PayoutWorld, batch: &Batch) {
    let given_up = payouts.step(&payouts.builder, batch.id, "cancel").await;
    assert_eq!(given_up.status, 200, "{given_up:?}");
    payouts.becomes(batch.id, "cancelled").await;
}

/// Builds, signs and approves by the other wallet of the same person: by the API's rules, and past them.
async fn the_builder_has_one_vote_with_two_wallets_and_the_apis_password(payouts: &mut PayoutWorld) {
    let second = enter_second_wallet(payouts).await;
    let people = payouts.some(1);
    let batch = payouts.build(&people).await;
    let signed = payouts.sign_off(&payouts.builder, &batch).await;
    assert_eq!(signed.body["state"], "sealed", "{signed:?}");
    let refused = payouts.sign_off(&second, &batch).await;
    assert_eq!(refused.code(), "approver_is_builder", "{refused:?}");
    let refused = payouts.step(&payouts.builder, batch.id, "sign").await;
    assert_eq!(refused.code(), "wrong_batch_state", "{refused:?}");
    plant_approved(payouts, &batch, SECOND_WALLET).await;
    waits(payouts, &batch, "votes_missing").await;
    give_up(payouts, &batch).await;
}

/// Agrees to what the builder never signed, also when the batch stands there in the builder's name.
async fn the_approver_proposes_nothing_with_the_apis_password(payouts: &mut PayoutWorld) {
    let people = payouts.some(1);
    let refused = payouts.ask_to_build(&payouts.approver, &people).await;
    assert_eq!(refused.code(), "role_missing", "{refused:?}");
    let batch = payouts.build(&people).await;
    let signed = payouts.sign_off(&payouts.approver, &batch).await;
    assert_eq!(signed.body["state"], "sealed", "{signed:?}");
    let refused = payouts.step(&payouts.approver, batch.id, "sign").await;
    assert_eq!(refused.code(), "wrong_batch_state", "{refused:?}");
    plant_approved(payouts, &batch, APPROVER).await;
    waits(payouts, &batch, "proposer_unsigned").await;
    give_up(payouts, &batch).await;
}

/// Whoever owns the ledger's database makes the builder an approver to agree with: to the ledger and its processes, and to no signer.
async fn the_ledgers_owner_adds_nobody_to_the_signers_list(payouts: &mut PayoutWorld) {
    let accomplice = enter(payouts, ACCOMPLICE, "accomplice").await;
    let people = payouts.some(1);
    let batch = payouts.build(&people).await;
    let approved = payouts.approve(&accomplice, &batch).await;
    assert_eq!(approved.body["state"], "approved", "{approved:?}");
    found::attestation(payouts, Kind::Batch, batch.id).await;
    let asked = payouts.step(&payouts.builder, batch.id, "sign").await;
    assert_eq!(asked.status, 200, "{asked:?}");
    waits(payouts, &batch, "votes_missing").await;
    let statement = "SELECT code FROM signer.audit WHERE event = 'refused' AND subject LIKE 'batch:%'";
    let refused: Vec<String> = sqlx::query_scalar(statement)
        .fetch_all(payouts.signer.pool())
        .await
        .unwrap();
    assert!(
        !refused.is_empty() && refused.iter().all(|code| code == "votes_missing"),
        "{refused:?}"
    );
}
