//! `trellis liabilities settle`: someone with a key, a node and the public list pays everyone what a root says.

use std::path::PathBuf;
use std::process::{Command, Output};

use abi::ICustody;
use abi::development::{DEPLOYER, GUARDIAN};
use alloy::network::TransactionBuilder;
use alloy::primitives::{B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use anvil_tests::{PayoutWorld, Person, bnb, trellis};
use audit::liabilities::List;
use serde_json::Value;

use super::claims::publish_immature;
use super::recipients::refuses;

const DAY: u64 = 86_400;

/// What everyone but the root user is due.
const DUE: u128 = 18_000_000_000_000_000_000;

/// What the command did.
#[derive(Debug)]
struct Ran {
    succeeded: bool,
    /// The object that it answered; null when there is none.
    answer: Value,
    errors: String,
}

impl Ran {
    fn list(&self, name: &str) -> &Vec<Value> {
        self.answer[name]
            .as_array()
            .unwrap_or_else(|| panic!("no {name}: {self:?}"))
    }

    fn due(&self) -> u128 {
        self.answer["due"].as_str().unwrap().parse().unwrap()
    }
}

/// A stranger with a key and a list.
struct Stranger<'a> {
    payouts: &'a PayoutWorld,
    list: PathBuf,
    key: PathBuf,
    _files: tempfile::TempDir,
}

impl<'a> Stranger<'a> {
    async fn with_list(payouts: &'a PayoutWorld, root: B256) -> (Self, List) {
        let url = format!("{}/liabilities/roots/{root}/leaves", payouts.api_url);
        let text = reqwest::get(url).await.unwrap().text().await.unwrap();
        let files = tempfile::tempdir().unwrap();
        let (list, key) = (files.path().join("list"), files.path().join("key"));
        std::fs::write(&list, &text).unwrap();
        std::fs::write(&key, DEPLOYER.private_key.to_string()).unwrap();
        let stranger = Self {
            payouts,
            list,
            key,
            _files: files,
        };
        (stranger, List::parse(&text).unwrap())
    }

