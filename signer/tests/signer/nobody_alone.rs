//! A batch or a root is signed only when two people signed exactly this, the attestor vouches for it now, and it is within
//! the limits that the signer keeps. Whatever is missing of that, nothing is signed.

use alloy::primitives::{Address, B256};
use approval::{Attested, Moment};
use devstack::Wallet;
use devstack::agreement::{self, Colleague};
use money::Amount;
use signer::purpose::Purpose;
use signer_client::{BatchTerms, Call, RootTerms, SignerError};
use sqlx::PgConnection;

use crate::justified::{list_hash, proposal_of_root, unjustified};
use crate::world::{BNB, World, address, create, word};

async fn ask(world: &World, terms: &BatchTerms) -> String {
    word(&world.client.settler.authorize_batch(terms).await)
}

/// With two registered users and a good batch.
async fn batch_world(more: &[(&str, String)]) -> (World, BatchTerms) {
    let world = World::start_with(more).await;
    world.fund(100).await;
    world.register(20).await;
    world.register(21).await;
    let batch = world.batch(1, &[(20, 3 * BNB), (21, BNB)]).await;
    (world, batch)
}

#[tokio::test]
async fn no_signature_of_anybody_but_two_people_over_exactly_this_counts() {
    let (world, batch) = batch_world(&[]).await;
    let good = world.client.justify_batch(&batch).await;
    let with = |change: fn(&mut BatchTerms)| {
        let mut terms = good.clone();
        change(&mut terms);
        terms
    };
    for (terms, code) in [
        (
            with(|terms| terms.justification.approvals.clear()),
            "proposer_unsigned",
        ),
        (
            with(|terms| drop(terms.justification.approvals.remove(0))),
            "proposer_unsigned",
        ),
        (
            with(|terms| drop(terms.justification.approvals.remove(1))),
            "votes_missing",
        ),
        (
            with(|terms| terms.justification.approvals[1] = terms.justification.approvals[0].clone()),
            "votes_missing",
        ),
        (
            with(|terms| terms.justification.approvals[1].wallet = address(30)),
            "votes_missing",
        ),
        (
            with(|terms| terms.justification.approvals[1].expires += 1),
            "votes_missing",
        ),
        (
            with(|terms| terms.justification.approvals[1].signature.truncate(64)),
            "votes_missing",
        ),
        (
            with(|terms| terms.justification.proposer = agreement::approver()),
            "proposer_unknown",
        ),
    ] {
        assert_eq!(ask(&world, &terms).await, code);
    }
    // What they signed is not another batch, and not the same batch with one unit more.
    let mut other = world
        .client
        .justify_batch(&world.batch(2, &[(20, 3 * BNB)]).await)
        .await;
    other.justification.approvals = good.justification.approvals.clone();
    assert_eq!(ask(&world, &other).await, "proposer_unsigned");
    let mut more = batch.clone();
    more.batch.payouts[0].target = more.batch.payouts[0].target.checked_add(Amount::new(1)).unwrap();
    more.batch.max_total = more.batch.max_total.checked_add(Amount::new(1)).unwrap();
    let mut more = world.client.justify_batch(&more).await;
    more.justification.approvals = good.justification.approvals.clone();
    assert_eq!(ask(&world, &more).await, "proposer_unsigned");
    assert_eq!(world.count("signer.sign_request").await, 0);
    assert_eq!(ask(&world, &good).await, "signed");
    world.verify().await.unwrap();
}

