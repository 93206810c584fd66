// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Custody} from "../../src/Custody.sol";
import {SumTree} from "../../src/SumTree.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";

/// @notice The contract with some of its inner parts as functions of their own, to be proved one by one.
contract CustodyParts is Custody {
    constructor(ICustody.Config memory c) Custody(c) {}

    function takeForPayment(uint256 amount) external {
        _takeForPayment(amount);
    }

    function takeForClaim(uint256 amount) external {
        _takeForLeaves(amount);
    }

    function raise(uint256 cap) external {
        _raiseOutflowCap(cap);
    }

    function roomForClaims() external view returns (uint256) {
        return _roomForClaims();
    }

    function roomForPayments() external view returns (uint256) {
        return _roomForPayments();
    }

    function record(bytes calldata entry) external {
        _record(1, entry);
    }

    function climbs(bytes32 node, uint256 sum, ICustody.SumNode[] calldata proof, bytes32 root, uint256 total)
        external
        pure
        returns (bool)
    {
        return SumTree.climbs(node, sum, proof, root, total);
    }

    function above(bytes32[] calldata leaves) external pure returns (bytes32 hash, uint256 sum) {
        return SumTree.above(leaves);
    }

    function bucket(uint256 day) external view returns (uint256) {
        return _buckets[day];
    }

    function sweptThrough() external view returns (uint256) {
        return _sweptThrough;
    }

    function setAccount(address user, uint112 paid, uint112 credit) external {
        _accounts[user] = Account(paid, credit, NEVER_FROZEN);
        _credited = uint96(credit);
    }
}
