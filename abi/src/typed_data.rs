//! The EIP-712 domain and the five messages that the contract verifies, with their digests.
//!
//! Not responsible for signing, for replay or for what may be signed. Amounts are wei, times are Unix seconds.

use alloy::primitives::{Address, B256, ChainId};
use alloy::sol;
use alloy::sol_types::{Eip712Domain, SolStruct, eip712_domain};

use crate::bindings::ICustody;

sol! {
    /// Authorization to register: `ICustody.Intake` under its own type hash.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Registration {
        address user;
        address sponsor;
        uint256 amount;
        bytes32 planHash;
        bytes32 disclosureHash;
        bytes32 ref;
        uint256 deadline;
    }

    /// Authorization to retop up: `ICustody.Intake` under its own type hash; the sponsor is zero.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Retopup {
        address user;
        address sponsor;
        uint256 amount;
        bytes32 planHash;
        bytes32 disclosureHash;
        bytes32 ref;
        uint256 deadline;
    }

    /// Authorization of a batch: `ICustody.PayoutBatch` and the payout words `address ‖ uint96 target`.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct PayoutBatch {
        bytes32 batchId;
        address submitter;
        uint256 maxTotal;
        bytes32 manifestHash;
        uint256 validAfter;
        uint256 deadline;
        bytes32[] payouts;
    }

    /// Authorization to publish a liabilities root.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct LiabilitiesRoot {
        bytes32 root;
        uint256 total;
        uint256 asOfSeq;
        uint256 validAfter;
        uint256 deadline;
    }

    /// A user's own instruction to send the whole credit to `to`.
    #[derive(Debug, PartialEq, Eq, Hash)]
    struct Withdrawal {
        address user;
        address to;
        uint256 amount;
        uint256 nonce;
        uint256 deadline;
    }
}

/// Name in the signing domain.
pub const DOMAIN_NAME: &str = "TrellisCustody";
/// Version in the signing domain.
pub const DOMAIN_VERSION: &str = "1";

/// The domain of one deployed contract on one chain.
#[must_use]
pub fn domain(chain_id: ChainId, contract: Address) -> Eip712Domain {
    eip712_domain! {
        name: DOMAIN_NAME,
        version: DOMAIN_VERSION,
        chain_id: chain_id,
        verifying_contract: contract,
    }
}

/// What is signed: `keccak256(0x1901 ‖ domain separator ‖ struct hash)`.
#[must_use]
pub fn digest(message: &impl SolStruct, domain: &Eip712Domain) -> B256 {
    message.eip712_signing_hash(domain)
}

impl From<&ICustody::Intake> for Registration {
    fn from(intake: &ICustody::Intake) -> Self {
        let ICustody::Intake {
            user,
            sponsor,
            amount,
            planHash,
            disclosureHash,
            r#ref,
            deadline,
        } = intake.clone();
        Self {
            user,
            sponsor,
            amount,
            planHash,
            disclosureHash,
            r#ref,
            deadline,
        }
    }
}

impl From<&ICustody::Intake> for Retopup {
    fn from(intake: &ICustody::Intake) -> Self {
        let ICustody::Intake {
            user,
            sponsor,
            amount,
            planHash,
            disclosureHash,
            r#ref,
            deadline,
        } = intake.clone();
        Self {
            user,
            sponsor,
            amount,
            planHash,
            disclosureHash,
            r#ref,
            deadline,
        }
    }
}

impl PayoutBatch {
    /// The signed message of a batch call with its list.
    #[must_use]
    pub fn of_call(batch: &ICustody::PayoutBatch, payouts: Vec<B256>) -> Self {
        let ICustody::PayoutBatch {
            batchId,
            submitter,
            maxTotal,
            manifestHash,
            validAfter,
            deadline,
        } = batch.clone();
        Self {
            batchId,
            submitter,
            maxTotal,
            manifestHash,
            validAfter,
            deadline,
            payouts,
        }
    }
}

impl From<&ICustody::LiabilitiesRoot> for LiabilitiesRoot {
    fn from(call: &ICustody::LiabilitiesRoot) -> Self {
        let ICustody::LiabilitiesRoot {
            root,
            total,
            asOfSeq,
            validAfter,
            deadline,
        } = call.clone();
        Self {
            root,
            total,
            asOfSeq,
            validAfter,
            deadline,
        }
    }
}

impl From<&ICustody::Withdrawal> for Withdrawal {
    fn from(call: &ICustody::Withdrawal) -> Self {
        let ICustody::Withdrawal {
            user,
            to,
            amount,
            nonce,
            deadline,
        } = call.clone();
        Self {
            user,
            to,
            amount,
            nonce,
            deadline,
        }
    }
}
