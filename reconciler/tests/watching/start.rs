//! What the reconciler refuses to start with.

use std::net::{SocketAddr, TcpListener};
use std::process::Command;

use alloy::primitives::{Address, B256};
use store::deployment::Deployment;
use testkit::TestDatabase;

const SERVED: &str = include_str!("../../../plans/auto-pool.toml");
const OTHERS: [(&str, &str); 2] = [
    (include_str!("../../../plans/unilevel-orders.toml"), "[orders]"),
    (
        include_str!("../../../plans/referral-campaign.toml"),
        "[campaign]",
    ),
];

/// How the process ends that may write nothing and is to listen there.
async fn ended(arguments: &[&str], plan_text: &str, listen: SocketAddr) -> (Option<i32>, String) {
    let database = TestDatabase::new().await;
    let plan = plan::compile(plan_text).unwrap();
    let deployment = Deployment {
        chain_id: 31_337,
        contract: Address::repeat_byte(0xcc),
        contract_block: 1,
        contract_block_hash: B256::repeat_byte(1),
        asset: plan.asset().code().into(),
        plan_hash: plan.hash(),
        plan_text: plan_text.into(),
    };
    store::deployment::insert(&mut database.connection().await, &deployment)
        .await
        .unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_reconciler"))
        .args(arguments)
        .env("TRELLIS_DATABASE_URL", database.url_as("trellis_reader"))
        .env("TRELLIS_RPC_URL", "http://127.0.0.1:1")
        .env("TRELLIS_LISTEN", listen.to_string())
        .output()
        .unwrap();
    let said = [ended.stdout, ended.stderr].concat();
    (ended.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn a_plan_that_is_not_served_is_refused_before_anything_is_looked_at() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    for (arguments, otherwise, status) in [
        (&[][..], "Address already in use", 1),
        (&["once"][..], "nothing has been posted yet", 3),
    ] {
        let (code, said) = ended(arguments, SERVED, taken.local_addr().unwrap()).await;
        assert!(
            code == Some(status) && said.contains(otherwise),
            "{code:?}: {said}"
        );
        for (plan, component) in OTHERS {
            let (code, said) = ended(arguments, plan, free).await;
            let told = format!("plan_not_served: the services do not run plans with {component}");
            assert!(code == Some(1) && said.contains(&told), "{code:?}: {said}");
        }
    }
}
