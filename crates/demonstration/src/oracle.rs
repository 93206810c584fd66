//! An independent recomputation: the chain's own logs and the users' commands, in the order of the ledger's facts,
//! through the naive model of the plan, which shares no code with the ledger.

mod causes;

use std::collections::BTreeMap;

use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use anyhow::{Context, ensure};
use devstack::world::Site;
use ledger::{Account, AccountId, Side};
use naive::{Changes, bookings, composed};
use plan::Cause;
use sqlx::PgPool;

/// What an independent recomputation says.
#[derive(Debug)]
pub struct Oracle {
    /// Balances by the naive model's account names; zero ones are left out.
    pub balances: Changes,
    /// Lifetime matured, unreserved credits.
    pub entitled: BTreeMap<Address, i128>,
    /// Everything that the chain sent, credited or let claim, from its logs.
    pub paid: BTreeMap<Address, i128>,
    /// Facts posted.
    pub facts: usize,
}

/// In what ledger, chain and recomputation differ; empty when they do not.
pub type Differences = Vec<String>;

impl Oracle {
    /// Recomputes everything and compares it with the ledger's database, and both with the contract.
    ///
    /// # Errors
    /// When node or database do not respond, or hold what cannot be read, or the plan has no second implementation.
    pub async fn compare(site: &Site, ledger: &PgPool) -> anyhow::Result<(Self, Differences)> {
        let chain = causes::of_the_chain(site).await?;
        let mut model = Model::of(ledger).await?;
        let mut paid = BTreeMap::new();
        let facts = facts(ledger).await?;
        let mut entries = 0u64;
        for fact in &facts {
            match fact {
                Fact::Chain(seq) => {
                    entries += 1;
                    ensure!(*seq == entries, "entry {seq} was posted where {entries} was due");
                    let cause = chain.get(seq).context("a fact that the chain does not know")?;
                    causes::count_paid(cause, &mut paid)?;
                    model.apply(cause);
                }
                Fact::Command(cause) => model.apply(cause),
            }
        }
        let mut differences = Differences::new();
        if entries != chain.len() as u64 {
            differences.push(format!("{entries} of {} journal entries are posted", chain.len()));
        }
        let posted = balances(ledger).await?;
        compare_balances(&posted, model.balances(), &mut differences);
        compare_with_contract(site, &posted, &paid, &mut differences).await?;
        let oracle = Self {
            balances: posted,
            entitled: model.entitled(),
            paid,
            facts: facts.len(),
        };
        Ok((oracle, differences))
    }

    /// A balance of the ledger, in wei.
    pub fn balance(&self, account: &str) -> i128 {
        self.balances.get(account).copied().unwrap_or(0)
    }
}

/// The second implementation of the plan that a ledger runs.
enum Model {
    Pools(Box<naive::Model>),
    Subscriptions(Box<composed::Model>),
    Bookings(Box<bookings::Model>),
}

impl Model {
    async fn of(ledger: &PgPool) -> anyhow::Result<Self> {
        let text: String = sqlx::query_scalar("SELECT plan_text FROM deployment")
            .fetch_one(ledger)
            .await?;
        let plan =
            plan::compile(&text).map_err(|error| anyhow::anyhow!("the plan does not compile: {error}"))?;
        let decimals = u32::from(plan.asset().decimals());
        match plan.name() {
            "auto-pool" => {
                let terms = naive::Terms::auto_pool();
                Ok(Self::Pools(Box::new(naive::Model::new(&terms))))
            }
            "subscription" => {
                let terms = composed::Terms::subscription(decimals);
                Ok(Self::Subscriptions(Box::new(composed::Model::new(terms))))
            }
            "binary-ev" => {
                let terms = bookings::Terms::binary_ev(decimals);
                Ok(Self::Bookings(Box::new(bookings::Model::new(terms))))
            }
            name => anyhow::bail!("the plan {name} has no second implementation of the whole"),
        }
    }

    fn apply(&mut self, cause: &Cause) {
        match self {
            Self::Pools(model) => model.apply(cause),
            Self::Subscriptions(model) => model.apply(cause),
            Self::Bookings(model) => model.apply(cause),
        }
    }

