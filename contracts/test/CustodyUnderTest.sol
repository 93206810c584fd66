// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {Custody} from "../src/Custody.sol";
import {ICustody} from "../src/interfaces/ICustody.sol";

/// @notice The contract itself, with a view into its escrow for the invariants and into its constants. Tests know it as
/// `CustodyHarness`.
contract CustodyUnderTest is Custody {
    constructor(ICustody.Config memory c) Custody(c) {}

    function bucket(uint256 day) external view returns (uint256) {
        return _buckets[day] * _unit();
    }

    function sweptThrough() external view returns (uint256) {
        return _sweptThrough;
    }

    function typeHashes() external pure returns (bytes32[7] memory) {
        return [
            REGISTRATION_TYPEHASH,
            RETOPUP_TYPEHASH,
            PAYOUT_BATCH_TYPEHASH,
            LIABILITIES_ROOT_TYPEHASH,
            WITHDRAWAL_TYPEHASH,
            REFUND_TYPEHASH,
            CLAIM_TYPEHASH
        ];
    }
}
