//! What the database makes of proposals: whoever writes them, nobody agrees to their own.

use alloy_primitives::{Address, B256};
use sqlx::{AssertSqlSafe, PgConnection};
use store::operator::{self, Operator};
use store::proposal::{self, Kind, NewProposal, State};
use testkit::TestDatabase;

use crate::{connect_as, is_denied};

const ALICE: Address = Address::repeat_byte(1);
const ALICES_OTHER: Address = Address::repeat_byte(2);
const BOB: Address = Address::repeat_byte(3);

/// Alice has two wallets, and proposed something with one of them.
async fn proposed() -> (TestDatabase, PgConnection, B256) {
    let database = TestDatabase::new().await;
    let of = |wallet, name: &str| Operator {
        wallet,
        name: name.to_owned(),
        roles: vec!["builder".to_owned(), "config_admin".to_owned()],
    };
    let operators = [of(ALICE, "alice"), of(ALICES_OTHER, "Alice"), of(BOB, "bob")];
    operator::insert(&mut database.connection().await, &operators)
        .await
        .unwrap();
    let mut api = connect_as(&database, "trellis_api").await;
    let hash = hash_of(&database, "{}").await;
    assert!(proposal::insert(&mut api, &new(hash, ALICE)).await.unwrap());
    (database, api, hash)
}

async fn hash_of(database: &TestDatabase, payload: &str) -> B256 {
    let content = format!("fund_allocation\n{ALICE:#x}\nkey\n{payload}");
    let hash: Vec<u8> = sqlx::query_scalar("SELECT sha256(convert_to($1, 'UTF8'))")
        .bind(content)
        .fetch_one(database.pool())
        .await
        .unwrap();
    B256::from_slice(&hash)
}

fn new(hash: B256, proposed_by: Address) -> NewProposal<'static> {
    NewProposal {
        hash,
        kind: Kind::FundAllocation,
        payload: "{}",
        proposed_by,
        idempotency_key: "key",
        expires: 5,
    }
}

#[tokio::test]
async fn nobody_approves_what_they_proposed_with_any_wallet() {
    let (_database, mut api, hash) = proposed().await;
    for wallet in [ALICE, ALICES_OTHER] {
        let refused = proposal::update_approved(&mut api, hash, wallet)
            .await
            .unwrap_err();
        assert_eq!(refused.constraint(), Some(proposal::TWO_PEOPLE), "{wallet}");
    }
    let stranger = proposal::update_approved(&mut api, hash, Address::repeat_byte(9)).await;
    assert_eq!(stranger.unwrap_err().constraint(), Some("proposal_approved"));
    proposal::update_approved(&mut api, hash, BOB).await.unwrap();
    let found = proposal::find(&mut api, hash).await.unwrap().unwrap();
    assert_eq!((found.state, found.approved_by), (State::Approved, Some(BOB)));
    // Nor afterwards, in place of whoever did.
    let changed = format!(
        "UPDATE proposal SET approved_by = decode('{}', 'hex')",
        "02".repeat(20)
    );
    let refused = sqlx::query(AssertSqlSafe(changed))
        .execute(&mut api)
        .await
        .unwrap_err();
    let refused = refused.into_database_error().unwrap();
    assert_eq!(refused.constraint(), Some(proposal::TWO_PEOPLE));
}

#[tokio::test]
async fn a_proposal_has_the_hash_of_its_content_and_an_operator_who_made_it() {
    let (database, mut api, hash) = proposed().await;
    let other = new(B256::repeat_byte(7), BOB);
    let refused = proposal::insert(&mut api, &other).await.unwrap_err();
    assert_eq!(refused.constraint(), Some("proposal_hash_of_content"));
    let again = proposal::insert(&mut api, &new(hash, ALICE)).await.unwrap();
    assert!(!again, "the wallet has used the key");
    for content in [
        "payload = '[]'",
        "proposer = 'bob'",
        "hash = hash",
        "proposed_by = approved_by",
    ] {
        let changed = format!("UPDATE proposal SET {content}");
        let refused = sqlx::query(AssertSqlSafe(changed)).execute(&mut api).await;
        assert!(is_denied(&refused.unwrap_err()), "{content}");
    }
    drop(database);
}

#[tokio::test]
async fn what_was_decided_stays_decided() {
    let (_database, mut api, hash) = proposed().await;
    proposal::update_withdrawn(&mut api, hash).await.unwrap();
    proposal::update_approved(&mut api, hash, BOB).await.unwrap();
    let found = proposal::find(&mut api, hash).await.unwrap().unwrap();
    assert_eq!(found.state, State::Withdrawn);
    let forced = "UPDATE proposal SET state = 'open', decided_at = NULL";
    let refused = sqlx::query(forced).execute(&mut api).await.unwrap_err();
    assert!(is_denied(&refused));
}

#[tokio::test]
async fn who_was_an_operator_is_kept() {
    let (database, _api, _) = proposed().await;
    let mut owner = database.connection().await;
    let ever = async |connection: &mut PgConnection| {
        let people = store::approval::list_people_ever(connection).await.unwrap();
        let mut wallets: Vec<Address> = people.iter().flat_map(|person| person.wallets.clone()).collect();
        wallets.sort();
        wallets
    };
    let before = ever(&mut owner).await;
    operator::remove(&mut owner, ALICES_OTHER).await.unwrap();
    let mut reconciler = connect_as(&database, "trellis_reconciler").await;
    assert_eq!(ever(&mut reconciler).await, before);
    assert_eq!(
        store::approval::list_people(&mut reconciler).await.unwrap().len(),
        2
    );
}