#[tokio::test]
async fn a_person_who_was_removed_approves_nothing_that_is_not_signed_yet() {
    let (world, batch) = batch_world(&[]).await;
    let good = world.client.justify_batch(&batch).await;
    let approver = agreement::approver();
    let list = agreement::people(&[]).unwrap().to_string();
    // Another approver takes the place of the one who agreed.
    let other = list.replace(&format!("{approver:#x}"), &format!("{:#x}", address(40)));
    agreement::set_people(&world.database.url(), &other.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(ask(&world, &good).await, "votes_missing");
    agreement::set_people(&world.database.url(), &list.parse().unwrap())
        .await
        .unwrap();
    assert_eq!(ask(&world, &good).await, "signed");
}

#[tokio::test]
async fn one_person_with_two_wallets_has_one_vote() {
    let (world, batch) = batch_world(&[]).await;
    // The builder's person has the approver's wallet, too.
    let builder = format!("{:#x}", agreement::builder());
    let approver = format!("{:#x}", agreement::approver());
    let list = agreement::people(&[Colleague {
        name: "other".to_owned(),
        wallet: address(41),
        roles: vec!["approver".to_owned(), "config_admin".to_owned()],
    }])
    .unwrap()
    .to_string();
    let lines: Vec<String> = list
        .lines()
        .filter(|line| !line.contains(&approver))
        .map(|line| line.replace(&builder, &format!("{builder},{approver}")))
        .map(|line| line.replace("roles builder ", "roles builder,approver "))
        .collect();
    agreement::set_people(&world.database.url(), &lines.join("\n").parse().unwrap())
        .await
        .unwrap();
    let terms = world.client.justify_batch(&batch).await;
    assert_eq!(ask(&world, &terms).await, "votes_missing");
}

/// A contract wallet (EIP-1271) that answers this to every signature.
async fn contract_wallet(world: &World, answer: [u8; 4]) -> Address {
    // Returns the answer, left-aligned in a word; before it, the code that leaves these 16 bytes.
    let mut code = vec![0x60, 16, 0x80, 0x60, 11, 0x60, 0, 0x39, 0x60, 0, 0xf3, 0x63];
    code.extend(answer);
    code.extend([0x60, 0xe0, 0x1b, 0x60, 0, 0x52, 0x60, 0x20, 0x60, 0, 0xf3]);
    create(&world.provider, code).await
}

#[tokio::test]
async fn a_contract_wallet_agrees_when_it_says_so() {
    let (world, batch) = batch_world(&[]).await;
    let agrees = contract_wallet(&world, [0x16, 0x26, 0xba, 0x7e]).await;
    let disagrees = contract_wallet(&world, [0xff; 4]).await;
    let stranger = contract_wallet(&world, [0x16, 0x26, 0xba, 0x7e]).await;
    let approver = |name: &str, wallet| Colleague {
        name: name.to_owned(),
        wallet,
        roles: vec!["approver".to_owned()],
    };
    let list = agreement::people(&[approver("one", agrees), approver("two", disagrees)]).unwrap();
    agreement::set_people(&world.database.url(), &list).await.unwrap();
    let good = world.client.justify_batch(&batch).await;
    for (wallet, code) in [
        (disagrees, "votes_missing"),
        (stranger, "votes_missing"),
        (agrees, "signed"),
    ] {
        let mut terms = good.clone();
        terms.justification.approvals[1].wallet = wallet;
        assert_eq!(ask(&world, &terms).await, code);
    }
}

#[tokio::test]
async fn an_attestation_must_be_the_attestors_fresh_and_of_this_chain() {
    let (world, batch) = batch_world(&[("TRELLIS_ATTESTATION_AGE_MAX_SECONDS", "60".to_owned())]).await;
    let good = world.client.justify_batch(&batch).await;
    let now = good.justification.attestation.moment;
    let attested = async |moment: Moment, list: BatchTerms| {
        let mut terms = good.clone();
        let subject = Attested::Batch {
            batch_id: list.batch.batch_id,
            list_hash: list_hash(&list),
        };
        terms.justification.attestation = world.client.attest(subject, moment);
        ask(&world, &terms).await
    };
    let old = Moment {
        attested_at: now.attested_at - 61,
        ..now
    };
    assert_eq!(attested(old, batch.clone()).await, "attestation_too_old");
    let early = Moment {
        attested_at: now.attested_at + 1_000,
        ..now
    };
    assert_eq!(attested(early, batch.clone()).await, "attestation_from_future");
    for other in [
        Moment {
            journal_seq: now.journal_seq + 1,
            ..now
        },
        Moment {
            journal_root: B256::ZERO,
            ..now
        },
        Moment {
            block_hash: B256::repeat_byte(9),
            ..now
        },
    ] {
        assert_eq!(
            attested(other, batch.clone()).await,
            "attestation_journal_differs"
        );
    }
    let other = world.batch(2, &[(20, BNB)]).await;
    assert_eq!(attested(now, other).await, "attestation_not_signed");
    let mut nobody = good.clone();
    nobody.justification = unjustified();
    assert_eq!(ask(&world, &nobody).await, "attestation_not_signed");
    assert_eq!(ask(&world, &good).await, "signed");
}

#[tokio::test]
async fn without_a_list_of_people_nothing_is_signed_and_a_forged_list_is_none() {
    let (world, batch) = batch_world(&[]).await;
    let terms = world.client.justify_batch(&batch).await;
    // The serving role adds a list in which the thief is everyone.
    let mut serving = <PgConnection as sqlx::Connection>::connect(&world.database.url_as("trellis_signer"))
        .await
        .unwrap();
    let thief = format!("{:#x}", address(30));
    let forged = agreement::people(&[])
        .unwrap()
        .to_string()
        .replace(&format!("{:#x}", agreement::approver()), &thief);
    let set = "INSERT INTO signer.people (version, list, recorded_at_ms) VALUES (2, $1, 0)";
    let refused = sqlx::query(set).bind(&forged).execute(&mut serving).await;
    assert!(refused.unwrap_err().to_string().contains("row-level security"));
    let agreed = "INSERT INTO signer.people (version, list, head_timestamp, approvals, recorded_at_ms)
         VALUES (2, $1, 1, '[]', 0)";
    sqlx::query(agreed)
        .bind(&forged)
        .execute(&mut serving)
        .await
        .unwrap();
    assert_eq!(ask(&world, &terms).await, "people_unknown");
    sqlx::query("DELETE FROM signer.people")
        .execute(world.database.pool())
        .await
        .unwrap();
    assert_eq!(ask(&world, &terms).await, "people_unknown");
}

#[tokio::test]
async fn the_list_changes_only_as_the_list_before_prescribes() {
    let (world, _) = batch_world(&[]).await;
    let url = world.database.url_as("trellis_signer");
    let mut serving = <PgConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let domain = world.client.domain();
    let before = signer::people::read(&mut serving, &domain).await.unwrap();
    let next = agreement::people(&[Colleague {
        name: "new".to_owned(),
        wallet: address(33),
        roles: vec!["approver".to_owned()],
    }])
    .unwrap();
    let time = world.head().await;
    let expires = time + 600;
    let digest = signer::people::proposal(&before, &next)
        .message(expires)
        .digest(&domain);
    // Approver and config-admin are the administrators of a local chain.
    let signed = |account: usize| signer::people::StoredApproval {
        wallet: format!("{:#x}", agreement::address(Wallet::at(account))),
        expires,
        signature: format!(
            "0x{}",
            alloy::hex::encode(agreement::sign(Wallet::at(account), digest))
        ),
    };
    let (approver, admin, builder) = (signed(61), signed(62), signed(60));
    for approvals in [
        vec![],
        vec![approver.clone()],
        vec![approver.clone(), approver.clone()],
        vec![approver.clone(), builder],
    ] {
        let refused = signer::people::change(&mut serving, &next, &approvals, time, &domain).await;
        assert!(refused.is_err(), "{approvals:?}");
    }
    let both = [approver, admin];
    let version = signer::people::change(&mut serving, &next, &both, time, &domain).await;
    assert_eq!(version.unwrap(), before.version + 1);
    let now = signer::people::read(&mut serving, &domain).await.unwrap();
    assert_eq!(now.people, next);
    // The same signatures change nothing a second time.
    assert!(
        signer::people::change(&mut serving, &next, &both, time, &domain)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_wallet_gets_no_more_than_its_share_of_a_day_nor_much_the_first_time() {
    let (world, _) = batch_world(&[
        ("TRELLIS_BATCH_MAX", (100 * BNB).to_string()),
        ("TRELLIS_DAY_MAX", (100 * BNB).to_string()),
        ("TRELLIS_WALLET_DAY_MAX", (10 * BNB).to_string()),
        ("TRELLIS_FIRST_PAYOUT_MAX", (4 * BNB).to_string()),
    ])
    .await;
    let sign = async |id, lines: &[(usize, u128)]| {
        let terms = world.batch(id, lines).await;
        word(&world.client.authorize_batch(&terms).await)
    };
    assert_eq!(sign(1, &[(20, 4 * BNB + 1)]).await, "above_first_payout_max");
    assert_eq!(sign(2, &[(20, 4 * BNB), (21, BNB)]).await, "signed");
    assert_eq!(sign(3, &[(20, 10 * BNB + 1)]).await, "above_wallet_day_max");
    assert_eq!(sign(4, &[(20, 10 * BNB)]).await, "signed");
    assert_eq!(sign(5, &[(20, 10 * BNB + 1)]).await, "above_wallet_day_max");
    assert_eq!(sign(6, &[(21, 10 * BNB)]).await, "signed");
    world.verify().await.unwrap();
}

#[tokio::test]
async fn a_large_total_waits_after_it_was_first_seen() {
    let (world, batch) = batch_world(&[
        ("TRELLIS_LARGE_TOTAL", (4 * BNB).to_string()),
        ("TRELLIS_LARGE_AGE_SECONDS", "3600".to_owned()),
    ])
    .await;
    let mut terms = world.client.justify_batch(&batch).await;
    assert_eq!(ask(&world, &terms).await, "too_young");
    let subject = Attested::Batch {
        batch_id: terms.batch.batch_id,
        list_hash: list_hash(&terms),
    };
    world.rpc("evm_setIntervalMining", [0]).await;
    let head = i64::try_from(world.head().await).unwrap();
    // Neither the attestor's word nor this signer's own memory shortens it alone.
    for (attestor, own, answer) in [
        (3_600, 0, "too_young"),
        (3_600, 3_599, "too_young"),
        (3_599, 3_600, "too_young"),
        (3_600, 3_600, "signed"),
    ] {
        sqlx::query("UPDATE signer.first_sight SET head_timestamp = $1")
            .bind(head - own)
            .execute(world.database.pool())
            .await
            .unwrap();
        let mut moment = terms.justification.attestation.moment;
        moment.seen_at = u64::try_from(head - attestor).unwrap();
        terms.justification.attestation = world.client.attest(subject, moment);
        assert_eq!(ask(&world, &terms).await, answer, "{attestor} s, {own} s");
    }
    let small = world.batch(2, &[(21, 2 * BNB)]).await;
    assert_eq!(word(&world.client.authorize_batch(&small).await), "signed");
}

#[tokio::test]
async fn a_root_needs_the_same_and_stays_within_a_day_and_what_came_in() {
    let world = World::start_for(
        Purpose::Roots,
        &[
            ("TRELLIS_ROOT_DAY_MAX", (10 * BNB).to_string()),
            ("TRELLIS_ROOT_UNSEEN_MAX", (2 * BNB).to_string()),
        ],
    )
    .await;
    world.fund(100).await;
    let (_authorizations, authorizations) = world.beside(Purpose::Authorizations).await;
    let root: RootTerms = world.root(20, 3 * BNB, 1).await;
    let good = world.client.justify_root(&root).await;
    let mut alone = good.clone();
    alone.justification.approvals.truncate(1);
    assert_eq!(
        word(&world.client.settler.authorize_root(&alone).await),
        "votes_missing"
    );
    let mut other = good.clone();
    other.leaves += 1;
    assert_eq!(
        word(&world.client.settler.authorize_root(&other).await),
        "proposer_unsigned"
    );
    assert!(proposal_of_root(&good).summary().contains("3 BNB to 1 wallets"));
    // Nobody was authorized to pay anything in.
    assert_eq!(
        word(&world.client.settler.authorize_root(&good).await),
        "above_intakes"
    );
    let intake = world.registration(22, 7).await;
    authorizations.authorize_registration(&intake).await.unwrap();
    let again = world.client.justify_root(&root).await;
    assert_eq!(word(&world.client.settler.authorize_root(&again).await), "signed");
    let root = world.root(21, 10 * BNB + 1, 1).await;
    assert_eq!(word(&world.client.authorize_root(&root).await), "above_day_max");
    let root = world.root(21, 10 * BNB, 1).await;
    assert_eq!(word(&world.client.authorize_root(&root).await), "signed");
    world.verify().await.unwrap();
}

#[tokio::test]
async fn claims_for_users_need_the_attestors_word_and_are_counted() {
    let limit = [("TRELLIS_CLAIMS_PER_DAY_MAX", "2".to_owned())];
    let world = World::start_for(Purpose::Transactions, &limit).await;
    let claim = |wallet: usize| Call::Claim {
        user: address(wallet),
        entitled: Amount::new(BNB),
        root: crate::settlement::leaf(wallet, BNB),
        proof: Vec::new(),
    };
    let bare = world.transaction(0, 1, claim(20));
    let refused = world.client.settler.sign_transaction(&bare).await;
    assert_eq!(word(&refused), "attestation_missing");
    for nonce in 0..2 {
        let terms = world.transaction(nonce, 1, claim(20));
        assert_eq!(word(&world.client.sign_transaction(&terms).await), "signed");
    }
    let third = world.transaction(2, 1, claim(20));
    assert_eq!(
        word(&world.client.sign_transaction(&third).await),
        "too_many_claims"
    );
    // A dearer attempt of a claim that is in progress is no other claim, and everything else goes on.
    let mut dearer = world.transaction(1, 2, claim(20));
    dearer.max_fee_per_gas *= 2;
    dearer.max_priority_fee_per_gas *= 2;
    assert_eq!(word(&world.client.sign_transaction(&dearer).await), "signed");
    let sweep = world.transaction(2, 1, Call::SweepMatured { max_days: 1 });
    assert_eq!(word(&world.client.sign_transaction(&sweep).await), "signed");
    world.verify().await.unwrap();
}

#[tokio::test]
async fn the_public_api_can_ask_for_intakes_only() {
    let (world, batch) = batch_world(&[]).await;
    let terms = world.client.justify_batch(&batch).await;
    let api = signer_client::CallerKey::new(signer_client::DEVELOPMENT_CALLER_KEY).unwrap();
    let api = signer_client::SignerClient::new(&world.url, api).unwrap();
    assert!(matches!(
        api.authorize_batch(&terms).await,
        Err(SignerError::Unauthorized)
    ));
    let intake = world.registration(22, 7).await;
    let settler = world.client.settler.authorize_registration(&intake).await;
    assert!(matches!(settler, Err(SignerError::Unauthorized)));
}
