//! An independent recomputation: the chain's own logs and the users' commands, in the order of the ledger's facts,
//! through the naive model of the plan, which shares no code with the ledger.

use std::collections::BTreeMap;

use abi::CustodyEvent;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use anyhow::{Context, bail, ensure};
use ledger::{Account, AccountId, Side};
use money::Amount;
use naive::{Changes, Model, Terms};
use plan::{Cause, Intake};

use crate::World;

/// What an independent recomputation says.
#[derive(Debug)]
pub struct Oracle {
    /// Balances by the naive model's account names; zero ones are left out.
    pub balances: Changes,
    /// Lifetime matured, unreserved credits.
    pub entitled: BTreeMap<Address, i128>,
    /// Facts posted.
    pub facts: usize,
}

impl Oracle {
    /// Recomputes everything and compares it with the ledger's database, and both with the contract.
    pub(crate) async fn check(world: &World) -> anyhow::Result<Self> {
        let chain = causes_of_the_chain(world).await?;
        let mut model = Model::new(&auto_pool());
        let facts = facts(world).await?;
        let mut entries = 0u64;
        for fact in &facts {
            match fact {
                Fact::Chain(seq) => {
                    entries += 1;
                    ensure!(*seq == entries, "entry {seq} was posted where {entries} was due");
                    model.apply(chain.get(seq).context("a fact that the chain does not know")?);
                }
                Fact::Command(cause) => model.apply(cause),
            }
        }
        ensure!(
            entries == chain.len() as u64,
            "{entries} of {} entries are posted",
            chain.len()
        );
        let posted = balances(world).await?;
        assert_eq!(posted, model.balances, "ledger (left) and recomputation (right)");

        let custody = U256::from(u128::try_from(posted.get("custody").copied().unwrap_or(0))?);
        let on_chain = world.provider.get_balance(world.custody).await?;
        assert_eq!(
            custody, on_chain,
            "the ledger's custody and the contract's balance"
        );
        let held = posted
            .iter()
            .filter(|(name, _)| name.starts_with("held"))
            .map(|(_, amount)| amount);
        let escrowed = world.contract().totals().call().await?.escrowed;
        assert_eq!(
            U256::from(u128::try_from(held.sum::<i128>())?),
            escrowed,
            "held and escrow"
        );
        Ok(Self {
            balances: posted,
            entitled: model.entitled,
            facts: facts.len(),
        })
    }

    /// A balance of the recomputation, in wei.
    #[must_use]
    pub fn balance(&self, account: &str) -> i128 {
        self.balances.get(account).copied().unwrap_or(0)
    }
}

enum Fact {
    Chain(u64),
    Command(Cause),
}

async fn facts(world: &World) -> anyhow::Result<Vec<Fact>> {
    let statement =
        "SELECT i.chain_seq, i.payload::text FROM fact f JOIN inbox i ON i.id = f.inbox_id ORDER BY f.seq";
    let rows: Vec<(Option<i64>, String)> = sqlx::query_as(statement).fetch_all(world.ledger.pool()).await?;
    rows.into_iter()
        .map(|(seq, payload)| match seq {
            Some(seq) => Ok(Fact::Chain(u64::try_from(seq)?)),
            None => Ok(Fact::Command(store::cause_json::read(&payload)?)),
        })
        .collect()
}