    fn balances(&self) -> &Changes {
        match self {
            Self::Pools(model) => &model.balances,
            Self::Subscriptions(model) => &model.balances,
            Self::Bookings(model) => &model.balances,
        }
    }

    fn entitled(self) -> BTreeMap<Address, i128> {
        match self {
            Self::Pools(model) => model.entitled,
            Self::Subscriptions(model) => model.entitlements(),
            Self::Bookings(model) => model.entitlements(),
        }
    }
}

fn compare_balances(posted: &Changes, recomputed: &Changes, differences: &mut Differences) {
    for name in posted.keys().chain(recomputed.keys()) {
        let (is, should) = (posted.get(name), recomputed.get(name));
        let line = format!("{name}: the ledger has {is:?}, the recomputation {should:?}");
        if is != should && !differences.contains(&line) {
            differences.push(line);
        }
    }
}

/// The contract's own counters against the ledger, and its `paid` of each user against its own logs.
async fn compare_with_contract(
    site: &Site,
    posted: &Changes,
    paid: &BTreeMap<Address, i128>,
    differences: &mut Differences,
) -> anyhow::Result<()> {
    let contract = site.contract();
    let totals = contract.totals().call().await?;
    let sum = |prefix: &str| -> anyhow::Result<U256> {
        let parts = posted.iter().filter(|(name, _)| name.starts_with(prefix));
        Ok(U256::from(u128::try_from(
            parts.map(|(_, amount)| amount).sum::<i128>(),
        )?))
    };
    let on_chain = site.provider.get_balance(site.custody).await?;
    let paid_in_all = U256::from(u128::try_from(paid.values().sum::<i128>())?);
    for (what, ledger, contract) in [
        ("custody and the contract's balance", sum("custody")?, on_chain),
        ("held and escrow", sum("held")?, totals.escrowed),
        (
            "credit and the contract's credit",
            sum("credit(")?,
            totals.credited,
        ),
        (
            "what logs and what the contract say was paid",
            paid_in_all,
            totals.pushed + totals.claimed,
        ),
    ] {
        if ledger != contract {
            differences.push(format!("{what}: {ledger} and {contract}"));
        }
    }
    for (wallet, amount) in paid {
        let account = contract.account(*wallet).call().await?;
        if account.paid != U256::from(u128::try_from(*amount)?) {
            differences.push(format!(
                "paid to {wallet}: the logs say {amount}, the contract {}",
                account.paid
            ));
        }
    }
    Ok(())
}

enum Fact {
    Chain(u64),
    Command(Cause),
}

async fn facts(ledger: &PgPool) -> anyhow::Result<Vec<Fact>> {
    let statement =
        "SELECT i.chain_seq, i.payload::text FROM fact f JOIN inbox i ON i.id = f.inbox_id ORDER BY f.seq";
    let rows: Vec<(Option<i64>, String)> = sqlx::query_as(statement).fetch_all(ledger).await?;
    rows.into_iter()
        .map(|(seq, payload)| match seq {
            Some(seq) => Ok(Fact::Chain(u64::try_from(seq)?)),
            None => Ok(Fact::Command(store::cause_json::read(&payload)?)),
        })
        .collect()
}

/// The ledger's balances under the names of the naive model: wallets instead of ids.
async fn balances(ledger: &PgPool) -> anyhow::Result<Changes> {
    let wallets: Vec<(i32, Vec<u8>)> = sqlx::query_as("SELECT id, wallet FROM users")
        .fetch_all(ledger)
        .await?;
    let wallets: BTreeMap<u32, Address> = wallets
        .into_iter()
        .map(|(id, wallet)| Ok((u32::try_from(id)?, Address::try_from(wallet.as_slice())?)))
        .collect::<anyhow::Result<_>>()?;
    let statement = "SELECT account_id, debits_posted::text, credits_posted::text FROM balance";
    let rows: Vec<(i64, String, String)> = sqlx::query_as(statement).fetch_all(ledger).await?;
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
