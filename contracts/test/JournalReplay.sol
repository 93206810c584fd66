// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";
import {ICustodyLeaves} from "../src/interfaces/ICustodyLeaves.sol";
import {Vm} from "./Vm.sol";

/// @notice Recomputes the journal from logs alone, written from the words of the interface, not from the contract.
library JournalReplay {
    struct Head {
        uint64 seq;
        bytes24 root;
        uint256 libraryEvents;
    }

    error NotContiguous(uint256 expected, uint256 found);
    error UnknownEvent(bytes32 topic);
    /// @dev The contract encodes its entries itself; the compiler does not compare them with the events.
    error OtherShape(bytes32 topic);

    function take(Head memory head, address custody, Vm.Log[] memory logs) internal pure {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter == custody) takeOne(head, logs[i].topics, logs[i].data);
        }
    }

    function takeOne(Head memory head, bytes32[] memory topics, bytes memory data) internal pure {
        if (isLibraryEvent(topics[0])) {
            ++head.libraryEvents;
            return;
        }
        if (isBatchDetail(topics[0])) return;
        (uint256 expectedTopics, uint256 expectedWords) = shapeOf(topics[0]);
        if (expectedTopics == 0) revert UnknownEvent(topics[0]);
        if (topics.length != expectedTopics || data.length != 32 * expectedWords) revert OtherShape(topics[0]);
        uint256 seq = abi.decode(data, (uint256));
        if (seq != uint256(head.seq) + 1) revert NotContiguous(uint256(head.seq) + 1, seq);
        head.seq = uint64(seq);
        bytes32 entry = keccak256(bytes.concat(abi.encodePacked(topics), data));
        head.root = bytes24(keccak256(bytes.concat(head.root, bytes8(0), entry)));
    }

    function isBatchDetail(bytes32 topic) internal pure returns (bool) {
        return topic == ICustody.PayoutExecuted.selector || topic == ICustody.PayoutCredited.selector
            || topic == ICustody.PayoutSkipped.selector || topic == ICustodyLeaves.LeafPaid.selector
            || topic == ICustodyLeaves.LeafCredited.selector || topic == ICustodyLeaves.LeafSkipped.selector;
    }

    function isLibraryEvent(bytes32 topic) internal pure returns (bool) {
        return topic == keccak256("RoleGranted(bytes32,address,address)")
            || topic == keccak256("RoleRevoked(bytes32,address,address)") || topic == keccak256("Paused(address)")
            || topic == keccak256("Unpaused(address)");
    }

    /// @dev How many topics and how many words of data the interface gives to a main event; zeros for what is none.
    function shapeOf(bytes32 topic) internal pure returns (uint256 topics, uint256 words) {
        if (topic == ICustody.OutflowCapLowered.selector || topic == ICustody.PauseChanged.selector) return (1, 2);
        if (
            topic == ICustody.BatchCancelled.selector || topic == ICustody.RootVetoed.selector
                || topic == ICustody.UserUnfrozen.selector || topic == ICustody.SignerRevoked.selector
                || topic == ICustody.OperationCancelled.selector || topic == ICustody.UserEnrolled.selector
        ) return (2, 1);
        if (topic == ICustody.EscrowMatured.selector || topic == ICustody.Funded.selector) return (2, 2);
        if (topic == ICustody.UserFrozen.selector) return (2, 3);
        if (topic == ICustody.RootPublished.selector || topic == ICustody.OperationExecuted.selector) return (2, 4);
        if (topic == ICustody.OperationScheduled.selector) return (2, 5);
        if (topic == ICustodyLeaves.LeavesSettled.selector) return (2, 6);
        if (topic == ICustody.BatchSettled.selector) return (2, 7);
        if (topic == ICustody.CreditWithdrawn.selector || topic == ICustody.RoleChanged.selector) return (3, 2);
        if (topic == ICustody.DepositRefunded.selector) return (3, 3);
        if (topic == ICustody.Claimed.selector) return (3, 4);
        if (topic == ICustody.RetopupCompleted.selector) return (3, 5);
        if (topic == ICustody.RegistrationAccepted.selector) return (4, 5);
    }
}
