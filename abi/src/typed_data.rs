//! The EIP-712 domain and the messages that the contract verifies, with their digests.
//!
//! Not responsible for signing, for replay or for what may be signed. Amounts are wei, times are Unix seconds.
//!
//! Type strings are written out here, because those that alloy derives are wrong for a field called `ref`: a Rust keyword,
//! which it renders as `r#ref`. So [`Registration`] and [`Retopup`] deliberately are no `SolStruct`, and nobody can hash
//! them by the wrong name, and [`Refund`] neither; golden vectors of an independent implementation hold the rest.

use alloy::primitives::{Address, B256, ChainId, Keccak256, keccak256};
use alloy::sol_types::{Eip712Domain, SolStruct, eip712_domain};

use crate::bindings::ICustody;

/// Name in the signing domain.
pub const DOMAIN_NAME: &str = "TrellisCustody";
/// Version in the signing domain.
pub const DOMAIN_VERSION: &str = "1";

/// The domain of one deployed contract on one chain.
pub fn domain(chain_id: ChainId, contract: Address) -> Eip712Domain {
    eip712_domain! {
        name: DOMAIN_NAME,
        version: DOMAIN_VERSION,
        chain_id: chain_id,
        verifying_contract: contract,
    }
}

/// Authorization to register.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registration(pub ICustody::Intake);

/// Authorization to buy a retopup; its sponsor is zero.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Retopup(pub ICustody::Intake);

/// Authorization of a batch together with its list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PayoutBatch {
    /// The fields that the call carries beside the list.
    pub batch: ICustody::PayoutBatch,
    /// Words `address ‖ uint96 target`, strictly ascending by address.
    pub payouts: Vec<B256>,
}

/// The user's own agreement to a registration that someone else sends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegistrationConsent(pub ICustody::Intake);

/// The user's own agreement to a retopup that someone else sends.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RetopupConsent(pub ICustody::Intake);

/// The depositor's order to take a deposit back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refund(pub ICustody::Refund);

/// A message that the contract verifies. [`ICustody::LiabilitiesRoot`], [`ICustody::Withdrawal`] and
/// [`ICustody::Claim`] are signed as they are.
pub trait Message: sealed::Fields {
    /// The EIP-712 type string, as the contract hashes it.
    const TYPE: &'static str;

    /// Hash of the type string.
    #[must_use]
    fn type_hash() -> B256 {
        keccak256(Self::TYPE)
    }

    /// `hashStruct` of EIP-712.
    #[must_use]
    fn struct_hash(&self) -> B256 {
        let mut hasher = Keccak256::new();
        hasher.update(Self::type_hash());
        hasher.update(self.encode_fields());
        hasher.finalize()
    }
}

/// What is signed: `keccak256(0x1901 ‖ domain separator ‖ struct hash)`.
pub fn digest(message: &impl Message, domain: &Eip712Domain) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update([0x19, 0x01]);
    hasher.update(domain.separator());
    hasher.update(message.struct_hash());
    hasher.finalize()
}

impl Message for Registration {
    const TYPE: &'static str = "Registration(address user,address sponsor,uint256 amount,bytes32 planHash,bytes32 disclosureHash,bytes32 ref,uint256 deadline)";
}

impl Message for Retopup {
    const TYPE: &'static str = "Retopup(address user,address sponsor,uint256 amount,bytes32 planHash,bytes32 disclosureHash,bytes32 ref,uint256 deadline)";
}

impl Message for PayoutBatch {
    const TYPE: &'static str = "PayoutBatch(bytes32 batchId,address submitter,uint256 maxTotal,bytes32 manifestHash,uint256 validAfter,uint256 deadline,bytes32[] payouts)";
}

impl Message for ICustody::LiabilitiesRoot {
    const TYPE: &'static str =
        "LiabilitiesRoot(bytes32 root,uint256 total,uint256 asOfSeq,uint256 validAfter,uint256 deadline)";
}

impl Message for ICustody::Withdrawal {
    const TYPE: &'static str =
        "Withdrawal(address user,address to,uint256 amount,uint256 nonce,uint256 deadline)";
}

impl Message for RegistrationConsent {
    const TYPE: &'static str = "RegistrationConsent(address user,address sponsor,uint256 amount,bytes32 planHash,bytes32 disclosureHash,bytes32 ref,uint256 deadline)";
}

impl Message for RetopupConsent {
    const TYPE: &'static str = "RetopupConsent(address user,address sponsor,uint256 amount,bytes32 planHash,bytes32 disclosureHash,bytes32 ref,uint256 deadline)";
}

impl Message for Refund {
    const TYPE: &'static str = "Refund(bytes32 ref,address to,uint256 deadline)";
}

impl Message for ICustody::Claim {
    const TYPE: &'static str =
        "Claim(address user,address to,bytes32 root,uint256 entitled,uint256 deadline)";
}

/// Nobody outside invents messages: the contract knows exactly these.
mod sealed {
    use super::{
        ICustody, PayoutBatch, Refund, Registration, RegistrationConsent, Retopup, RetopupConsent, SolStruct,
        keccak256,
    };

    pub trait Fields {
        /// `encodeData` of EIP-712.
        fn encode_fields(&self) -> Vec<u8>;
    }

    impl Fields for Registration {
        fn encode_fields(&self) -> Vec<u8> {
            self.0.eip712_encode_data()
        }
    }

    impl Fields for Retopup {
        fn encode_fields(&self) -> Vec<u8> {
            self.0.eip712_encode_data()
        }
    }

    impl Fields for RegistrationConsent {
        fn encode_fields(&self) -> Vec<u8> {
            self.0.eip712_encode_data()
        }
    }

    impl Fields for RetopupConsent {
        fn encode_fields(&self) -> Vec<u8> {
            self.0.eip712_encode_data()
        }
    }

    impl Fields for Refund {
        fn encode_fields(&self) -> Vec<u8> {
            self.0.eip712_encode_data()
        }
    }

    impl Fields for ICustody::Claim {
        fn encode_fields(&self) -> Vec<u8> {
            self.eip712_encode_data()
        }
    }

    impl Fields for PayoutBatch {
        fn encode_fields(&self) -> Vec<u8> {
            let mut fields = self.batch.eip712_encode_data();
            fields.extend(keccak256(self.payouts.concat()));
            fields
        }
    }

    impl Fields for ICustody::LiabilitiesRoot {
        fn encode_fields(&self) -> Vec<u8> {
            self.eip712_encode_data()
        }
    }

    impl Fields for ICustody::Withdrawal {
        fn encode_fields(&self) -> Vec<u8> {
            self.eip712_encode_data()
        }
    }
}
