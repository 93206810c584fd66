//! Which plans a signer signs for on a public chain: those that compile, and that the profile of its place admits for as long
//! as the contract itself says that payments are refunded.

use abi::{ICustody, deploy, development};
use alloy::primitives::Address;
use alloy::providers::ext::AnvilApi;
use money::Amount;
use signer::callers::key_hash;
use signer_client::{CallerKey, IntakeKind, IntakeTerms, SignerClient};

use crate::start::{new_key, public, refused};
use crate::world::{Ground, World, address, plan_file, plan_hash, word};

const DAY: u32 = 86_400;
/// A plan that the profile EU admits where payments are refunded within 14 days.
const ADMITTED: &str = "referral-campaign.toml";
/// One whose rewards come from recruitment alone.
const BARRED: &str = "auto-pool.toml";
const CHAIN_ID: u64 = 56;

/// A secret of the API.
fn caller_key() -> String {
    "5a".repeat(32)
}

struct PublicChain {
    ground: Ground,
    /// The signer's account, which is known for authorizations to the contract of the ground.
    account: Address,
    /// What a signer needs here, but for plans and jurisdiction.
    variables: Vec<(&'static str, String)>,
    _files: tempfile::TempDir,
}

impl PublicChain {
    /// With a contract that refunds payments for 14 days.
    async fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        let (key, account) = new_key(files.path());
        let ground = Ground::new(account).await;
        let mut variables = public();
        variables.extend(key);
        let caller = hex::encode(key_hash(&caller_key()));
        variables.extend([
            ("TRELLIS_DEVELOPMENT_KEY", String::new()),
            ("TRELLIS_CALLERS", format!("api=registration:{caller}")),
            // What the environment says of the contract does not count.
            ("TRELLIS_COOLING_OFF_DAYS", "14".to_owned()),
        ]);
        let public = Self {
            ground,
            account,
            variables,
            _files: files,
        };
        public.set_chain_id(CHAIN_ID).await;
        public
    }

    async fn set_chain_id(&self, chain_id: u64) {
        self.ground.provider.anvil_set_chain_id(chain_id).await.unwrap();
    }

    /// Another contract.
    async fn contract(&self, config: &ICustody::Config) -> String {
        self.set_chain_id(devstack::anvil::CHAIN_ID).await;
        let provider = self.ground.provider.clone();
        let deployed = deploy::deploy(provider, development::DEPLOYER.address, config).await;
        self.set_chain_id(CHAIN_ID).await;
        deployed.unwrap().address.to_string()
    }

    /// How a signer with these variables ends that must not start.
    fn refuses(&self, changes: &[(&'static str, String)]) -> String {
        refused(&self.ground, &[&self.variables[..], changes].concat())
    }
}

fn under(profile: &str, plans: &str) -> [(&'static str, String); 2] {
    [
        ("TRELLIS_JURISDICTION", profile.to_owned()),
        ("TRELLIS_PLANS", plans.to_owned()),
    ]
}

#[tokio::test]
async fn a_signer_of_a_public_chain_does_not_start_for_a_plan_that_its_place_does_not_admit() {
    let public = PublicChain::new().await;
    let (admitted, barred) = (plan_file(ADMITTED), plan_file(BARRED));
    let both = format!("{admitted},{barred}");
    for (profile, plans, file, code) in [
        ("", &admitted, &admitted, "jurisdiction_missing"),
        ("local", &admitted, &admitted, "jurisdiction_elsewhere"),
        ("EU", &barred, &barred, "payout_share"),
        ("EU", &both, &barred, "payout_share"),
    ] {
        let said = public.refuses(&under(profile, plans));
        let told = format!("{file}: plan_not_admitted: the plan must not run on chain 56: ");
        assert!(
            said.contains(&told) && said.contains(code),
            "{profile} {plans}: {said}"
        );
    }
    let hash = plan_hash(ADMITTED).to_string();
    let hashes = [&under("EU", "")[..], &[("TRELLIS_PLAN_HASHES", hash)]].concat();
    let said = public.refuses(&hashes);
    assert!(said.contains("name their files in TRELLIS_PLANS"), "{said}");
}

#[tokio::test]
async fn a_signer_asks_the_contract_for_how_long_payments_go_back() {
    let public = PublicChain::new().await;
    let lasting = |cooling_off| ICustody::Config {
        signer: public.account,
        coolingOff: cooling_off,
        ..development::config()
    };
    for (cooling_off, expected) in [
        (13 * DAY, "cooling_off: "),
        (31 * DAY, "hold_below_cooling_off: "),
        (14 * DAY + 1, "is not a whole number of days"),
    ] {
        let contract = public.contract(&lasting(cooling_off)).await;
        let mut changes = under("EU", &plan_file(ADMITTED)).to_vec();
        changes.push(("TRELLIS_CONTRACT", contract));
        let said = public.refuses(&changes);
        assert!(said.contains(expected), "{cooling_off}: {said}");
    }
}

#[tokio::test]
async fn a_signer_of_roots_is_as_strict() {
    let public = PublicChain::new().await;
    let config = ICustody::Config {
        rootSigner: public.account,
        ..development::config()
    };
    let mut changes = under("EU", &plan_file(BARRED)).to_vec();
    changes.extend([
        ("TRELLIS_PURPOSE", "roots".to_owned()),
        ("TRELLIS_CONTRACT", public.contract(&config).await),
        ("TRELLIS_CALLERS", format!("worker=root:{}", "00".repeat(32))),
        ("TRELLIS_ROOT_DAY_MAX", "1000000000".to_owned()),
        ("TRELLIS_ROOT_UNSEEN_MAX", "0".to_owned()),
    ]);
    let said = public.refuses(&changes);
    assert!(said.contains("plan_not_admitted: "), "{said}");
}

/// What a signer signs for was decided when it started: neither a caller nor whoever changes the file afterwards adds to it.
#[tokio::test]
async fn an_admitted_plan_is_signed_for_and_no_other() {
    let public = PublicChain::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.toml");
    std::fs::copy(plan_file(ADMITTED), &file).unwrap();
    let plans = under("EU", &file.display().to_string());
    let variables = [&public.variables[..], &plans].concat();
    let world = public.ground.signer(&variables).await;
    std::fs::copy(plan_file(BARRED), &file).unwrap();
    assert_eq!(asked(&world, 1, ADMITTED).await, "signed");
    assert_eq!(asked(&world, 2, BARRED).await, "unknown_plan");
}

/// What comes of a registration under a plan.
async fn asked(world: &World, reference: u8, plan: &str) -> String {
    let terms = IntakeTerms {
        chain_id: CHAIN_ID,
        amount: Amount::new(1_000_000_000),
        plan_hash: plan_hash(plan),
        ..world.registration(20, reference).await
    };
    assert_eq!((terms.kind, terms.user), (IntakeKind::Registration, address(20)));
    let client = SignerClient::new(&world.url, CallerKey::new(&caller_key()).unwrap()).unwrap();
    word(&client.authorize_registration(&terms).await)
}
