// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyLeaves} from "../../src/interfaces/ICustodyLeaves.sol";
import {CustodyHarness} from "../CustodyHarness.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {Vm} from "../Vm.sol";
import {People} from "./People.sol";

/// @notice What a naive bookkeeper knows: what was called, what was seen to move, what the logs say. Nothing here asks the
/// contract; the checks compare.
abstract contract Books is People {
    using JournalReplay for JournalReplay.Head;

    struct Intake {
        address user;
        uint256 amount;
        uint256 until;
        bool refunded;
    }

    struct Published {
        bytes32 root;
        uint256 total;
        uint256 asOfSeq;
        uint256 paidInAll;
        uint256 claimed;
        uint256 claimableFrom;
        /// @dev Vetoed or retired.
        bool withdrawn;
        uint256[USERS] entitled;
    }

    uint256 internal moneyIn;
    uint256 internal moneyOut;

    /// @dev Known to the contract, registered or enrolled.
    mapping(address => bool) internal registered;
    /// @dev Enrolled, and since then neither registered nor frozen.
    mapping(address => bool) internal onlyEnrolled;
    mapping(address => uint256) internal frozenUntil;
    mapping(address => uint256) internal lastFreezeEnd;
    bool internal paused;
    Intake[] internal intakes;
    uint256 internal swept;

    /// @dev Highest target of an executed batch, and highest leaf that a payment proved.
    mapping(address => uint256) internal target;
    mapping(address => uint256) internal proven;
    mapping(address => uint256) internal received;
    mapping(address => uint256) internal withdrawn;
    uint256 internal pushed;
    uint256 internal claimed;
    Published[] internal published;
    /// @dev Indices of the roots that the contract remembers, the newest last: at most three, the newest of which stands.
    uint256[] internal known;
    /// @dev Roots published until a mature one that was the newest was retired for the last time.
    uint256 internal fellBackAt;

    /// @dev From logs alone.
    JournalReplay.Head internal journal;
    uint256 internal entries;
    /// @dev How many entries the present call appends.
    uint256 internal callsInOne;
    mapping(address => uint256) internal logged;
    mapping(bytes32 => uint256) internal settledBy;
    bytes32[] internal batchIds;

    function contractUnderTest() external view returns (CustodyHarness) {
        return custody;
    }

    /// @dev Stops at a wrong prediction, else records the outcome and reads the logs.
    modifier step(string memory name, bool mustSucceed) {
        callsInOne = 1;
        vm.recordLogs();
        uint256 before = done[name];
        _;
        bool succeeded = done[name] > before;
        assertTrue(succeeded == mustSucceed, string.concat(name, succeeded ? " must be refused" : " must succeed"));
        // Logs of a reverted call are recorded, too, but they never happened.
        if (succeeded) _read(name, vm.getRecordedLogs());
        else ++refused[name];
    }

    function _read(string memory name, Vm.Log[] memory logs) private {
        JournalReplay.Head memory head = journal;
        uint256 seq = head.seq;
        head.take(address(custody), logs);
        assertEq(head.seq, seq + callsInOne, string.concat(name, ": one entry per call"));
        journal = head;
        entries += callsInOne;
        for (uint256 k; k < logs.length; ++k) {
            if (logs[k].emitter == address(custody)) _readOne(logs[k].topics, logs[k].data);
        }
    }

    function _readOne(bytes32[] memory topics, bytes memory data) private {
        if (_isPayment(topics[0])) {
            logged[_address(topics[2])] += abi.decode(_first(data), (uint256));
        } else if (topics[0] == ICustody.Claimed.selector) {
            (,,, uint256 amount) = abi.decode(data, (uint256, address, uint256, uint256));
            logged[_address(topics[1])] += amount;
        } else if (topics[0] == ICustody.BatchSettled.selector) {
            assertEq(settledBy[topics[1]], 0, "a batch id pays once");
            settledBy[topics[1]] = journal.seq;
            batchIds.push(topics[1]);
        }
    }

    function _isPayment(bytes32 topic) private pure returns (bool) {
        return topic == ICustody.PayoutExecuted.selector || topic == ICustody.PayoutCredited.selector
            || topic == ICustodyLeaves.LeafPaid.selector || topic == ICustodyLeaves.LeafCredited.selector;
    }

    function _address(bytes32 topic) internal pure returns (address) {
        return address(uint160(uint256(topic)));
    }

    function _first(bytes memory data) private pure returns (bytes memory word) {
        return abi.encode(bytes32(data));
    }

    function _balances() internal view returns (uint256[USERS] memory balances) {
        for (uint256 k; k < USERS; ++k) {
            balances[k] = users[k].balance;
        }
    }

    /// @dev What the users got since `before`.
    function _countReceived(uint256[USERS] memory before) internal returns (uint256 sum) {
        for (uint256 k; k < USERS; ++k) {
            uint256 amount = users[k].balance - before[k];
            received[users[k]] += amount;
            sum += amount;
        }
        moneyOut += sum;
    }

    function _deal(address who, uint256 amount) internal {
        vm.deal(who, who.balance + amount);
    }
}