async fn causes_of_the_chain(world: &World) -> anyhow::Result<BTreeMap<u64, Cause>> {
    let filter = Filter::new().address(world.custody).from_block(0);
    let mut causes = BTreeMap::new();
    for log in world.provider.get_logs(&filter).await? {
        let Some(event) = abi::events::decode(&log.inner.data)? else {
            continue;
        };
        let Some(seq) = abi::events::seq_of(&event) else {
            bail!("a per-user event")
        };
        causes.insert(u64::try_from(seq)?, cause(event)?);
    }
    Ok(causes)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "an event of payouts fails the test"
)]
fn cause(event: CustodyEvent) -> anyhow::Result<Cause> {
    Ok(match event {
        CustodyEvent::RegistrationAccepted(e) => Cause::Registered(Intake {
            deposit_ref: e.r#ref,
            wallet: e.user,
            sponsor: (!e.sponsor.is_zero()).then_some(e.sponsor),
            amount: amount(e.amount)?,
            refundable_until: u64::try_from(e.refundableUntil)?,
            plan_hash: e.planHash,
            disclosure_hash: e.disclosureHash,
        }),
        CustodyEvent::RetopupCompleted(e) => Cause::RetoppedUp(Intake {
            deposit_ref: e.r#ref,
            wallet: e.user,
            sponsor: None,
            amount: amount(e.amount)?,
            refundable_until: u64::try_from(e.refundableUntil)?,
            plan_hash: e.planHash,
            disclosure_hash: e.disclosureHash,
        }),
        CustodyEvent::DepositRefunded(e) => Cause::Refunded {
            deposit_ref: e.r#ref,
            wallet: e.user,
            to: e.to,
            amount: amount(e.amount)?,
        },
        CustodyEvent::EscrowMatured(e) => Cause::EscrowMatured {
            through_day: u32::try_from(e.throughDay)?,
            amount: amount(e.amount)?,
        },
        CustodyEvent::Funded(e) => Cause::Funded {
            from: e.from,
            amount: amount(e.amount)?,
        },
        CustodyEvent::UserFrozen(e) => Cause::UserFrozen {
            wallet: e.user,
            until: u64::try_from(e.until)?,
        },
        CustodyEvent::UserUnfrozen(e) => Cause::UserUnfrozen { wallet: e.user },
        CustodyEvent::RoleChanged(_) | CustodyEvent::PauseChanged(_) | CustodyEvent::SignerRevoked(_) => {
            Cause::Noted
        }
        other => bail!("the contract cannot emit {other:?}"),
    })
}

fn amount(value: U256) -> anyhow::Result<Amount> {
    Ok(Amount::new(u128::try_from(value)?))
}

/// The ledger's balances under the names of the naive model: wallets instead of ids.
async fn balances(world: &World) -> anyhow::Result<Changes> {
    let wallets: Vec<(i32, Vec<u8>)> = sqlx::query_as("SELECT id, wallet FROM users")
        .fetch_all(world.ledger.pool())
        .await?;
    let wallets: BTreeMap<u32, Address> = wallets
        .into_iter()
        .map(|(id, wallet)| Ok((u32::try_from(id)?, Address::try_from(wallet.as_slice())?)))
        .collect::<anyhow::Result<_>>()?;
    let statement = "SELECT account_id, debits_posted::text, credits_posted::text FROM balance";
    let rows: Vec<(i64, String, String)> = sqlx::query_as(statement).fetch_all(world.ledger.pool()).await?;
    let mut balances = Changes::new();
    for (id, debits, credits) in rows {
        let account = AccountId::new(id)
            .and_then(AccountId::account)
            .context("an unknown account")?;
        let (debits, credits): (i128, i128) = (debits.parse()?, credits.parse()?);
        let net = match account.kind().side() {
            Side::Debit => debits - credits,
            Side::Credit => credits - debits,
        };
        if net != 0 {
            balances.insert(name(account, &wallets)?, net);
        }
    }
    Ok(balances)
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "only reserves have a second argument"
)]
fn name(account: Account, wallets: &BTreeMap<u32, Address>) -> anyhow::Result<String> {
    let Some(user) = account.user() else {
        return Ok(account.to_string());
    };
    let wallet = wallets.get(&user.get()).context("a balance of nobody")?;
    Ok(match account {
        Account::Reserve(_, tier) => format!("reserve({wallet},{tier})"),
        _ => format!("{}({wallet})", account.kind().name()),
    })
}

/// The terms of `plans/auto-pool.toml`, written down a second time.
fn auto_pool() -> Terms {
    let bnb = |units: u128| units * 10u128.pow(18);
    Terms {
        registration: bnb(20),
        direct: bnb(18),
        ordinals: vec![2],
        retopup: bnb(40),
        retopup_company: bnb(4),
        generations_bps: vec![3000, 1500, 1000, 500, 500, 500, 500, 500, 1000, 1000],
        tree_size: 15,
        trees_max: Some(15),
        tier_prices: [20, 40, 80, 160, 320, 640].map(bnb).to_vec(),
        layers_bps: vec![5000, 2500, 1500],
    }
}
