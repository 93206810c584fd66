//! Contract bindings generated from the exported JSON: [`ICustody`] for everything that calls, reads or decodes in both forms,
//! [`deployable`] and [`deployable_token`] for their bytecode, and [`IToken`] for the functions called on a token. The interface is the
//! whole one, what the contract offers beyond the agreed part included.
//!
//! Not responsible for typed data ([`crate::typed_data`]) or for sending a deployment ([`crate::deploy`]). Amounts are base
//! units (wei of the coin), times are Unix seconds; what calls do and which errors they raise stands in
//! `contracts/src/interfaces`.
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

sol! {
    /// What a token is asked before a contract is made for it, and by whoever compares.
    #[sol(all_derives)]
    interface IToken {
        function decimals() external view returns (uint8);
        function balanceOf(address holder) external view returns (uint256);
        function allowance(address holder, address spender) external view returns (uint256);
        function totalSupply() external view returns (uint256);
    }
}

sol! {
    /// What a contract wallet is asked about a signature (EIP-1271).
    #[sol(all_derives)]
    interface IWallet {
        function isValidSignature(bytes32 digest, bytes signature) external view returns (bytes4);
    }
}

/// The form for the chain's own coin. It has an own module because its constructor brings a second `Config`.
pub mod deployable {
    use alloy::sol;

    sol!(
        #[sol(rpc)]
        Custody,
        "json/Custody.json"
    );
}

/// The form for one token.
pub mod deployable_token {
    use alloy::sol;

    sol!(
        #[sol(rpc)]
        CustodyToken,
        "json/CustodyToken.json"
    );
}
