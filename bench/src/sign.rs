//! Durable authorizations per second of a real signer over HTTP on a PostgreSQL that keeps what it commits; beside it how fast the bare curve signs on one core.

use std::time::{Duration, Instant};

use abi::development::SIGNER;
use abi::{ICustody, typed_data};
use alloy::eips::BlockId;
use alloy::providers::Provider;
use alloy::signers::SignerSync;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, ensure};
use devstack::Checkout;
use devstack::development::{Development, DevelopmentSpec};
use devstack::world::Site;
use money::Amount;
use settlement::authorization::{IntakeKind, IntakeTerms};
use signer_client::{Authorization, CallerKey, DEVELOPMENT_CALLER_KEY, SignerClient};
use tokio::task::JoinSet;

use crate::measurement::Measurement;

/// Requests, and how many of them wait at once.
const SINGLE: usize = 4_000;
const AT_ONCE: usize = 32;
/// How long the bare curve is measured.
const CURVE: Duration = Duration::from_secs(2);

pub(crate) async fn run() -> anyhow::Result<()> {
    let spec = DevelopmentSpec {
        throwaway: true,
        environment: vec![("TRELLIS_REQUESTS_PER_SECOND".to_owned(), "1000000".to_owned())],
        ..DevelopmentSpec::default()
    };
    let mut development = Development::start(&Checkout::find()?, &spec).await?;
    let terms = terms(&development).await?;
    let listen = development.system().signer.variable("TRELLIS_LISTEN");
    let base = format!("http://{}", listen.context("the signer listens nowhere")?);
    let key = CallerKey::new(DEVELOPMENT_CALLER_KEY).map_err(anyhow::Error::msg)?;
    let client = SignerClient::new(&base, key)?;

    let curve = curve()?;
    let single = one_by_one(&client, &terms).await?;
    development.stop()?;
    let checked = "each signature recovers to the signer over the digest of its own terms; each request is committed with its \
        audit row before it is signed, fsync and synchronous_commit on";
    for (name, value, baseline) in [("sign.curve", curve, None), ("sign.single", single, Some(curve))] {
        Measurement::new(
            name,
            value,
            "signatures/s",
            match baseline {
                None => "one core, recoverable signatures, digests ready".to_owned(),
                Some(_) => checked.to_owned(),
            },
        )
        .beside(baseline)
        .print();
    }
    Ok(())
}

/// Registrations of different users, all valid.
async fn terms(development: &Development) -> anyhow::Result<Vec<IntakeTerms>> {
    let endpoints = development.endpoints();
    let contract: Address = endpoints.custody.parse()?;
    let site = Site::new(&endpoints.api, &endpoints.rpc, contract)?;
    let head = site.provider.get_block(BlockId::latest()).await?;
    let deadline = head.context("no newest block")?.header.timestamp + 1_800;
    let plan_hash = plan::compile(include_str!("../../plans/auto-pool.toml"))?.hash();
    let one = |number: usize| IntakeTerms {
        kind: IntakeKind::Registration,
        chain_id: endpoints.chain_id,
        contract,
        user: Address::from_word(keccak256(format!("user {number}"))),
        sponsor: Some(SIGNER.address),
        amount: Amount::new(20_000_000_000_000_000_000),
        plan_hash,
        disclosure_hash: B256::repeat_byte(1),
        deposit_ref: keccak256(format!("reference {number}")),
        deadline,
    };
    Ok((0..SINGLE).map(one).collect())
}

/// Signatures per second of the curve alone, on one core.
fn curve() -> anyhow::Result<f64> {
    let key = PrivateKeySigner::from_bytes(&SIGNER.private_key)?;
    let (begun, mut count) = (Instant::now(), 0u32);
    while begun.elapsed() < CURVE {
        let signature = key.sign_hash_sync(&keccak256(count.to_be_bytes()))?;
        ensure!(!signature.r().is_zero(), "no signature");
        count += 1;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

async fn one_by_one(client: &SignerClient, terms: &[IntakeTerms]) -> anyhow::Result<f64> {
    let begun = Instant::now();
    let mut asking = JoinSet::new();
    let mut signed = Vec::with_capacity(terms.len());
    for terms in terms.iter().cloned() {
        if asking.len() >= AT_ONCE {
            signed.push(asking.join_next().await.context("nothing to wait for")???);
        }
        let client = client.clone();
        asking.spawn(async move {
            let authorization = client.authorize_registration(&terms).await?;
            anyhow::Ok((terms, authorization))
        });
    }
    while let Some(answer) = asking.join_next().await {
        signed.push(answer??);
    }
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(signed.len() == terms.len(), "{} of {}", signed.len(), terms.len());
    check(&signed)?;
    Ok(f64::from(u32::try_from(signed.len())?) / seconds)
}

/// Every signature is the signer's, over the digest of the very terms that were requested.
fn check(signed: &[(IntakeTerms, Authorization)]) -> anyhow::Result<()> {
    for (terms, authorization) in signed {
        let intake = ICustody::Intake {
            user: terms.user,
            sponsor: terms.sponsor.unwrap_or_default(),
            amount: U256::from(terms.amount.base_units()),
            planHash: terms.plan_hash,
            disclosureHash: terms.disclosure_hash,
            r#ref: terms.deposit_ref,
            deadline: U256::from(terms.deadline),
        };
        let domain = typed_data::domain(terms.chain_id, terms.contract);
        let digest = typed_data::digest(&typed_data::Registration(intake), &domain);
        let signature = alloy::primitives::Signature::from_raw(&authorization.signature)?;
        ensure!(
            signature.recover_address_from_prehash(&digest)? == SIGNER.address,
            "a signature of somebody else"
        );
    }
    Ok(())
}
