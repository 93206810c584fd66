//! The people of a development system and their public keys.

use std::time::{Duration, Instant};

use abi::development::ACCOUNTS;
use alloy_signer_local::PrivateKeySigner;
use anyhow::{Context, ensure};
use store::operator::Operator;

use crate::agreement::{self, operator_of};
use crate::endpoints::EndpointAccount;
use crate::wallets::Wallet;
use crate::world::participant::Person;
use crate::world::site::Site;

/// How long a registration may take to become final and posted.
const POSTED_WITHIN: Duration = Duration::from_secs(90);

/// Between two looks at the ledger.
const POLL: Duration = Duration::from_millis(50);

/// The accounts of the contract's roles come first, then the root user.
const ROOT_USER: usize = ACCOUNTS.len();

/// The wallet of the root user, the only one without a sponsor.
pub fn root_user() -> Wallet {
    Wallet::at(ROOT_USER)
}

/// All accounts of the local chain with what they are used for.
pub fn accounts() -> anyhow::Result<Vec<EndpointAccount>> {
    Wallet::all()
        .map(|wallet| {
            let role = match (wallet.index(), operator_of(wallet.index())) {
                (index, _) if index < ROOT_USER => ACCOUNTS[index].role.to_owned(),
                (ROOT_USER, _) => "root".to_owned(),
                (index, None) if agreement::is_relayer(index) => "relayer".to_owned(),
                (_, Some(operator)) => format!("operator:{operator}"),
                (_, None) => "user".to_owned(),
            };
            let address = signer(wallet)?.address().to_checksum(None);
            Ok(EndpointAccount {
                role,
                address,
                private_key: format!("0x{}", wallet.private_key()),
            })
        })
        .collect()
}

/// The operators of a development system, as its ledger knows them.
pub(crate) fn operators() -> anyhow::Result<Vec<Operator>> {
    let entered = agreement::operators().map(|(wallet, name, roles)| {
        Ok(Operator {
            wallet: signer(wallet)?.address(),
            name: name.to_owned(),
            roles: roles.iter().map(ToString::to_string).collect(),
        })
    });
    entered.collect()
}

/// Registers the root user on the chain, as any user would, and waits until the ledger knows.
pub(crate) async fn register_root(site: &Site) -> anyhow::Result<()> {
    let mut root = Person::with(root_user());
    let least = root.least_registration(site).await?;
    root.register_for(site, None, least).await?;
    let deadline = Instant::now() + POSTED_WITHIN;
    while root.id(site).await.is_err() {
        ensure!(
            Instant::now() < deadline,
            "not in the ledger after {POSTED_WITHIN:?}"
        );
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}

pub(crate) fn signer(wallet: Wallet) -> anyhow::Result<PrivateKeySigner> {
    wallet
        .private_key()
        .parse()
        .context("the local chain's keys are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_account_has_one_use_and_the_contract_roles_their_known_addresses() {
        let accounts = accounts().unwrap();
        assert_eq!(accounts.len(), 64);
        for (known, listed) in ACCOUNTS.iter().zip(&accounts) {
            assert_eq!(known.address.to_checksum(None), listed.address);
            assert_eq!(known.role, listed.role);
        }
        assert_eq!(accounts[8].role, "root");
        assert_eq!(
            accounts.iter().filter(|account| account.role == "user").count(),
            50
        );
        assert_eq!(accounts[63].role, "operator:auditor");
    }
}
