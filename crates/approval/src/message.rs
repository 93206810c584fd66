//! Typed messages of flat structs: one list of fields gives the type string, the digest and what a wallet shows.

use alloy_primitives::{Address, B256, Keccak256, U256, keccak256};

/// Name in the signing domain: another one than the contract's, so that neither takes the other's signatures.
pub const DOMAIN_NAME: &str = "TrellisOperations";
/// Version in the signing domain.
pub const DOMAIN_VERSION: &str = "1";

const DOMAIN_TYPE: &str =
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

/// For which ledger a message is: the contract on its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Domain {
    /// The chain.
    pub chain_id: u64,
    /// The custody contract.
    pub contract: Address,
}

impl Domain {
    /// The domain separator of EIP-712.
    pub fn separator(&self) -> B256 {
        let mut hasher = Keccak256::new();
        hasher.update(keccak256(DOMAIN_TYPE));
        hasher.update(keccak256(DOMAIN_NAME));
        hasher.update(keccak256(DOMAIN_VERSION));
        hasher.update(U256::from(self.chain_id).to_be_bytes::<32>());
        hasher.update(self.contract.into_word());
        hasher.finalize()
    }
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// `string`.
    Text(String),
    /// `bytes32`.
    Hash(B256),
    /// `address`.
    Address(Address),
    /// `uint256`.
    Number(U256),
}

impl Value {
    /// A `uint256`.
    pub fn number(number: impl Into<u128>) -> Self {
        Self::Number(U256::from(number.into()))
    }

    /// Its type in the message's type string.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Hash(_) => "bytes32",
            Self::Address(_) => "address",
            Self::Number(_) => "uint256",
        }
    }

    /// As JSON of a wallet has it: numbers in decimal, everything else as text.
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Hash(hash) => format!("{hash:#x}"),
            Self::Address(address) => address.to_checksum(None),
            Self::Number(number) => number.to_string(),
        }
    }

    fn word(&self) -> B256 {
        match self {
            Self::Text(text) => keccak256(text),
            Self::Hash(hash) => *hash,
            Self::Address(address) => address.into_word(),
            Self::Number(number) => B256::from(number.to_be_bytes::<32>()),
        }
    }
}

/// A named value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: Value,
}

/// A typed message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Message {
    /// The primary type.
    pub primary: &'static str,
    /// Its fields, in the order in which they are hashed and shown.
    pub fields: Vec<Field>,
}

impl Message {
    pub(crate) fn new(primary: &'static str, fields: Vec<(&'static str, Value)>) -> Self {
        let field = |(name, value)| Field { name, value };
        Self {
            primary,
            fields: fields.into_iter().map(field).collect(),
        }
    }

    /// The type string.
    pub fn type_string(&self) -> String {
        let field = |field: &Field| format!("{} {}", field.value.kind(), field.name);
        let fields: Vec<String> = self.fields.iter().map(field).collect();
        format!("{}({})", self.primary, fields.join(","))
    }

    /// What is signed: `keccak256(0x1901 ‖ domain separator ‖ struct hash)`.
    pub fn digest(&self, domain: &Domain) -> B256 {
        let mut content = Keccak256::new();
        content.update(keccak256(self.type_string()));
        for field in &self.fields {
            content.update(field.value.word());
        }
        let mut hasher = Keccak256::new();
        hasher.update([0x19, 0x01]);
        hasher.update(domain.separator());
        hasher.update(content.finalize());
        hasher.finalize()
    }
}
