//! The people of a local chain who agree to payments, and the reconciler who attests them: with public development
//! keys, for the development system and for tests.

use alloy_primitives::{Address, B256};
use anyhow::Context;
use approval::{Approval, Attestation, Domain, People, Person, Proposal, Role};
use k256::ecdsa::SigningKey;

use crate::postgres::connect;
use crate::wallets::Wallet;

/// The operators have the last accounts, one for each set of roles: two people stand behind every change.
const OPERATORS: usize = crate::anvil::ACCOUNTS as usize - OPERATOR_ROLES.len();

/// The operators by name, with their roles.
pub const OPERATOR_ROLES: [(&str, &[&str]); 4] = [
    ("builder", &["viewer", "support", "builder"]),
    ("approver", &["viewer", "approver"]),
    ("config-admin", &["viewer", "config_admin"]),
    ("auditor", &["viewer", "auditor"]),
];

/// The account with which the reconciler of a local chain attests: the deployer's.
const ATTESTOR: usize = 0;

/// The account that pays for relayed exits: the one before the operators'.
const RELAYER: usize = OPERATORS - 1;

/// The operators' wallets with their names.
pub fn operators() -> impl Iterator<Item = (Wallet, &'static str, &'static [&'static str])> {
    OPERATOR_ROLES
        .iter()
        .enumerate()
        .map(|(index, (name, roles))| (Wallet::at(OPERATORS + index), *name, *roles))
}

/// Whether an account of the local chain is an operator's; which one.
pub fn operator_of(account: usize) -> Option<&'static str> {
    Some(OPERATOR_ROLES.get(account.checked_sub(OPERATORS)?)?.0)
}

/// An operator beside the usual ones.
#[derive(Debug, Clone)]
pub struct Colleague {
    /// Who it is.
    pub name: String,
    /// The wallet.
    pub wallet: Address,
    /// Names of roles.
    pub roles: Vec<String>,
}

/// The signers' list of people: the operators of a development system, and others. The approver is an administrator, too,
/// so that two people can change the list.
///
/// # Errors
/// Two of them share a name or a wallet.
pub fn people(colleagues: &[Colleague]) -> anyhow::Result<People> {
    let usual = operators().map(|(wallet, name, roles)| Colleague {
        name: name.to_owned(),
        wallet: address(wallet),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    });
    let people = usual.chain(colleagues.iter().cloned()).map(|colleague| {
        let mut roles: std::collections::BTreeSet<Role> = colleague
            .roles
            .iter()
            .filter_map(|role| Role::by_name(role))
            .collect();
        if colleague.name == "approver" {
            roles.insert(Role::ConfigAdmin);
        }
        Person {
            id: colleague.name.replace(' ', "-"),
            roles,
            from: 0,
            until: None,
            wallets: std::collections::BTreeSet::from([colleague.wallet]),
        }
    });
    // Who only looks agrees to nothing.
    let people = people.filter(|person| !person.roles.is_empty());
    People::new(1, 2, people.collect()).context("the list of people breaks a rule")
}

/// Sets the signers' list at their console, as the owner of their database.
pub async fn set_people(signer_database_url: &str, people: &People) -> anyhow::Result<()> {
    let mut connection = connect(signer_database_url).await?;
    let statement = "INSERT INTO signer.people (version, list, recorded_at_ms) \
        SELECT coalesce(max(version), 0) + 1, $1, 0 FROM signer.people \
        HAVING $1 IS DISTINCT FROM (SELECT list FROM signer.people ORDER BY version DESC LIMIT 1)";
    sqlx::query(statement)
        .bind(people.to_string())
        .execute(&mut connection)
        .await
        .context("the list of people cannot be set")?;
    Ok(sqlx::Connection::close(connection).await?)
}

/// The signatures of builder and approver over a proposal of the builder's.
pub fn approvals(proposal: &Proposal, expires: u64, domain: &Domain) -> Vec<Approval> {
    let digest = proposal.message(expires).digest(domain);
    let both = operators().take(2);
    both.map(|(wallet, ..)| Approval {
        wallet: address(wallet),
        expires,
        signature: sign(wallet, digest).to_vec(),
    })
    .collect()
}

/// The usual builder's wallet.
pub fn builder() -> Address {
    address(Wallet::at(OPERATORS))
}

/// The usual approver's wallet.
pub fn approver() -> Address {
    address(Wallet::at(OPERATORS + 1))
}

/// The attestor's signature.
#[must_use]
pub fn attest(attestation: &Attestation, domain: &Domain) -> [u8; 65] {
    sign(Wallet::at(ATTESTOR), attestation.message().digest(domain))
}

/// The attestor's private key, in hexadecimal with prefix.
pub fn attestor_key() -> String {
    format!("0x{}", Wallet::at(ATTESTOR).private_key())
}

/// Whether an account of the local chain pays for relayed exits.
pub const fn is_relayer(account: usize) -> bool {
    account == RELAYER
}

/// The private key of the account that pays for relayed exits, in hexadecimal with prefix.
pub fn relayer_key() -> String {
    format!("0x{}", Wallet::at(RELAYER).private_key())
}

/// A signature of a wallet over a digest.
///
/// # Panics
/// Never: the keys of the local chain are valid.
#[must_use]
pub fn sign(wallet: Wallet, digest: B256) -> [u8; 65] {
    let (signature, recovery) = key(wallet)
        .sign_prehash_recoverable(digest.as_slice())
        .expect("a digest can be signed");
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    bytes[64] = 27 + recovery.to_byte();
    bytes
}

/// The address of a wallet.
pub fn address(wallet: Wallet) -> Address {
    Address::from_public_key(key(wallet).verifying_key())
}

fn key(wallet: Wallet) -> SigningKey {
    let bytes = hex::decode(wallet.private_key()).expect("the local chain's keys are hexadecimal");
    SigningKey::from_slice(&bytes).expect("the local chain's keys are valid")
}
