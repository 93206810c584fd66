//! Where a configuration's contract lives, before it is deployed: its address follows from name, code and configuration.
//!
//! The contract is created by the deterministic deployment proxy that most EVM chains have at one address. Whoever sends
//! the same call gets the same contract at the same place, so it does not matter who was first. Not responsible for
//! sending.

use alloy::primitives::{Address, B256, Bytes, address, hex, keccak256};

/// Address of the deterministic deployment proxy: the same on every chain, because the transaction that created it was
/// signed by nobody in particular.
pub const PROXY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

/// The proxy's code: it takes a salt and creation code, and answers the address of what it created.
pub const PROXY_CODE: [u8; 69] = hex!(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
);

/// What stands before a deployment's name in what its salt is the hash of.
const SALT_PREFIX: &str = "TrellisCustody/";

/// One contract-to-be: creation code with its argument, and the salt that tells several of them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    salt: B256,
    code: Bytes,
}

impl Creation {
    /// The contract of this name with this creation code, constructor's argument included.
    pub fn new(name: &str, code: Bytes) -> Self {
        Self {
            salt: keccak256(format!("{SALT_PREFIX}{name}")),
            code,
        }
    }

    /// `keccak256("TrellisCustody/" ‖ name)`.
    pub const fn salt(&self) -> B256 {
        self.salt
    }

    /// Creation code with the constructor's argument.
    pub const fn code(&self) -> &Bytes {
        &self.code
    }

    /// Where it will live, or lives: `keccak256(0xff ‖ proxy ‖ salt ‖ keccak256(code))`, the last 20 bytes (EIP-1014).
    pub fn address(&self) -> Address {
        PROXY.create2_from_code(self.salt, &self.code)
    }

    /// What the proxy has to be called with.
    pub fn call(&self) -> Bytes {
        [self.salt.as_slice(), &self.code].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deploy::Asset;
    use crate::development;

    #[test]
    fn an_address_follows_from_name_and_code_by_the_rule_of_create2() {
        let creation = Creation::new("one", Asset::Native.creation_code(&development::config()));
        let mut preimage = vec![0xff];
        preimage.extend_from_slice(PROXY.as_slice());
        preimage.extend_from_slice(keccak256("TrellisCustody/one").as_slice());
        preimage.extend_from_slice(keccak256(creation.code()).as_slice());
        assert_eq!(creation.address().as_slice(), &keccak256(preimage)[12..]);
    }

    #[test]
    fn another_name_or_one_other_second_is_another_address() {
        let config = development::config();
        let mut slower = config.clone();
        slower.vetoDelay += 1;
        let address = |name, config| Creation::new(name, Asset::Native.creation_code(config)).address();
        let first = address("one", &config);
        assert_ne!(first, address("two", &config));
        assert_ne!(first, address("one", &slower));
        assert_eq!(first, address("one", &config));
    }

    #[test]
    fn every_token_has_a_contract_at_an_address_of_its_own() {
        let config = development::config();
        let place = |asset: Asset| Creation::new("one", asset.creation_code(&config)).address();
        let token = |byte, decimals| Asset::Token {
            address: Address::repeat_byte(byte),
            decimals,
        };
        assert_ne!(place(Asset::Native), place(token(1, 6)));
        assert_ne!(place(token(1, 6)), place(token(2, 6)));
        assert_eq!(
            place(token(1, 6)),
            place(token(1, 18)),
            "the token itself says its decimals"
        );
    }

    #[test]
    fn the_call_is_the_salt_and_then_the_code() {
        let creation = Creation::new("one", Bytes::from_static(&[1, 2, 3]));
        assert_eq!(creation.call()[..32], creation.salt()[..]);
        assert_eq!(creation.call()[32..], [1, 2, 3]);
    }
}
