// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {TokenTest} from "../token/TokenTest.sol";
import {IssuerToken} from "../token/IssuerToken.sol";
import {PlainToken} from "../token/Tokens.sol";

/// @notice What a token's numbers and its issuer do to the contract: coarse units, sums of a lifetime, losses and stops.
contract TokenLimitsTest is TokenTest {
    uint96 private constant CAP = 1e18;
    uint96 private constant FLOOR = 1e12;

    // ------------------------------------------------------------------ coarse units

    /// @dev What leaks in a second is less than a unit. Whatever is claimed in between, an hour gives back what it would at once.
    function test_frequent_claims_of_a_coarse_token_do_not_stop_the_leak() public {
        _use(new PlainToken(0), 100_000, 50_000);
        _registerTokens(BOB);
        _fundTokens(1_000_000);
        bytes32 root = _mature(BOB, 500_000);
        _claim(BOB, 500_000, root);
        assertEq(_paid(BOB), 50_000, "the bucket is full");
        uint256 end = _now() + 1 hours;
        while (_now() < end) {
            vm.warp(_now() + 1);
            try custody.claim(BOB, 500_000, root, new ICustody.SumNode[](0)) {} catch {}
        }
        assertEq(_paid(BOB) - 50_000, 2_083, "50,000 a day for an hour, rounded down once");
    }

    function test_frequent_batches_of_a_coarse_token_do_not_stop_the_leak() public {
        _use(new PlainToken(0), 100_000, 50_000);
        _registerTokens(ALICE);
        _fundTokens(1_000_000);
        _execute(_batch("first", 37_500), _list(ALICE, 37_500));
        uint256 end = _now() + 10 minutes;
        uint256 batches;
        while (_now() < end) {
            vm.warp(_now() + 1);
            (, uint256 room) = custody.available();
            if (room == 0) continue;
            _execute(_batch(bytes32(++batches), room), _list(ALICE, _paid(ALICE) + room));
        }
        assertEq(_paid(ALICE) - 37_500, 347, "50,000 a day for ten minutes, rounded down once");
        assertTrue(batches > 300, "in small pieces");
    }

    // ------------------------------------------------------------------ sums of a lifetime

    /// @dev 96 bits count everything ever paid. A token of so many decimals reaches them soon: deployers refuse it.
    function test_sums_of_a_lifetime_end_at_96_bits_and_users_keep_what_is_theirs() public {
        uint256 whole = 1e28;
        _use(new PlainToken(28), type(uint96).max, uint96(whole));
        _registerTokens(ALICE);
        _registerTokens(BOB);
        _fundTokens(100 * whole);
        uint256 step = 2 * whole;
        for (uint256 k = 1; k <= 3; ++k) {
            _execute(_batch(bytes32(k), step), _list(ALICE, k * step));
            vm.warp(_now() + 1 days);
        }
        (uint256 funds,) = custody.available();
        assertEq(funds, 94 * whole, "free, and for nobody");
        _expectBatchRevert(_batch("last", step), _list(BOB, step), abi.encodeWithSignature("Panic(uint256)", 0x11));
        uint256 total = 6 * whole + step;
        _expectPublishRevert(
            _rootOf("r", total), abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 96, total)
        );
        _refund(BOB, keccak256(abi.encode("registration of", BOB)));
        assertEq(token.balanceOf(BOB), _price(), "refunds go on");
        assertEq(token.balanceOf(ALICE), 3 * step, "received");
    }

    // ------------------------------------------------------------------ an issuer

    function test_after_a_loss_every_call_still_answers() public {
        IssuerToken issued = new IssuerToken();
        _use(issued, CAP, FLOOR);
        _registerTokens(ALICE);
        _registerTokens(BOB);
        _fundTokens(100e6);
        bytes32 root = _mature(BOB, 100e6);
        // One unit below what the deposits are.
        issued.destroy(address(custody), 100e6 + 1);
        (uint256 funds, uint256 outflow) = custody.available();
        assertEq(funds, 0, "nothing is free");
        assertTrue(outflow > 0, "the bucket does not know of it");
        _expectClaimRevert(BOB, 100e6, root, abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 100e6, 0));
        vm.expectRevert(abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 100e6, 0));
        custody.settleLeaves(root, _list(BOB, 100e6), new ICustody.SumNode[](0));
        _expectBatchRevert(
            _batch("b1", 1), _list(ALICE, 1), abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 1, 0)
        );
        _expectPublishRevert(
            _rootOf("r2", 100e6), abi.encodeWithSelector(ICustody.InsufficientFunds.selector, 100e6, 0)
        );
        // A batch of nothing due passes.
        _execute(_batch("b2", 0), _list(ALICE, 0));

        // Refunds are first come, first served; what was lost is missing from the last.
        _refund(ALICE, keccak256(abi.encode("registration of", ALICE)));
        bytes32 ref = keccak256(abi.encode("registration of", BOB));
        vm.expectRevert(abi.encodeWithSelector(ICustody.TransferFailed.selector, BOB, _price()));
        vm.prank(BOB);
        custody.refund(ref, BOB);
        // Whoever makes up for the loss mends all of it.
        _fundTokens(100e6 + 1);
        _refund(BOB, ref);
        _claim(BOB, 100e6, root);
        assertEq(token.balanceOf(BOB), _price() + 100e6, "deposit and claim");
    }

    /// @dev A loss of what was free only is shown, unit by unit.
    function test_a_loss_lowers_what_is_available_to_the_unit() public {
        IssuerToken issued = new IssuerToken();
        _use(issued, CAP, FLOOR);
        _registerTokens(ALICE);
        _fundTokens(100e6);
        uint256[3] memory lost = [uint256(1), 98_999_999, 1_000_000];
        uint256[3] memory rest = [uint256(99_999_999), 1_000_000, 0];
        for (uint256 k; k < 3; ++k) {
            issued.destroy(address(custody), lost[k]);
            (uint256 funds,) = custody.available();
            assertEq(funds, rest[k], "available");
        }
    }

    /// @dev Nobody loses by it, but each must withdraw: operators hold batches back while the token stands still.
    function test_a_token_that_is_stopped_turns_a_batch_into_credits() public {
        IssuerToken issued = new IssuerToken();
        _use(issued, CAP, FLOOR);
        _registerTokens(ALICE);
        _registerTokens(BOB);
        _fundTokens(1_000e6);
        bytes32 root = _mature(BOB, 30e6);
        issued.stop(true);
        _execute(_batch("b1", 20e6), _list(ALICE, 10e6, BOB, 10e6));
        assertEq(_credit(ALICE), 10e6, "credited");
        assertEq(_credit(BOB), 10e6, "credited");
        _expectClaimRevert(BOB, 30e6, root, abi.encodeWithSelector(ICustody.TransferFailed.selector, BOB, 20e6));
        issued.stop(false);
        vm.prank(ALICE);
        custody.withdrawCredit(ALICE);
        _claim(BOB, 30e6, root);
        vm.prank(BOB);
        custody.withdrawCredit(BOB);
        assertEq(token.balanceOf(ALICE), 10e6, "withdrawn");
        assertEq(token.balanceOf(BOB), 30e6, "claimed and withdrawn");
    }
}
