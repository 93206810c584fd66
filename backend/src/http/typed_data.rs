//! Messages for wallets to sign with `eth_signTypedData_v4` (EIP-712).

use std::collections::BTreeMap;

use approval::{DOMAIN_NAME, DOMAIN_VERSION, Domain, Message};
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::Wallet;

/// A message for `eth_signTypedData_v4` (EIP-712).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TypedData {
    /// The fields of each type, that of the domain included.
    types: BTreeMap<&'static str, Vec<TypedField>>,
    domain: TypedDomain,
    /// Which of the types the message has.
    primary_type: &'static str,
    /// The values: numbers in decimal, everything else as text.
    message: BTreeMap<&'static str, String>,
}

/// A field of a type.
#[derive(Debug, Serialize, ToSchema)]
pub struct TypedField {
    name: &'static str,
    /// Such as `uint256`.
    #[serde(rename = "type")]
    kind: &'static str,
}

/// Where the message counts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TypedDomain {
    name: &'static str,
    version: &'static str,
    chain_id: u64,
    verifying_contract: Wallet,
}

impl TypedData {
    pub(super) fn of(message: &Message, domain: &Domain) -> Self {
        let field = |name, kind| TypedField { name, kind };
        let of_domain = vec![
            field("name", "string"),
            field("version", "string"),
            field("chainId", "uint256"),
            field("verifyingContract", "address"),
        ];
        let fields = message.fields.iter();
        let of_message = fields.map(|known| field(known.name, known.value.kind()));
        let values = message.fields.iter();
        Self {
            types: BTreeMap::from([
                ("EIP712Domain", of_domain),
                (message.primary, of_message.collect()),
            ]),
            domain: TypedDomain {
                name: DOMAIN_NAME,
                version: DOMAIN_VERSION,
                chain_id: domain.chain_id,
                verifying_contract: domain.contract.into(),
            },
            primary_type: message.primary,
            message: values.map(|known| (known.name, known.value.text())).collect(),
        }
    }
}
