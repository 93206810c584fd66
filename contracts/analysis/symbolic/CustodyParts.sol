// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Custody} from "../../src/Custody.sol";
import {SumTree} from "../../src/SumTree.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";

/// @notice The contract with some of its inner parts as functions of their own, to be proved one by one.
contract CustodyParts is Custody {
    error Room(uint256 room);

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

    /// @dev Takes all there is, says how much, and undoes it.
    function measureRoomForClaims() external {
        revert Room(_takeForClaim(type(uint256).max, type(uint256).max));
    }

    function roomForClaims() external returns (uint256 room) {
        try this.measureRoomForClaims() {}
        catch (bytes memory answer) {
            if (bytes4(answer) == Room.selector) {
                assembly {
                    room := mload(add(answer, 0x24))
                }
            }
        }
    }

    function level() external view returns (uint256) {
        return _level;
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

    function setAccount(address user, uint112 paid, uint112 credit, uint32 frozenUntil) external {
        Account storage a = _account(user);
        (a.paid, a.credit, a.frozenUntil) = (paid, credit, frozenUntil);
    }

    function setSums(uint96 pushed, uint96 claimed, uint96 credited, uint56 units) external {
        (_pushed, _claimed, _credited, _escrowedUnits) = (pushed, claimed, credited, units);
    }

    function escrowedUnits() external view returns (uint256) {
        return _escrowedUnits;
    }

    function unitsOf(bytes32 ref) external view returns (uint256) {
        return _deposits[ref].units;
    }
}
