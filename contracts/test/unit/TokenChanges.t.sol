// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {RebasingToken, UpgradedToken} from "../token/ChangingTokens.sol";
import {TokenTest} from "../token/TokenTest.sol";
import {Books} from "../token/Tokens.sol";

/// @notice Tokens that are others today than on the day of the deployment.
contract TokenChangesTest is TokenTest {
    uint256 private constant DUE = 30e6;

    function test_another_answer_after_an_upgrade_changes_nothing() public {
        UpgradedToken upgraded = new UpgradedToken();
        _use(upgraded);
        _fundTokens(1_000e6);
        for (uint160 k; k < 3; ++k) {
            upgraded.upgrade(UpgradedToken.Answer(k), 0);
            address user = address(uint160(ALICE) + k);
            _registerTokens(user);
            _execute(_batch(bytes32(uint256(k) + 1), DUE), _list(user, DUE));
            assertEq(token.balanceOf(user), DUE, "paid");
            _refund(user, keccak256(abi.encode("registration of", user)));
            assertEq(token.balanceOf(user), DUE + _price(), "refunded");
        }
    }

    function test_a_fee_that_the_sender_pays_stops_what_leaves_and_loses_nothing() public {
        UpgradedToken upgraded = new UpgradedToken();
        _use(upgraded);
        _registerTokens(ALICE);
        _registerTokens(BOB);
        _fundTokens(1_000e6);
        _freeze(BOB, _now() + 1);
        _execute(_batch("credited", DUE), _list(BOB, DUE));
        bytes32 root = _mature(ALICE, DUE);
        bytes32 ref = keccak256(abi.encode("registration of", ALICE));
        bytes32 head = _head().root;
        uint256 balance = token.balanceOf(address(custody));

        upgraded.upgrade(UpgradedToken.Answer.True, 1);
        _expectClaimRevert(ALICE, DUE, root, abi.encodeWithSelector(ICustody.TransferFailed.selector, ALICE, DUE));
        _expectBatchRevert(
            _batch("b1", DUE),
            _list(ALICE, DUE),
            abi.encodeWithSelector(ICustody.TransferFailed.selector, address(token), DUE)
        );
        vm.expectRevert(abi.encodeWithSelector(ICustody.TransferFailed.selector, ALICE, _price()));
        vm.prank(ALICE);
        custody.refund(ref, ALICE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TransferFailed.selector, BOB, DUE));
        vm.prank(BOB);
        custody.withdrawCredit(BOB);
        assertEq(_head().root, head, "nothing happened");
        assertEq(token.balanceOf(address(custody)), balance, "nothing left");

        upgraded.upgrade(UpgradedToken.Answer.True, 0);
        _claim(ALICE, DUE, root);
        _refund(ALICE, ref);
        vm.prank(BOB);
        custody.withdrawCredit(BOB);
        assertEq(token.balanceOf(ALICE), DUE + _price(), "claimed and refunded");
        assertEq(token.balanceOf(BOB), DUE, "withdrawn");
    }

    function test_a_rebase_is_a_gain_of_nobody_or_a_loss_of_what_is_free() public {
        RebasingToken rebasing = new RebasingToken();
        _use(Books(address(rebasing)));
        _registerTokens(ALICE);
        _fundTokens(980 ether);
        bytes32 root = _mature(ALICE, 100 ether);
        rebasing.rebase(1_100 ether);
        (uint256 funds,) = custody.available();
        assertEq(funds, 980 ether, "what it grew by is free, what is promised stays");
        assertEq(_escrowed(), _price(), "deposits are amounts and not shares");
        rebasing.rebase(500 ether);
        (funds,) = custody.available();
        assertEq(funds, 380 ether, "what it shrank by is missing from what is free");
        _claim(ALICE, 100 ether, root);
        assertEq(token.balanceOf(ALICE), 100 ether, "the promise");
    }

    function test_a_rebasing_token_whose_shares_do_not_divide_is_refused() public {
        RebasingToken rebasing = new RebasingToken();
        _use(Books(address(rebasing)));
        _registerTokens(ALICE);
        rebasing.rebase(31 ether + 1);
        ICustody.Intake memory i = _tokenIntake(BOB, "r1");
        _give(token, BOB, 2 * i.amount);
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, i.amount, i.amount - 1));
        vm.prank(BOB);
        custody.register(i, signer, signature);
        assertEq(_escrowed(), _price(), "the first one only");
    }
}
