//! What a stolen password of the API allocates and confirms: nothing.

use alloy::signers::SignerSync;
use alloy_primitives::{Address, B256};
use approval::{Approval, Confirmation, Confirmed, Evidence};
use ledger::Fund;
use money::Amount;
use plan::{Cause, Report};
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};
use store::inbox::{self, Command};

use super::{BUILDERS_OTHER, SUBSCRIPTION, SUPPORT, USDT, funded, usdt};
use crate::operators::{APPROVER, BUILDER, VIEWER};
use crate::world::{CHAIN_TIME, key, wallet};

/// What somebody with the API's password stores.
struct Thief(PgConnection);

impl Thief {
    /// An approved proposal of other people, with its command and this evidence.
    async fn allocates(&mut self, key: &str, amount: u128, sign: impl Fn(B256) -> Evidence) -> i64 {
        let payload = format!(r#"{{"fund":1,"name":"yield","amount":"{amount}"}}"#);
        let content = format!("fund_allocation\n{:#x}\n{key}\n{payload}", wallet(BUILDER));
        let hash = B256::from_slice(&Sha256::digest(content));
        let proposed = "INSERT INTO proposal (hash, kind, payload, proposed_by, idempotency_key, expires)
                        VALUES ($1, 'fund_allocation', $2, $3, $4, 4000000000)";
        sqlx::query(proposed)
            .bind(hash.as_slice())
            .bind(&payload)
            .bind(wallet(BUILDER).as_slice())
            .bind(key)
            .execute(&mut self.0)
            .await
            .unwrap();
        let approved =
            "UPDATE proposal SET state = 'approved', approved_by = $2, decided_at = now() WHERE hash = $1";
        sqlx::query(approved)
            .bind(hash.as_slice())
            .bind(wallet(APPROVER).as_slice())
            .execute(&mut self.0)
            .await
            .unwrap();
        let cause = Cause::Reported(Report::FundAllocated {
            fund: Fund::new(1),
            amount: Amount::new(amount),
        });
        let evidence = sign(hash).to_bytes().unwrap();
        let stored = inbox::insert_proposed(&mut self.0, hash, CHAIN_TIME, &cause, &evidence).await;
        stored.unwrap().inbox_id
    }

    async fn verifies(&mut self, operator: Address, user: Address, key: &str, signature: &[u8]) {
        let command = Command {
            actor: operator,
            idempotency_key: key,
            effective_at: CHAIN_TIME,
            cause: Cause::Reported(Report::UserVerified { wallet: user }),
        };
        inbox::insert_signed(&mut self.0, &command, Some(signature))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn the_apis_password_allocates_nothing_and_verifies_nobody() {
    let mut world = funded(SUBSCRIPTION).await;
    let url = world.database.url_as("trellis_api");
    let mut thief = Thief(PgConnection::connect(&url).await.unwrap());
    let plan = plan::compile(SUBSCRIPTION).unwrap();
    let domain = world.app.domain();
    let expires = CHAIN_TIME + 60;
    let signed = |person: u8, hash: B256, amount: u128, expires: u64| {
        let amount = Amount::new(amount);
        let proposal = causes::commands::allocation(&plan, hash, Fund::new(1), amount, wallet(BUILDER));
        let digest = proposal.message(expires).digest(&domain);
        Approval {
            wallet: wallet(person),
            expires,
            signature: key(person).sign_hash_sync(&digest).unwrap().as_bytes().to_vec(),
        }
    };
    let evidence = |approvals| Evidence {
        proposer: wallet(BUILDER),
        approvals,
    };
    let forged = |person: u8| Approval {
        wallet: wallet(person),
        expires,
        signature: vec![0x1b; 65],
    };
    let all = 1_000 * USDT;
    thief.allocates("nobody", all, |_| evidence(vec![])).await;
    thief
        .allocates("forged", all, |_| {
            evidence(vec![forged(BUILDER), forged(APPROVER)])
        })
        .await;
    // The builder alone; the builder twice; another amount; another proposal; a signature that has ended.
    let both = |hash, amount, expires| {
        let people = [BUILDER, APPROVER];
        evidence(
            people
                .map(|person| signed(person, hash, amount, expires))
                .to_vec(),
        )
    };
    thief
        .allocates("alone", all, |hash| {
            evidence(vec![signed(BUILDER, hash, all, expires)])
        })
        .await;
    let twice = [BUILDER, BUILDERS_OTHER];
    thief
        .allocates("twice", all, |hash| {
            evidence(twice.map(|person| signed(person, hash, all, expires)).to_vec())
        })
        .await;
    thief.allocates("less", all, |hash| both(hash, 1, expires)).await;
    thief
        .allocates("other", all, |_| both(B256::ZERO, all, expires))
        .await;
    thief
        .allocates("ended", all, |hash| both(hash, all, CHAIN_TIME - 1))
        .await;
    let word = |operator: u8, user: u8, key_text: &str| {
        let confirmation = Confirmation {
            what: Confirmed::Identity,
            wallet: wallet(user),
            operator: wallet(operator),
            nonce: approval::command_nonce(key_text),
        };
        let digest = confirmation.message().digest(&domain);
        key(operator).sign_hash_sync(&digest).unwrap().as_bytes().to_vec()
    };
    thief.verifies(wallet(SUPPORT), wallet(1), "v", &[0x1b; 65]).await;
    thief
        .verifies(wallet(SUPPORT), wallet(1), "w", &word(SUPPORT, 2, "w"))
        .await;
    thief
        .verifies(wallet(VIEWER), wallet(1), "x", &word(VIEWER, 1, "x"))
        .await;
    thief
        .verifies(wallet(30), wallet(1), "y", &word(30, 1, "y"))
        .await;
    world.post_causes(vec![]).await;
    assert_eq!(world.quarantined().await, vec!["unproven"; 11]);
    assert_eq!(world.balances().await[0].1, usdt(1_000));
    // What people did sign is posted behind all of that.
    let honest = thief
        .allocates("honest", USDT, |hash| both(hash, USDT, expires))
        .await;
    world.post_causes(vec![]).await;
    assert_eq!(world.balances().await[1].1, usdt(1));
    let posted = format!("SELECT FROM inbox WHERE id = {honest} AND fact_seq IS NOT NULL");
    assert_eq!(world.rows(&posted).await, 1);
}
