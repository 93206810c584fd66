// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";
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
        if (!isMainEvent(topics[0])) revert UnknownEvent(topics[0]);
        uint256 seq = abi.decode(data, (uint256));
        if (seq != uint256(head.seq) + 1) revert NotContiguous(uint256(head.seq) + 1, seq);
        head.seq = uint64(seq);
        bytes32 entry = keccak256(bytes.concat(abi.encodePacked(topics), data));
        head.root = bytes24(keccak256(bytes.concat(head.root, bytes8(0), entry)));
    }

    function isBatchDetail(bytes32 topic) internal pure returns (bool) {
        return topic == ICustody.PayoutExecuted.selector || topic == ICustody.PayoutCredited.selector
            || topic == ICustody.PayoutSkipped.selector;
    }

    function isLibraryEvent(bytes32 topic) internal pure returns (bool) {
        return topic == keccak256("RoleGranted(bytes32,address,address)")
            || topic == keccak256("RoleRevoked(bytes32,address,address)") || topic == keccak256("Paused(address)")
            || topic == keccak256("Unpaused(address)");
    }

    function isMainEvent(bytes32 topic) internal pure returns (bool) {
        return topic == ICustody.RegistrationAccepted.selector || topic == ICustody.RetopupCompleted.selector
            || topic == ICustody.DepositRefunded.selector || topic == ICustody.EscrowMatured.selector
            || topic == ICustody.Funded.selector || topic == ICustody.UserFrozen.selector
            || topic == ICustody.UserUnfrozen.selector || topic == ICustody.SignerRevoked.selector
            || topic == ICustody.RoleChanged.selector || topic == ICustody.PauseChanged.selector
            || topic == ICustody.BatchSettled.selector || topic == ICustody.BatchCancelled.selector
            || topic == ICustody.RootPublished.selector || topic == ICustody.RootVetoed.selector
            || topic == ICustody.Claimed.selector || topic == ICustody.CreditWithdrawn.selector
            || topic == ICustody.OutflowCapLowered.selector || topic == ICustody.OperationScheduled.selector
            || topic == ICustody.OperationExecuted.selector || topic == ICustody.OperationCancelled.selector;
    }
}