    async fn settle(&self, root: B256, more: &[&str]) -> Ran {
        let mut command = trellis().unwrap();
        command
            .args([
                "liabilities",
                "settle",
                "--json",
                "--rpc",
                &self.payouts.spec().rpc_url,
            ])
            .args(["--contract", &self.payouts.custody.to_checksum(None)])
            .args(["--root", &root.to_string()])
            .arg("--key-file")
            .arg(&self.key)
            .args(more);
        let output = self.run(command).await;
        Ran {
            succeeded: output.status.success(),
            answer: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The same with the file.
    async fn settle_by_file(&self, root: B256, more: &[&str]) -> Ran {
        let list = self.list.display().to_string();
        self.settle(root, &[&["--list", &list], more].concat()).await
    }

    /// Compares the list with the chain.
    async fn verify(&self) -> Output {
        let mut command = trellis().unwrap();
        command
            .args([
                "liabilities",
                "verify",
                "--rpc",
                &self.payouts.spec().rpc_url,
                "--list",
            ])
            .arg(&self.list);
        self.run(command).await
    }

    /// Claims for one user by the proof that the API answers.
    async fn claim(&self, person: &Person) -> Output {
        let id = person.id(self.payouts).await.unwrap();
        let path = format!("/users/{id}/proof");
        let proof = person.get(self.payouts, &path).await.unwrap();
        let file = self.list.with_file_name("proof");
        std::fs::write(&file, proof.body.to_string()).unwrap();
        let mut command = trellis().unwrap();
        command.args(["claim", "--rpc", &self.payouts.spec().rpc_url]);
        command.arg("--proof").arg(file).arg("--key-file").arg(&self.key);
        self.run(command).await
    }

    /// Runs a command while blocks come.
    async fn run(&self, mut command: Command) -> Output {
        let running = tokio::task::spawn_blocking(move || command.output().unwrap());
        self.payouts.mining(running).await.unwrap()
    }

    async fn sent(&self) -> u64 {
        let sent = self.payouts.provider.get_transaction_count(DEPLOYER.address);
        sent.await.unwrap()
    }
}

/// The least that a cap may be: half of it may leave at once.
async fn lower_the_cap(payouts: &PayoutWorld) {
    let call = ICustody::lowerOutflowCapCall { cap: bnb(1_000) };
    let request = TransactionRequest::default()
        .with_from(GUARDIAN.address)
        .with_to(payouts.custody)
        .with_input(call.abi_encode());
    let hash = *payouts
        .provider
        .send_transaction(request)
        .await
        .unwrap()
        .tx_hash();
    assert!(payouts.mined(hash).await.status());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_list_settles_a_root_by_one_command_that_can_be_repeated() {
    // 18 for each of them, and for the root user for all but one of them: 558, more than the lowered cap lets out at once.
    let mut payouts = PayoutWorld::with_due(16).await;
    let deaf = payouts.somebody();
    refuses(&payouts, &deaf).await;
    let own = payouts.somebody();
    lower_the_cap(&payouts).await;
    let root = publish_immature(&payouts).await;
    let list = {
        let (stranger, list) = Stranger::with_list(&payouts, root).await;
        refused_before_anything_is_sent(&stranger, root).await;
        let verified = stranger.verify().await;
        assert!(verified.status.success(), "{verified:?}");
        let claimed = stranger.claim(&own).await;
        assert!(claimed.status.success(), "{claimed:?}");
        in_two_days(&stranger, root, &list, DUE).await;
        list
    };
    for leaf in list.tree.leaves() {
        payouts.expect_paid(leaf.wallet, leaf.entitled.base_units());
    }
    let account = payouts.contract().account(deaf.address()).call().await.unwrap();
    assert_eq!(account.credit, bnb(18), "who refuses is credited");
    payouts.settled().await;
    payouts.prove().await;
}

async fn refused_before_anything_is_sent(stranger: &Stranger<'_>, root: B256) {
    let payouts = stranger.payouts;
    let sent = stranger.sent().await;
    let early = stranger.settle_by_file(root, &[]).await;
    assert!(
        !early.succeeded && early.errors.contains("root_immature"),
        "{early:?}"
    );
    payouts.pass_time(DAY + 60).await.unwrap();
    let other = B256::repeat_byte(9);
    let wrong = stranger.settle_by_file(other, &[]).await;
    assert!(
        !wrong.succeeded && wrong.errors.contains("wrong_list"),
        "{wrong:?}"
    );
    let unknown = stranger.settle(other, &["--api", &payouts.api_url]).await;
    assert!(
        !unknown.succeeded && unknown.errors.contains("list_unavailable"),
        "{unknown:?}"
    );
    for size in ["0", "301"] {
        assert!(!stranger.settle_by_file(root, &["--size", size]).await.succeeded);
    }
    let whole = stranger.settle_by_file(root, &[]).await;
    assert!(!whole.succeeded, "{whole:?}");
    assert_eq!(whole.list("refused")[0]["code"], "outflow_cap_reached");
    std::fs::write(&stranger.key, B256::repeat_byte(0x11).to_string()).unwrap();
    let poor = stranger.settle_by_file(root, &["--size", "8"]).await;
    assert!(!poor.succeeded, "{poor:?}");
    assert_eq!(poor.list("refused")[0]["code"], "unanswered");
    assert_eq!(poor.list("refused").len(), 1, "the next parts are not tried");
    std::fs::write(&stranger.key, DEPLOYER.private_key.to_string()).unwrap();
    let tried = stranger.settle_by_file(root, &["--size", "8", "--dry-run"]).await;
    assert!(tried.succeeded, "{tried:?}");
    assert_eq!((tried.list("ready").len(), tried.list("paid").len()), (3, 0));
    assert_eq!(stranger.sent().await, sent, "nothing was sent");
}

/// What does not fit under the cap on one day is paid on the next, by the same command; what was paid is not paid again.
async fn in_two_days(stranger: &Stranger<'_>, root: B256, list: &List, before: u128) {
    let payouts = stranger.payouts;
    let total = list.tree.total().base_units();
    let eight = ["--size", "8"];
    let api = ["--api", &payouts.api_url];
    let first = stranger.settle(root, &[api, eight].concat()).await;
    assert!(!first.succeeded, "{first:?}");
    assert_eq!(first.list("refused")[0]["code"], "outflow_cap_reached");
    assert!(first.errors.contains("outflow_cap_reached"), "{first:?}");
    let amounts = first
        .list("paid")
        .iter()
        .map(|paid| paid["amount"].as_str().unwrap());
    let paid: u128 = amounts.map(|amount| amount.parse::<u128>().unwrap()).sum();
    assert!(paid > 0 && first.due() == total - before - paid, "{first:?}");

    payouts.pass_time(DAY).await.unwrap();
    let second = stranger.settle_by_file(root, &eight).await;
    assert!(second.succeeded, "{second:?}");
    assert_eq!(second.due(), 0);
    assert_eq!(second.answer["settled_before"], first.list("paid").len());
    assert_eq!(second.list("paid").len() + first.list("paid").len(), 3);
    let claimed = payouts.contract().totals().call().await.unwrap().claimed;
    assert_eq!(claimed, U256::from(total));

    let sent = stranger.sent().await;
    let third = stranger.settle_by_file(root, &[]).await;
    assert!(third.succeeded && third.list("paid").is_empty(), "{third:?}");
    assert_eq!(stranger.sent().await, sent, "nothing was left to send");
}
