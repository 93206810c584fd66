//! The file of a ledger: its contract, the first version of its plan, the jurisdiction, and its first operators.
//!
//! Once the files that it names can be read, everything that is wrong with them together is said at once. Not responsible for what is on the chain.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use abi::deploy::Asset;
use abi::development;
use admission::Place;
use alloy::primitives::Address;
use anyhow::{Context, bail, ensure};
use plan::CompiledPlan;
use plan::compile::TEXT_BYTES_MAX;
use serde::Deserialize;
use store::operator::{Operator, Role};

use crate::deployment::Deployment;
use crate::input;

/// Maximum size of the file in bytes; it has a few dozen lines.
const FILE_BYTES_MAX: usize = 64 << 10;

/// A checked file.
#[derive(Debug)]
pub(crate) struct LedgerFile {
    /// The contract.
    pub(crate) contract: Deployment,
    /// The text of the plan.
    pub(crate) plan_text: String,
    /// The plan.
    pub(crate) plan: CompiledPlan,
    /// The operators.
    pub(crate) operators: Vec<Operator>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    contract: PathBuf,
    plan: PathBuf,
    jurisdiction: Option<String>,
    operators: Vec<Person>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    wallet: String,
    roles: Vec<String>,
}

impl LedgerFile {
    /// Reads and checks a file, and those that it names.
    ///
    /// # Errors
    /// Everything that is wrong, a line each with its code.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = input::read_text(path, FILE_BYTES_MAX)?;
        let file: File = toml::from_str(&text)
            .map_err(|error| anyhow::anyhow!("malformed: {}", error.to_string().trim_end()))?;
        for (field, named) in [("contract", &file.contract), ("plan", &file.plan)] {
            ensure!(
                !named.as_os_str().is_empty(),
                "file_unnamed: {field} must name a file"
            );
        }
        let beside = |named: &Path| path.parent().unwrap_or(Path::new("")).join(named);
        let contract = beside(&file.contract);
        let contract =
            Deployment::read(&contract).with_context(|| format!("{} is refused", contract.display()))?;
        let plan_file = beside(&file.plan);
        let plan_text = input::read_text(&plan_file, TEXT_BYTES_MAX)?;
        let plan = plan::compile(&plan_text)
            .map_err(|error| anyhow::anyhow!("plan_refused: {} is refused: {error}", plan_file.display()))?;
        let mut problems = Vec::new();
        let mut require = |checked: anyhow::Result<()>| {
            problems.extend(checked.err().map(|error| format!("{error:#}")));
        };
        let mut operators = Vec::new();
        for person in &file.operators {
            require(operator(person).map(|operator| operators.push(operator)));
        }
        require(fits_contract(&plan, &contract));
        require(plan.served().context("plan_not_served"));
        require(may_run(&plan, &contract, file.jurisdiction.as_deref(), beside));
        // Who could not be read may be the one who is missing.
        let are_read = operators.len() == file.operators.len();
        if are_read {
            require(are_two_people(&operators));
        }
        if are_read && !development::is_local_chain(contract.chain_id()) {
            require(can_act(&operators));
            require(have_secret_keys(&operators));
        }
        if !problems.is_empty() {
            bail!(problems.join("\n"));
        }
        Ok(Self {
            contract,
            plan_text,
            plan,
            operators,
        })
    }
}

fn operator(person: &Person) -> anyhow::Result<Operator> {
    let Person { name, wallet, roles } = person;
    let name = crate::operator::name(name)
        .map_err(|problem| anyhow::anyhow!("operator_name_malformed: `{name}` {problem}"))?;
    let wallet = Address::parse_checksummed(wallet, None).map_err(|_| {
        anyhow::anyhow!(
            "address_malformed: the wallet `{wallet}` of {name} must be an address with its checksum (EIP-55)"
        )
    })?;
    let unknown = roles.iter().find(|role| Role::by_name(role).is_none());
    if let Some(role) = unknown {
        let known = Role::ALL.map(Role::name).join(", ");
        bail!("operator_role_unknown: `{role}` of {name} is none of {known}");
    }
    ensure!(!roles.is_empty(), "operator_without_role: {name} has no role");
    Ok(Operator {
        wallet,
        name,
        roles: roles.clone(),
    })
}

/// The contract counts in gwei of the chain's coin, so no other asset's amounts fit it.
fn fits_contract(plan: &CompiledPlan, contract: &Deployment) -> anyhow::Result<()> {
    let asset = plan.asset();
    match contract.asset() {
        Asset::Token { .. } => bail!("token_form_unsupported: the ledger of a token is not supported yet"),
        Asset::Native => ensure!(
            asset == money::Asset::Bnb,
            "asset_differs: the contract holds the chain's coin, but the plan's asset is {asset}; for development, \
             `./scripts/dev --plan` lets the coin stand for it"
        ),
    }
    Ok(())
}

fn may_run(
    plan: &CompiledPlan,
    contract: &Deployment,
    jurisdiction: Option<&str>,
    beside: impl Fn(&Path) -> PathBuf,
) -> anyhow::Result<()> {
    let read = |file: &Path| Ok(input::read_text(&beside(file), TEXT_BYTES_MAX)?);
    let profile = jurisdiction
        .map(|name| admission::profile(name, read))
        .transpose()
        .context("profile_refused")?;
    let place = Place {
        jurisdiction: profile,
        cooling_off_days: None,
    };
    let place = place
        .refunding(contract.chain_id(), contract.config().coolingOff)
        .context("cooling_off_not_whole_days")?;
    Ok(place.admit(plan, contract.chain_id())?)
}

fn names(operators: &[Operator], role: Option<Role>) -> BTreeSet<&str> {
    let has =
        |operator: &&Operator| role.is_none_or(|role| operator.roles.iter().any(|name| name == role.name()));
    operators
        .iter()
        .filter(has)
        .map(|operator| operator.name.as_str())
        .collect()
}

fn are_two_people(operators: &[Operator]) -> anyhow::Result<()> {
    let mut wallets = BTreeSet::new();
    for operator in operators {
        ensure!(
            wallets.insert(operator.wallet),
            "operator_repeats: {} is the wallet of two operators",
            operator.wallet
        );
    }
    ensure!(
        names(operators, None).len() >= 2,
        "operators_too_few: a ledger needs at least two operators"
    );
    Ok(())
}

/// Nothing moves on one person's word, so there must be two who can give theirs.
fn can_act(operators: &[Operator]) -> anyhow::Result<()> {
    let admins = names(operators, Some(Role::ConfigAdmin));
    ensure!(
        admins.len() >= 2,
        "config_admins_too_few: at least two people must be config admins"
    );
    let builders = names(operators, Some(Role::Builder));
    let approvers = names(operators, Some(Role::Approver));
    ensure!(
        builders
            .iter()
            .any(|builder| approvers.iter().any(|approver| approver != builder)),
        "nobody_approves: a builder and an approver must be two people"
    );
    Ok(())
}

fn have_secret_keys(operators: &[Operator]) -> anyhow::Result<()> {
    let known = operators
        .iter()
        .find(|operator| development::is_public_knowledge(operator.wallet));
    match known {
        Some(operator) => bail!("key_is_public: the key of {} is public", operator.name),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
