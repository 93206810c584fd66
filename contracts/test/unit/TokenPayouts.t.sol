// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyLeaves} from "../../src/interfaces/ICustodyLeaves.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {Vm} from "../Vm.sol";
import {
    Books,
    CallingToken,
    FalseToken,
    FeeToken,
    HungryToken,
    Listener,
    PlainToken,
    SilentToken
} from "../token/Tokens.sol";
import {TokenTest} from "../token/TokenTest.sol";

/// @notice Tokens go out whatever they answer, and never more or less than is recorded.
contract TokenPayoutsTest is TokenTest {
    uint256 private constant FUNDS = 1_000 ether;
    /// @dev Gas that one transaction may have on the chains the contract is made for (EIP-7825).
    uint256 private constant TRANSACTION_GAS_MAX = 16_777_216;
    /// @dev Intrinsic gas and calldata of a batch of 50 words, rounded up.
    uint256 private constant INTRINSIC_50 = 21_000 + 50 * 32 * 16 + 10_000;

    function _start(Books token_) private {
        _use(token_);
        _fundTokens(FUNDS);
        _registerTokens(ALICE);
        _registerTokens(BOB);
    }

    function test_every_kind_of_token_is_paid_by_batch_claim_leaves_treasury_and_credit() public {
        Books[3] memory tokens = [Books(new PlainToken(18)), new SilentToken(), new FalseToken()];
        for (uint256 k; k < 3; ++k) {
            _start(tokens[k]);
            JournalReplay.Head memory before = _head();
            vm.recordLogs();
            _execute(_batch("b1", 3 ether), _list(ALICE, 1 ether, BOB, 2 ether));
            bytes32 root = _mature(ALICE, 5 ether);
            _claim(ALICE, 5 ether, root);
            root = _mature(BOB, 9 ether);
            custody.settleLeaves(root, _list(BOB, 9 ether), new ICustody.SumNode[](0));
            _freeze(ALICE, _now() + 1);
            _execute(_batch("b2", 1 ether), _list(ALICE, 6 ether));
            vm.warp(_now() + 1);
            vm.prank(ALICE);
            custody.withdrawCredit(STRANGER);
            _operate(ICustody.Operation.Treasury, _argument(TREASURER), 11 ether);
            _assertJournal(before, 10);
            assertEq(tokens[k].balanceOf(ALICE), 5 ether, "batch and claim");
            assertEq(tokens[k].balanceOf(BOB), 9 ether, "batch and leaves");
            assertEq(tokens[k].balanceOf(STRANGER), 1 ether, "credit");
            assertEq(tokens[k].balanceOf(TREASURER), 11 ether, "treasury");
            (uint256 pushed, uint256 claimed, uint256 credited, uint256 escrowed) = custody.totals();
            assertEq(pushed, 4 ether, "pushed");
            assertEq(claimed, 11 ether, "claimed");
            assertEq(credited, 0, "credited");
            assertEq(
                tokens[k].balanceOf(address(custody)), FUNDS + escrowed - pushed - claimed - 11 ether, "what is left"
            );
        }
    }

    function test_leaves_have_events_of_their_own() public {
        _start(new PlainToken(6));
        bytes32 root = _mature(BOB, 9 ether);
        vm.recordLogs();
        custody.settleLeaves(root, _list(BOB, 9 ether), new ICustody.SumNode[](0));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[0], ICustodyLeaves.LeafPaid.selector, "of a leaf");
        assertEq(logs[0].topics[1], root, "root");
        assertEq(keccak256(logs[0].data), keccak256(abi.encode(9 ether)), "amount");
    }

    function test_who_is_blacklisted_is_credited_and_the_others_are_paid() public {
        FalseToken usdt = new FalseToken();
        _start(usdt);
        usdt.addBlackList(ALICE);
        vm.recordLogs();
        _execute(_batch("b1", 3 ether), _list(ALICE, 1 ether, BOB, 2 ether));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[0], ICustody.PayoutCredited.selector, "credited");
        assertEq(keccak256(logs[0].data), keccak256(abi.encode(1 ether, false)), "not frozen");
        assertEq(logs[1].topics[0], ICustody.PayoutExecuted.selector, "paid");
        assertEq(keccak256(logs[1].data), keccak256(abi.encode(2 ether)), "amount");
        (,, uint256 paid, uint256 credited,, bytes32 outcome,) =
            abi.decode(logs[2].data, (uint256, uint256, uint256, uint256, bytes32, bytes32, bytes32));
        assertEq(paid, 3 ether, "paid in all");
        assertEq(credited, 1 ether, "credited part");
        assertEq(outcome, keccak256(abi.encodePacked(_word(ALICE, 1 ether | 1 << 95), _word(BOB, 2 ether))), "outcome");
        assertEq(usdt.balanceOf(BOB), 2 ether, "received");
        assertEq(_credit(ALICE), 1 ether, "credit");
        bytes32 root = _mature(ALICE, 5 ether);
        _expectClaimRevert(
            ALICE, 5 ether, root, abi.encodeWithSelector(ICustody.TransferFailed.selector, ALICE, 4 ether)
        );
        vm.prank(ALICE);
        custody.withdrawCredit(STRANGER);
        assertEq(usdt.balanceOf(STRANGER), 1 ether, "the credit goes elsewhere");
    }

    function test_entries_are_checked_and_skipped_as_in_the_coins_form() public {
        _start(new PlainToken(6));
        _freeze(BOB, _now() + MAX_FREEZE);
        _execute(_batch("b1", 3 ether), _list(ALICE, 1 ether, BOB, 2 ether));
        assertEq(_credit(BOB), 2 ether, "a frozen user is credited");
        vm.recordLogs();
        _execute(_batch("b2", 3 ether), _list(ALICE, 1 ether, BOB, 2 ether));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics[0], ICustody.PayoutSkipped.selector, "nothing due");
        assertEq(logs[1].topics[0], ICustody.PayoutSkipped.selector, "nothing due");
        assertEq(token.balanceOf(ALICE), 1 ether, "once");
        bytes32[] memory payouts = _list(BOB, 3 ether, ALICE, 3 ether);
        bytes memory error_ = abi.encodeWithSelector(ICustody.BadEntry.selector, 1, payouts[1]);
        _expectBatchRevert(_batch("b3", 9 ether), payouts, error_);
        // Also behind one that is paid.
        vm.warp(_now() + 1 days);
        _expectBatchRevert(_batch("b3", 9 ether), payouts, error_);
        vm.recordLogs();
        _execute(_batch("b4", 9 ether), _list(ALICE, 4 ether));
        logs = vm.getRecordedLogs();
        (,,,,, bytes32 outcome,) =
            abi.decode(logs[1].data, (uint256, uint256, uint256, uint256, bytes32, bytes32, bytes32));
        assertEq(outcome, keccak256(abi.encodePacked(_word(ALICE, 3 ether))), "what was paid, not the target");
        _expectBatchRevert(
            _batch("b3", 9 ether),
            _list(ALICE, 3 ether, STRANGER, 3 ether),
            abi.encodeWithSelector(ICustody.NotRegistered.selector, STRANGER)
        );
    }

    function test_nobody_stands_twice_in_a_list_and_the_smallest_amount_is_paid() public {
        _start(new PlainToken(6));
        bytes32[] memory payouts = _list(ALICE, 1, ALICE, 2);
        _expectBatchRevert(
            _batch("b1", 9 ether), payouts, abi.encodeWithSelector(ICustody.BadEntry.selector, 1, payouts[1])
        );
        _freeze(ALICE, _now() + 100);
        vm.warp(_now() + 100);
        _execute(_batch("b1", 1), _list(ALICE, 1));
        assertEq(token.balanceOf(ALICE), 1, "paid in the second in which the freeze ends");
        assertEq(_credit(ALICE), 0, "not credited");
    }

    // ------------------------------------------------------------------ tokens that do not do what they are told

    function test_more_or_less_than_was_sent_does_not_leave() public {
        FeeToken fee = new FeeToken();
        _start(fee);
        bytes32 root = _mature(ALICE, 1 ether);
        fee.setFees(0, 1);
        _expectBatchRevert(
            _batch("b1", 2 ether),
            _list(BOB, 2 ether),
            abi.encodeWithSelector(ICustody.TransferFailed.selector, address(fee), 2 ether)
        );
        _expectClaimRevert(
            ALICE, 1 ether, root, abi.encodeWithSelector(ICustody.TransferFailed.selector, ALICE, 1 ether)
        );
        // It says no, and does not revert.
        fee.setFees(0, 0);
        fee.refuse(BOB);
        _expectBatchRevert(
            _batch("b1", 3 ether),
            _list(ALICE, 1 ether, BOB, 2 ether),
            abi.encodeWithSelector(ICustody.TransferFailed.selector, address(fee), 3 ether)
        );
        fee.refuse(ALICE);
        _expectClaimRevert(
            ALICE, 1 ether, root, abi.encodeWithSelector(ICustody.TransferFailed.selector, ALICE, 1 ether)
        );
        // A fee that the recipient pays is the recipient's affair.
        fee.refuse(address(0));
        fee.setFees(1, 0);
        _execute(_batch("b1", 2 ether), _list(BOB, 2 ether));
        assertEq(fee.balanceOf(BOB), 2 ether - 1, "less its fee");
        assertEq(_paid(BOB), 2 ether, "paid");
    }

    function test_whoever_the_token_calls_finds_the_guard() public {
        CallingToken calling = new CallingToken();
        _start(calling);
        Listener user = new Listener(calling);
        _registerTokens(address(user));
        bytes32 root = _mature(address(user), 5 ether);
        user.arm(
            address(custody), abi.encodeCall(custody.claim, (address(user), 5 ether, root, new ICustody.SumNode[](0)))
        );
        _claim(address(user), 5 ether, root);
        assertTrue(user.entered() && !user.succeeded(), "the second entry failed");
        assertEq(bytes4(user.result()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "by the guard");
        assertEq(calling.balanceOf(address(user)), 5 ether, "paid once");

        // As the sender, while its own money comes in.
        calling.mint(address(user), 2 ether);
        user.call(address(calling), abi.encodeCall(calling.approve, (address(custody), 2 ether)));
        user.arm(address(custody), abi.encodeCall(custody.fund, ()));
        (uint256 before,) = custody.available();
        user.call(address(custody), abi.encodeCall(custody.fund, ()));
        assertTrue(user.entered() && !user.succeeded(), "the second entry failed");
        assertEq(bytes4(user.result()), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "by the guard");
        (uint256 funds,) = custody.available();
        assertEq(funds, before + 2 ether, "funded once");

        // As a recipient among others, in time to be counted.
        user.arm(address(custody), abi.encodeCall(custody.withdrawCredit, (address(user))));
        _execute(_batch("b1", 1 ether), _list(address(user), 6 ether));
        assertTrue(!user.succeeded(), "nothing was entered");
        assertEq(_paid(address(user)), 6 ether, "paid or credited");
    }

    /// @dev What somebody sends along is not counted as if less had left.
    function test_a_recipient_who_gives_something_back_meanwhile_stops_the_batch_and_gains_nothing() public {
        CallingToken calling = new CallingToken();
        _start(calling);
        Listener user = new Listener(calling);
        _registerTokens(address(user));
        user.arm(address(calling), abi.encodeCall(calling.transfer, (address(custody), 1)));
        _expectBatchRevert(
            _batch("b1", 1 ether),
            _list(address(user), 1 ether),
            abi.encodeWithSelector(ICustody.TransferFailed.selector, address(calling), 1 ether)
        );
    }

    // ------------------------------------------------------------------ gas

    function test_one_entry_at_least_and_fifty_at_most() public {
        _start(new PlainToken(6));
        bytes32[] memory payouts = new bytes32[](51);
        for (uint160 k; k < 51; ++k) {
            _registerTokens(address(0x100000 + k));
            payouts[k] = _word(address(0x100000 + k), 1 ether);
        }
        _expectBatchRevert(_batch("b1", FUNDS), payouts, abi.encodeWithSelector(ICustody.BadBatchSize.selector, 51, 50));
        _expectBatchRevert(
            _batch("b1", FUNDS), new bytes32[](0), abi.encodeWithSelector(ICustody.BadBatchSize.selector, 0, 50)
        );
        assembly ("memory-safe") {
            mstore(payouts, 50)
        }
        _execute(_batch("b1", FUNDS), payouts);
        assertEq(token.balanceOf(address(0x100031)), 1 ether, "the last of 50");
    }

    function test_the_worst_batch_fits_into_a_transaction() public {
        HungryToken hungry = new HungryToken();
        _start(hungry);
        bytes32[] memory payouts = new bytes32[](50);
        for (uint160 k; k < 50; ++k) {
            address user = address(0x100000 + k);
            _registerTokens(user);
            hungry.burn(user);
            payouts[k] = _word(user, 1 ether + k);
        }
        ICustody.PayoutBatch memory b = _batch("b1", FUNDS);
        bytes memory call =
            abi.encodeCall(custody.executeBatchPayouts, (b, payouts, signer, _signBatch(SIGNER_KEY, b, payouts)));
        vm.prank(SUBMITTER);
        (bool ok,) = address(custody).call{gas: TRANSACTION_GAS_MAX - INTRINSIC_50}(call);
        assertTrue(ok, "50 that burn all gas");
        (,, uint256 credited,) = custody.totals();
        assertEq(credited, 50 ether + 49 * 25, "all credited");
    }

    function test_the_token_is_given_two_hundred_thousand_gas_for_an_entry() public {
        _start(new PlainToken(6));
        vm.expectCall(address(token), 0, 200_000, abi.encodeCall(PlainToken.transfer, (ALICE, 1 ether)));
        _execute(_batch("b1", 1 ether), _list(ALICE, 1 ether));
    }

    /// @dev The caller chooses the gas. However little it is, a recipient whose token needs much of it is not made to fail by it.
    function test_starving_the_list_reverts_it_and_never_credits_who_would_be_paid() public {
        HungryToken hungry = new HungryToken();
        _start(hungry);
        // Nearly all that one recipient may use.
        hungry.demand(195_000);
        bytes32 root = _mature(ALICE, 1 ether);
        bytes memory call =
            abi.encodeCall(custody.settleLeaves, (root, _list(ALICE, 1 ether), new ICustody.SumNode[](0)));
        bool guarded;
        for (uint256 gas_ = 60_000; hungry.balanceOf(ALICE) == 0; gas_ += 977) {
            (bool ok, bytes memory out) = address(custody).call{gas: gas_}(call);
            assertTrue(!ok || hungry.balanceOf(ALICE) == 1 ether, "not credited");
            if (!ok && out.length != 0) {
                assertEq(bytes4(out), ICustody.InsufficientGas.selector, "refused for its gas");
                guarded = true;
            }
            assertTrue(gas_ < 1_000_000, "enough gas");
        }
        assertTrue(guarded, "the guard had something to do");
    }
}
