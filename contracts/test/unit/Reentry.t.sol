// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {StateChangingCalls} from "../StateChangingCalls.sol";
import {Vm} from "../Vm.sol";
import {Prober} from "../Wallets.sol";

/// @notice Every call that hands control to somebody, against every function that changes something. Checks of a signature hand
/// control, too, but by static calls, in which nothing can be changed.
contract ReentryTest is StateChangingCalls {
    uint256 private constant KEY = 0xCAFE;
    uint256 private constant FUNDS = 1_000 ether;

    function setUp() public override {
        super.setUp();
        _fund(FUNDS);
        _registered(BOB);
        _registered(vm.addr(KEY));
    }

    function test_the_list_of_entry_points_is_that_of_the_contract() public view {
        string memory json = vm.readFile("../abi/json/Custody.json");
        uint256 changing = vm.split(json, '"stateMutability": "nonpayable"').length - 1
            + vm.split(json, '"stateMutability": "payable"').length - 1;
        // The constructor is one of them, and `multicall` another.
        assertEq(changing - 2, ENTRY_POINTS, "entry points");
        bytes[] memory calls = _everyStateChangingCall();
        assertEq(calls.length, ENTRY_POINTS, "calls");
        for (uint256 k; k < calls.length; ++k) {
            for (uint256 j; j < k; ++j) {
                assertTrue(bytes4(calls[j]) != bytes4(calls[k]), "each once");
            }
        }
    }

    function test_nothing_can_be_entered_from_a_refund() public {
        bytes[] memory calls = _everyStateChangingCall();
        for (uint256 k; k < calls.length; ++k) {
            address prober = _prober(calls[k]);
            _retopup(_intake(BOB, bytes32(k + 1)));
            vm.prank(BOB);
            custody.refund(bytes32(k + 1), prober);
            _assertRefused(prober, PRICE);
        }
        assertEq(_escrowed(), 2 * PRICE, "the registrations stay in escrow");
    }

    function test_nothing_can_be_entered_from_a_withdrawal() public {
        bytes[] memory calls = _everyStateChangingCall();
        for (uint256 k; k < calls.length; ++k) {
            address prober = _prober(calls[k]);
            _credited(BOB, k);
            vm.prank(BOB);
            custody.withdrawCredit(prober);
            _assertRefused(prober, 1 ether);
        }
    }

    function test_nothing_can_be_entered_from_a_withdrawal_by_signature() public {
        bytes[] memory calls = _everyStateChangingCall();
        address user = vm.addr(KEY);
        for (uint256 k; k < calls.length; ++k) {
            address prober = _prober(calls[k]);
            _credited(user, k);
            ICustody.Withdrawal memory w = ICustody.Withdrawal(user, prober, 1 ether, (k + 1) * 1 ether, _now());
            bytes memory signature = _signHash(KEY, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, w)));
            custody.withdrawCreditFor(w, signature);
            _assertRefused(prober, 1 ether);
        }
        assertEq(custody.withdrawalNonce(user), calls.length * 1 ether, "each counted once");
    }

    function test_nothing_can_be_entered_from_a_claim() public {
        bytes[] memory calls = _everyStateChangingCall();
        for (uint256 k; k < calls.length; ++k) {
            address prober = _prober(calls[k]);
            _registered(prober);
            // Totals never fall, and what others were entitled to was paid.
            bytes32 root = _matureNext(prober, k);
            custody.claim(prober, 1 ether, root, _others(k));
            _assertRefused(prober, 1 ether);
        }
    }

    function test_nothing_can_be_entered_from_the_treasury() public {
        bytes[] memory calls = _everyStateChangingCall();
        for (uint256 k; k < calls.length; ++k) {
            address prober = _prober(calls[k]);
            _operate(ICustody.Operation.Treasury, _argument(prober), 1 ether);
            _assertRefused(prober, 1 ether);
        }
    }

    /// @dev With the gas that a batch gives, which is enough to try.
    function test_nothing_can_be_entered_from_a_batch() public {
        bytes[] memory calls = _everyStateChangingCall();
        for (uint256 k; k < calls.length; ++k) {
            address prober = _prober(calls[k]);
            _registered(prober);
            _execute(_batch(bytes32(k + 1), 1 ether), _list(prober, 1 ether));
            _assertRefused(prober, 1 ether);
        }
    }

    /// @dev With the gas that a recipient of leaves gets, which is that of a batch.
    function test_nothing_can_be_entered_from_settling_leaves() public {
        bytes[] memory calls = _everyStateChangingCall();
        for (uint256 k; k < calls.length; ++k) {
            address prober = _prober(calls[k]);
            _registered(prober);
            bytes32 root = _matureNext(prober, k);
            custody.settleLeaves(root, _list(prober, 1 ether), _others(k));
            _assertRefused(prober, 1 ether);
        }
    }

    // ------------------------------------------------------------------ tools

    function _prober(bytes memory payload) private returns (address prober) {
        prober = address(new Prober(address(custody), payload.length));
        vm.etch(prober, bytes.concat(prober.code, payload));
        vm.recordLogs();
    }

    function _assertRefused(address prober, uint256 received) private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 tries;
        for (uint256 k; k < logs.length; ++k) {
            if (logs[k].emitter != prober) continue;
            (bool succeeded, bytes4 reason) = abi.decode(logs[k].data, (bool, bytes4));
            assertTrue(!succeeded, "entered");
            assertEq(reason, ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "refused by the guard");
            ++tries;
        }
        assertEq(tries, 1, "tries");
        assertEq(prober.balance, received, "received once");
    }

    /// @dev Gives the user one ether of credit, by the one freeze in sixty days.
    function _credited(address user, uint256 k) private {
        vm.warp(_now() + 61 days);
        _freeze(user, _now() + 1);
        _execute(_batch(keccak256(abi.encode(user, k)), 1 ether), _list(user, _paid(user) + 1 ether));
        vm.warp(_now() + 1);
    }

    /// @dev Publishes a tree of two leaves, the user's and one of what all others got, and waits.
    function _matureNext(address user, uint256 k) private returns (bytes32 root) {
        bytes32 leaf = _single(user, 1 ether);
        ICustody.SumNode memory other = _sibling(k);
        root = leaf < other.hash
            ? keccak256(abi.encode(leaf, 1 ether, other.hash, other.sum))
            : keccak256(abi.encode(other.hash, other.sum, leaf, 1 ether));
        _publish(_rootOf(root, (k + 1) * 1 ether));
        vm.warp(_now() + 1 days);
    }

    function _others(uint256 k) private pure returns (ICustody.SumNode[] memory proof) {
        proof = new ICustody.SumNode[](1);
        proof[0] = _sibling(k);
    }

    function _sibling(uint256 k) private pure returns (ICustody.SumNode memory) {
        return ICustody.SumNode(keccak256(abi.encode("others", k)), k * 1 ether);
    }
}
