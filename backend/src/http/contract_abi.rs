//! The contract's ABI in the JSON format of compilers and libraries.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::State;
use money::Asset;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Server;
use super::code::Code;
use super::error::Problem;

/// The interface of the contract for the chain's own coin.
const COIN: &str = include_str!("../../../abi/json/ICustody.json");
/// The same for a token.
const TOKEN: &str = include_str!("../../../abi/json/ICustodyToken.json");

/// A function, an event or an error of the contract.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum AbiItem {
    /// Something that can be called.
    #[serde(rename_all = "camelCase")]
    Function {
        name: String,
        inputs: Vec<AbiParameter>,
        outputs: Vec<AbiParameter>,
        state_mutability: StateMutability,
    },
    /// Something that is logged.
    Event {
        name: String,
        inputs: Vec<AbiEventParameter>,
        anonymous: bool,
    },
    /// A cause with which a call is reverted.
    Error { name: String, inputs: Vec<AbiParameter> },
}

/// What a function does to the chain.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StateMutability {
    /// Neither reads nor writes.
    Pure,
    /// Only reads.
    View,
    /// Writes, and takes no money.
    Nonpayable,
    /// Writes, and takes money.
    Payable,
}

/// A value that goes in or comes out.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AbiParameter {
    /// Empty for a result without a name.
    name: String,
    /// Such as `uint256`.
    #[serde(rename = "type")]
    kind: String,
    /// What the source calls the type.
    internal_type: String,
    /// Of a `tuple`: what it is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    components: Vec<AbiParameter>,
}

/// A value of an event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AbiEventParameter {
    /// Whether it is a topic.
    indexed: bool,
    #[serde(flatten)]
    #[schema(inline)]
    parameter: AbiParameter,
}

/// The interface of the custody contract, as compilers write it.
#[utoipa::path(get, path = "/abi", tag = "plan",
    responses((status = 200, description = "Functions, events and errors", body = Vec<AbiItem>)))]
pub async fn abi(State(server): State<Server>) -> Result<Json<&'static Vec<AbiItem>>, Problem> {
    static COIN_ABI: LazyLock<Option<Vec<AbiItem>>> = LazyLock::new(|| read(COIN));
    static TOKEN_ABI: LazyLock<Option<Vec<AbiItem>>> = LazyLock::new(|| read(TOKEN));
    let abi = match server.app.ledger.plan.asset() {
        Asset::Bnb => &COIN_ABI,
        Asset::Usdt | Asset::Inr => &TOKEN_ABI,
    };
    abi.as_ref().map(Json).ok_or_else(|| Problem::new(Code::Internal))
}

fn read(artifact: &str) -> Option<Vec<AbiItem>> {
    let mut artifact: Value = serde_json::from_str(artifact).ok()?;
    serde_json::from_value(artifact["abi"].take()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_served_is_what_the_compiler_wrote() {
        for artifact in [COIN, TOKEN] {
            let written: Value = serde_json::from_str(artifact).unwrap();
            let served = serde_json::to_value(read(artifact).unwrap()).unwrap();
            assert_eq!(served, written["abi"]);
        }
    }
}
