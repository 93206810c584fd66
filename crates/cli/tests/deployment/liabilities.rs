//! `trellis liabilities settle` and `trellis claim` against published roots: why a root or a part of it is not paid, and in
//! what unit it is said.

use std::time::{Duration, Instant};

use abi::ICustody;
use abi::development::{Account, DEPLOYER, GUARDIAN, ROOT_SIGNER, SIGNER, SUBMITTER};
use abi::typed_data::{self, Message, Registration};
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use alloy::signers::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use audit::liabilities::{Header, Leaf, List, Tree};
use devstack::anvil::CHAIN_ID;
use money::Amount;
use serde_json::Value;

use crate::token::file_for;
use crate::world::{Ran, World, trellis};

const BNB: u128 = 1_000_000_000_000_000_000;
/// Longer than roots of the local chain can be vetoed.
const VETO_SECONDS: u64 = 86_400 + 60;

fn user(number: u8) -> Address {
    Address::repeat_byte(number)
}

/// So much for each of the users from 1 on.
fn list(contract: Address, chain_id: u64, due: &[u128]) -> List {
    let leaves = (1..).zip(due).map(|(number, due)| Leaf {
        wallet: user(number),
        entitled: Amount::new(*due),
    });
    let header = Header {
        chain_id,
        contract,
        as_of_seq: 0,
        block_number: 1,
        block_hash: B256::ZERO,
    };
    let tree = Tree::build(leaves.collect()).expect("a tree");
    List { header, tree }
}

fn signature(by: &Account, contract: Address, message: &impl Message) -> Bytes {
    let key = PrivateKeySigner::from_bytes(&by.private_key).expect("a key");
    let digest = typed_data::digest(message, &typed_data::domain(CHAIN_ID, contract));
    let signature = key.sign_hash_sync(&digest).expect("a signature");
    signature.as_bytes().to_vec().into()
}

impl World {
    fn custody(&self, contract: Address) -> ICustody::ICustodyInstance<alloy::providers::DynProvider> {
        ICustody::new(contract, self.provider.clone())
    }

    async fn time(&self) -> u64 {
        let head = self.provider.get_block(alloy::eips::BlockId::latest()).await;
        head.expect("an answer").expect("a head").header.timestamp
    }

    async fn set_funds(&self, contract: Address, amount: u128) {
        let set = self.provider.anvil_set_balance(contract, U256::from(amount));
        set.await.expect("it obeys");
    }

    /// A registration of anyone, whose key nobody needs; paid in the token, or else in the coin.
    pub(crate) async fn register(
        &self,
        contract: Address,
        token: Option<Address>,
        user: Address,
        amount: u128,
    ) {
        self.set_funds(user, 100 * BNB).await;
        let impersonated = self.provider.anvil_impersonate_account(user).await;
        impersonated.expect("it obeys");
        if let Some(token) = token {
            self.mint(token, user, amount).await;
            self.approve(user, token, contract, amount).await;
        }
        let intake = ICustody::Intake {
            user,
            sponsor: Address::ZERO,
            amount: U256::from(amount),
            planHash: B256::repeat_byte(1),
            disclosureHash: B256::repeat_byte(2),
            r#ref: keccak256(user),
            deadline: U256::from(self.time().await + 600),
        };
        let signed = signature(&SIGNER, contract, &Registration(intake.clone()));
        let custody = self.custody(contract);
        let value = if token.is_some() { 0 } else { amount };
        let call = custody.register(intake, SIGNER.address, signed);
        let sent = call
            .from(user)
            .value(U256::from(value))
            .send()
            .await
            .expect("sent");
        assert!(sent.get_receipt().await.expect("included").status());
    }

