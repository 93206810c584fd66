// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SettlementTest} from "../SettlementTest.sol";
import {Vm} from "../Vm.sol";
import {Bomb, Burner, Choosy, CountingWallet, Reenterer, Refuser} from "../Wallets.sol";

/// @notice Whoever is paid, the batch goes on: what cannot be sent is credited.
contract RecipientsTest is SettlementTest {
    using JournalReplay for JournalReplay.Head;

    /// @dev Gas that one transaction may have on the chains the contract is made for (EIP-7825).
    uint256 private constant TRANSACTION_GAS_MAX = 16_777_216;
    /// @dev Intrinsic gas and calldata of a batch of 300 words, rounded up.
    uint256 private constant INTRINSIC_300 = 21_000 + 300 * 32 * 16 + 10_000;

    function setUp() public override {
        super.setUp();
        _fund(1_000 ether);
    }

    function test_a_bad_recipient_is_credited_and_the_others_are_paid() public {
        address[3] memory bad = [address(new Refuser()), address(new Burner()), address(new Bomb(20_000))];
        for (uint256 k; k < 3; ++k) {
            _registered(bad[k]);
            address good = address(uint160(bad[k]) + 1);
            _registered(good);
            JournalReplay.Head memory before = _head();
            vm.recordLogs();
            _execute(_batch(bytes32(k + 1), 3 ether), _list(bad[k], 1 ether, good, 2 ether));
            Vm.Log[] memory logs = vm.getRecordedLogs();
            assertEq(logs.length, 3, "one event per entry, and the closing one");
            assertEq(logs[0].topics[0], ICustody.PayoutCredited.selector, "credited");
            assertEq(keccak256(logs[0].data), keccak256(abi.encode(1 ether, false)), "not frozen");
            assertEq(logs[1].topics[0], ICustody.PayoutExecuted.selector, "paid");
            (,, uint256 paid, uint256 credited,, bytes32 outcome,) =
                abi.decode(logs[2].data, (uint256, uint256, uint256, uint256, bytes32, bytes32, bytes32));
            assertEq(paid, 3 ether, "paid in all");
            assertEq(credited, 1 ether, "credited part");
            assertEq(
                outcome, keccak256(abi.encodePacked(_word(bad[k], 1 ether | 1 << 95), _word(good, 2 ether))), "outcome"
            );
            before.take(address(custody), logs);
            assertEq(before.root, _head().root, "journal from logs");
            assertEq(bad[k].balance, 0, "not sent");
            assertEq(_credit(bad[k]), 1 ether, "credit");
            assertEq(_paid(bad[k]), 1 ether, "crediting raises paid");
            assertEq(good.balance, 2 ether, "the next one is paid");
        }
        (uint256 pushed,, uint256 credited_,) = custody.totals();
        assertEq(pushed, 9 ether, "pushed counts credits");
        assertEq(credited_, 3 ether, "credited");
    }

    function test_what_was_credited_is_not_paid_again() public {
        address bad = address(new Refuser());
        _registered(bad);
        _execute(_batch("b1", 1 ether), _list(bad, 1 ether));
        _execute(_batch("b2", 1 ether), _list(bad, 1 ether));
        assertEq(_credit(bad), 1 ether, "credited once");
        _execute(_batch("b3", 1 ether), _list(bad, 2 ether));
        assertEq(_credit(bad), 2 ether, "credits add up");
        assertEq(_paid(bad), 2 ether, "paid");
    }

    function test_a_frozen_user_is_credited_until_the_second_in_which_the_freeze_ends() public {
        _registered(ALICE);
        _freeze(ALICE, START + 100);
        vm.warp(START + 99);
        vm.recordLogs();
        _execute(_batch("b1", 1 ether), _list(ALICE, 1 ether));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(keccak256(logs[0].data), keccak256(abi.encode(1 ether, true)), "frozen");
        assertEq(_credit(ALICE), 1 ether, "credit");
        (,, uint256 until) = custody.account(ALICE);
        assertEq(until, START + 100, "the freeze stays");
        vm.warp(START + 100);
        _execute(_batch("b2", 2 ether), _list(ALICE, 3 ether));
        assertEq(ALICE.balance, 2 ether, "paid again");
        assertEq(_credit(ALICE), 1 ether, "the credit waits for withdrawal");
    }

    function test_who_refuses_when_the_freeze_is_over_is_credited_for_refusing() public {
        address bad = address(new Refuser());
        _registered(bad);
        _freeze(bad, START + 100);
        vm.warp(START + 100);
        vm.recordLogs();
        _execute(_batch("b1", 1 ether), _list(bad, 1 ether));
        assertEq(keccak256(vm.getRecordedLogs()[0].data), keccak256(abi.encode(1 ether, false)), "credited, not frozen");
    }

    function test_a_wallet_that_does_little_is_paid() public {
        CountingWallet wallet = new CountingWallet();
        vm.deal(address(wallet), 1);
        _registered(address(wallet));
        vm.deal(address(this), 1);
        (bool ok,) = address(wallet).call{value: 1}("");
        assertTrue(ok && wallet.payments() == 1, "its counter is not zero");
        _execute(_batch("b1", 1 ether), _list(address(wallet), 1 ether));
        assertEq(wallet.payments(), 2, "it ran");
        assertEq(_credit(address(wallet)), 0, "credit");
    }

    /// @dev The recipient logs how much gas it has: what it is given, and the 2,300 that come with a transfer.
    function test_a_recipient_is_given_ten_thousand_gas_and_what_comes_with_a_transfer() public {
        _registered(ALICE);
        // GAS PUSH0 MSTORE PUSH1 32 PUSH0 LOG0
        vm.etch(ALICE, hex"5a5f5260205fa0");
        vm.recordLogs();
        _execute(_batch("b1", 1 ether), _list(ALICE, 1 ether));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].emitter, ALICE, "the recipient");
        // Asking costs 2.
        assertEq(abi.decode(logs[0].data, (uint256)), 10_000 + 2_300 - 2, "gas");
    }

    function test_a_recipient_can_enter_nothing() public {
        Reenterer user = new Reenterer();
        _registered(address(user));
        user.arm(address(custody), abi.encodeCall(custody.withdrawCredit, (address(user))), 0);
        _execute(_batch("b1", 1 ether), _list(address(user), 1 ether));
        // Remembering that it was entered costs more gas than it is given.
        assertTrue(!user.entered(), "it got nowhere");
        assertEq(_credit(address(user)), 1 ether, "and is credited");
    }

    /// @dev The submitter chooses the gas. However little it is, a recipient who accepts is not made to fail by it.
    function test_starving_the_batch_reverts_it_and_never_credits_who_would_accept() public {
        address choosy = address(new Choosy());
        _registered(choosy);
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        bytes32[] memory payouts = _list(choosy, 1 ether);
        bytes memory call =
            abi.encodeCall(custody.executeBatchPayouts, (b, payouts, signer, _signBatch(SIGNER_KEY, b, payouts)));
        bool guarded;
        uint256 gas_ = 40_000;
        for (;; gas_ += 97) {
            vm.prank(SUBMITTER);
            (bool ok, bytes memory out) = address(custody).call{gas: gas_}(call);
            if (ok) break;
            if (out.length != 0) {
                assertEq(bytes4(out), ICustody.InsufficientGas.selector, "refused for its gas");
                guarded = true;
            }
            assertTrue(gas_ < 1_000_000, "enough gas");
        }
        assertTrue(guarded, "the guard had something to do");
        assertEq(choosy.balance, 1 ether, "paid");
    }

    /// @dev Nothing is sent to who is frozen, so nobody can be starved.
    function test_a_frozen_user_is_credited_with_however_little_gas() public {
        _registered(ALICE);
        _freeze(ALICE, START + MAX_FREEZE);
        ICustody.PayoutBatch memory b = _batch("b1", 1 ether);
        bytes32[] memory payouts = _list(ALICE, 1 ether);
        bytes memory call =
            abi.encodeCall(custody.executeBatchPayouts, (b, payouts, signer, _signBatch(SIGNER_KEY, b, payouts)));
        for (uint256 gas_ = 40_000; _credit(ALICE) == 0; gas_ += 97) {
            vm.prank(SUBMITTER);
            (, bytes memory out) = address(custody).call{gas: gas_}(call);
            assertEq(out.length, 0, "no reason but gas that is used up");
            assertTrue(gas_ < 1_000_000, "enough gas");
        }
    }

    function test_the_worst_batches_fit_into_a_transaction() public {
        bytes32[] memory payouts = new bytes32[](300);
        bytes memory burner = address(new Burner()).code;
        for (uint160 k; k < 300; ++k) {
            address user = address(0x100000 + k);
            _registered(user);
            vm.etch(user, burner);
            payouts[k] = _word(user, 1 ether + k);
        }
        ICustody.PayoutBatch memory b = _batch("b1", 400 ether);
        bytes memory call =
            abi.encodeCall(custody.executeBatchPayouts, (b, payouts, signer, _signBatch(SIGNER_KEY, b, payouts)));
        vm.prank(SUBMITTER);
        (bool ok,) = address(custody).call{gas: TRANSACTION_GAS_MAX - INTRINSIC_300}(call);
        assertTrue(ok, "300 that burn all gas");
        (,, uint256 credited,) = custody.totals();
        assertEq(credited, 300 ether + 299 * 150, "all credited");
    }
}
