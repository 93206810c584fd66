//! Accounts and configuration of the local development chain.
//!
//! The keys are those that every development node prints at its start: public knowledge, worthless anywhere else. Whoever
//! uses them must have refused public chains before.

use alloy::primitives::aliases::U96;
use alloy::primitives::{Address, B256, address, b256};

use crate::bindings::ICustody;

mod known;

pub use known::is_public_knowledge;

/// Chain ids of development nodes: nobody's money.
const LOCAL_CHAIN_IDS: [u64; 2] = [31_337, 1_337];

/// Whether a chain is a local development chain; every other one counts as public.
pub fn is_local_chain(chain_id: u64) -> bool {
    LOCAL_CHAIN_IDS.contains(&chain_id)
}

/// A well-known account with funds on the development chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// What it is used for.
    pub role: &'static str,
    /// Its address.
    pub address: Address,
    /// Its private key, public knowledge.
    pub private_key: B256,
}

/// Sends the deployment and holds no role. Account 0 of the development node.
pub const DEPLOYER: Account = Account {
    role: "deployer",
    address: address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    private_key: b256!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
};
/// Admin. Account 1.
pub const ADMIN: Account = Account {
    role: "admin",
    address: address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    private_key: b256!("59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
};
/// Attests batches and roots as the reconciler: the deployer's account, which has no role at the contract.
pub const ATTESTOR: Account = Account {
    role: "attestor",
    ..DEPLOYER
};
/// Guardian. Account 2.
pub const GUARDIAN: Account = Account {
    role: "guardian",
    address: address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    private_key: b256!("5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
};
/// Freezer. Account 3.
pub const FREEZER: Account = Account {
    role: "freezer",
    address: address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
    private_key: b256!("7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
};
/// Treasurer. Account 4.
pub const TREASURER: Account = Account {
    role: "treasurer",
    address: address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    private_key: b256!("47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a"),
};
/// Submitter of batches and roots. Account 5.
pub const SUBMITTER: Account = Account {
    role: "submitter",
    address: address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    private_key: b256!("8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba"),
};
/// Signer of intake and batch authorizations. Account 6.
pub const SIGNER: Account = Account {
    role: "signer",
    address: address!("976EA74026E726554dB657fA54763abd0C3a0aa9"),
    private_key: b256!("92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e"),
};
/// Signer of liabilities roots. Account 7.
pub const ROOT_SIGNER: Account = Account {
    role: "root-signer",
    address: address!("14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    private_key: b256!("4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356"),
};

/// All of them, deployer first; the node's accounts from this length on are free for users.
pub const ACCOUNTS: [Account; 8] = [
    DEPLOYER,
    ADMIN,
    GUARDIAN,
    FREEZER,
    TREASURER,
    SUBMITTER,
    SIGNER,
    ROOT_SIGNER,
];

const DAY: u32 = 24 * 60 * 60;
const WEI_PER_BNB: u128 = 1_000_000_000_000_000_000;

/// The development chain's configuration: cooling-off 14 days, veto 1 day, operations 3 days, longest freeze 12 hours, cap
/// 10,000,000 BNB with a floor of 1,000 BNB, a distinct account per role.
pub fn config() -> ICustody::Config {
    ICustody::Config {
        admin: ADMIN.address,
        guardian: GUARDIAN.address,
        freezer: FREEZER.address,
        treasurer: TREASURER.address,
        submitter: SUBMITTER.address,
        signer: SIGNER.address,
        rootSigner: ROOT_SIGNER.address,
        coolingOff: 14 * DAY,
        vetoDelay: DAY,
        operationDelay: 3 * DAY,
        maxFreeze: DAY / 2,
        outflowCap: U96::from(10_000_000 * WEI_PER_BNB),
        outflowFloor: U96::from(1_000 * WEI_PER_BNB),
        predecessor: Address::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_signer_local::PrivateKeySigner;

    #[test]
    fn every_key_belongs_to_its_address_and_no_account_is_used_twice() {
        for (i, account) in ACCOUNTS.iter().enumerate() {
            let key = PrivateKeySigner::from_bytes(&account.private_key).expect("a valid key");
            assert_eq!(key.address(), account.address, "{}", account.role);
            assert!(ACCOUNTS[..i].iter().all(|other| other.address != account.address));
        }
    }
}
