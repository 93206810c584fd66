//! Contract bindings generated from the exported JSON: [`ICustody`] for everything that calls, reads or decodes, and
//! [`deployable`] for the bytecode. The interface is the whole one, what the contract offers beyond the agreed part included.
//!
//! Not responsible for typed data ([`crate::typed_data`]) or for sending a deployment ([`crate::deploy`]). Amounts are
//! wei, times are Unix seconds; what calls do and which errors they raise stands in `contracts/src/interfaces`.
#![expect(
    missing_docs,
    clippy::too_many_arguments,
    reason = "generated; the documentation is in the Solidity interface"
)]

use alloy::sol;

sol!(
    #[sol(rpc, all_derives)]
    ICustody,
    "json/ICustodyLeaves.json"
);

/// The contract that is deployed. It has an own module because its constructor brings a second `Config`.
pub mod deployable {
    use alloy::sol;

    sol!(
        #[sol(rpc)]
        Custody,
        "json/Custody.json"
    );
}