    async fn publish(&self, contract: Address, list: &List) {
        let custody = self.custody(contract);
        let now = self.time().await;
        let root = ICustody::LiabilitiesRoot {
            root: list.tree.root(),
            total: U256::from(list.tree.total().base_units()),
            asOfSeq: U256::from(custody.journalHead().call().await.expect("a head").seq),
            validAfter: U256::from(now - 1),
            deadline: U256::from(now + 600),
        };
        let signed = signature(&ROOT_SIGNER, contract, &root);
        let call = custody.publishRoot(root, ROOT_SIGNER.address, signed);
        let sent = call.from(SUBMITTER.address).send().await.expect("sent");
        assert!(sent.get_receipt().await.expect("included").status());
    }

    /// `trellis liabilities settle` of a list by the development deployer, leaf by leaf.
    fn settle(&self, list: &List) -> Ran {
        let arguments = self.settling(list);
        trellis(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    fn settling(&self, list: &List) -> Vec<String> {
        let file = self.write("list", &list.write());
        let key = self.write("key", &DEPLOYER.private_key.to_string());
        let contract = list.header.contract.to_checksum(None);
        let root = list.tree.root().to_string();
        let arguments = [
            "liabilities",
            "settle",
            "--rpc",
            &self.rpc_url(),
            "--contract",
            &contract,
            "--root",
            &root,
            "--list",
            &file,
            "--key-file",
            &key,
            "--size",
            "1",
            "--json",
        ];
        arguments.map(str::to_owned).to_vec()
    }

    /// `trellis claim` for a user of a list, with or without a key.
    fn claim(&self, list: &List, user: Address, has_key: bool) -> Ran {
        let leaves = list.tree.leaves();
        let leaf = leaves.iter().find(|leaf| leaf.wallet == user).expect("a leaf");
        let path = list.tree.proof(user).expect("a proof");
        let nodes = path
            .iter()
            .map(|node| serde_json::json!({ "hash": node.hash, "sum": node.sum.to_string() }));
        let proof = serde_json::json!({
            "chain_id": list.header.chain_id,
            "contract": list.header.contract,
            "wallet": user,
            "entitled": leaf.entitled.to_string(),
            "root": list.tree.root(),
            "path": nodes.collect::<Vec<_>>(),
        });
        let proof = self.write("proof", &proof.to_string());
        let key = self.write("key", &DEPLOYER.private_key.to_string());
        let rpc = self.rpc_url();
        let arguments = ["claim", "--rpc", &rpc, "--proof", &proof];
        let keyed = ["--key-file", &key];
        trellis(&[&arguments[..], if has_key { &keyed } else { &[] }].concat())
    }
}

/// What `liabilities settle --json` answers.
fn answer(ran: &Ran) -> Value {
    serde_json::from_str(&ran.output).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

/// The codes of what was refused, and how much was paid.
fn came_to(ran: &Ran) -> (Vec<String>, usize) {
    let answer = answer(ran);
    let refused = answer["refused"].as_array().expect("a list");
    let code = |part: &Value| part["code"].as_str().expect("a code").to_owned();
    let codes: Vec<String> = refused.iter().map(code).collect();
    assert_eq!(ran.succeeded, codes.is_empty(), "{ran:?}");
    (codes, answer["paid"].as_array().expect("a list").len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_another_chain_and_a_root_that_is_not_there_are_refused_at_once() {
    let world = World::start().await;
    let contract = world.contract().await;
    let good = list(contract, CHAIN_ID, &[BNB]);
    let elsewhere = list(contract, CHAIN_ID + 1, &[BNB]);
    let refuses = |list: &List, code: &str| {
        let ran = world.settle(list);
        let told = format!("{code}: ");
        assert!(!ran.succeeded && ran.errors.contains(&told), "{ran:?}");
    };
    refuses(&elsewhere, "wrong_chain");
    refuses(&good, "root_unknown");
    world.set_funds(contract, 10 * BNB).await;
    world.publish(contract, &good).await;
    refuses(&elsewhere, "wrong_chain");
    refuses(&good, "root_immature");
    let veto = ICustody::vetoRootCall {
        root: good.tree.root(),
    };
    world.send(&GUARDIAN, contract, veto).await;
    world.pass(VETO_SECONDS).await;
    refuses(&good, "root_unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_the_contract_does_not_pay_says_why_and_whether_the_next_ones_are_tried() {
    let world = World::start().await;
    let contract = world.contract().await;
    // The second is a stranger to the contract.
    for number in [1, 3] {
        world.register(contract, None, user(number), BNB).await;
    }
    let list = list(contract, CHAIN_ID, &[5 * BNB, 6 * BNB, 7 * BNB]);
    let escrowed = 2 * BNB;
    world.set_funds(contract, escrowed + 18 * BNB).await;
    world.publish(contract, &list).await;
    world.pass(VETO_SECONDS).await;

    world.set_funds(contract, escrowed + 5 * BNB - 1).await;
    assert_eq!(
        came_to(&world.settle(&list)),
        (vec!["insufficient_funds".to_owned()], 0),
        "money that is missing is missing for all"
    );

    // What was enough when it was tried is gone when it is executed.
    world.set_funds(contract, escrowed + 18 * BNB).await;
    let ran = world.settle_disturbed(&list, escrowed).await;
    assert_eq!(came_to(&ran), (vec!["reverted".to_owned()], 0));

    world.set_funds(contract, escrowed + 18 * BNB).await;
    assert_eq!(
        came_to(&world.settle(&list)),
        (vec!["not_registered".to_owned()], 2),
        "a stranger is no reason not to pay the others"
    );
    let again = world.settle(&list);
    assert_eq!(came_to(&again), (vec!["not_registered".to_owned()], 0));
    assert_eq!(answer(&again)["due"], (6 * BNB).to_string());
}

impl World {
    /// Settles while there is less in the contract when the transaction is executed than when it was tried.
    async fn settle_disturbed(&self, list: &List, left: u128) -> Ran {
        self.provider
            .anvil_set_interval_mining(0)
            .await
            .expect("it obeys");
        self.provider.anvil_set_auto_mine(false).await.expect("it obeys");
        let before = self.nonce(DEPLOYER.address).await;
        let arguments = self.settling(list);
        let running = tokio::task::spawn_blocking(move || {
            trellis(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let deadline = Instant::now() + Duration::from_secs(60);
        let waiting = || self.provider.get_transaction_count(DEPLOYER.address).pending();
        while waiting().await.expect("a count") == before {
            assert!(
                Instant::now() < deadline && !running.is_finished(),
                "nothing is sent"
            );
        }
        self.set_funds(list.header.contract, left).await;
        self.provider.anvil_mine(Some(1), None).await.expect("it mines");
        let ran = running.await.expect("it ends");
        self.provider
            .anvil_set_interval_mining(1)
            .await
            .expect("it obeys");
        ran
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_says_what_is_due_in_the_unit_of_what_the_contract_holds() {
    let world = World::start().await;
    let contract = world.contract().await;
    world.register(contract, None, user(1), BNB).await;
    let coins = list(contract, CHAIN_ID, &[5 * BNB]);
    world.set_funds(contract, 6 * BNB).await;
    world.publish(contract, &coins).await;
    let token = world.token(6).await;
    let holder = world.deployed(&file_for(token, 6));
    world.register(holder, Some(token), user(1), 20_000_000).await;
    let tokens = list(holder, CHAIN_ID, &[1_500_000]);
    world.mint(token, holder, 1_500_000).await;
    world.publish(holder, &tokens).await;
    world.pass(VETO_SECONDS).await;
    for (list, amount) in [
        (coins, format!("{} wei", 5 * BNB)),
        (tokens, format!("1.5 of token {token}")),
    ] {
        let root = list.tree.root();
        let due = format!("{amount} are due to {} by root {root}\n", user(1));
        let printed = world.claim(&list, user(1), false);
        assert!(
            printed.succeeded && printed.output.starts_with(&due),
            "{printed:?}"
        );
        let sent = world.claim(&list, user(1), true);
        let paid = format!("{due}{amount} were paid by transaction ");
        assert!(sent.succeeded && sent.output.starts_with(&paid), "{sent:?}");
    }
    assert_eq!(world.balance_of(token, user(1)).await, 1_500_000);
}
