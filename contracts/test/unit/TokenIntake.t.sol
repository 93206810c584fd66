// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {Books, FalseToken, FeeToken, PlainToken, SilentToken} from "../token/Tokens.sol";
import {TokenTest} from "../token/TokenTest.sol";

/// @notice Tokens come in by allowance, exactly.
contract TokenIntakeTest is TokenTest {
    function test_every_kind_of_token_comes_in_and_goes_back_in_full() public {
        Books[4] memory tokens =
            [Books(new PlainToken(18)), new SilentToken(), new FalseToken(), Books(new PlainToken(0))];
        for (uint256 k; k < 4; ++k) {
            _use(tokens[k]);
            JournalReplay.Head memory before = _head();
            vm.recordLogs();
            _fundTokens(7 ether);
            _registerTokens(ALICE);
            assertEq(tokens[k].balanceOf(address(custody)), 7 ether + _price(), "balance");
            assertEq(_escrowed(), _price(), "escrowed");
            (uint256 funds,) = custody.available();
            assertEq(funds, 7 ether, "free");
            _refund(ALICE, keccak256(abi.encode("registration of", ALICE)));
            _assertJournal(before, 3);
            assertEq(tokens[k].balanceOf(ALICE), _price(), "refunded");
            assertEq(_escrowed(), 0, "nothing in escrow");
        }
    }

    function test_it_knows_its_token_and_a_token_knows_its_decimals() public {
        _use(new PlainToken(6));
        assertEq(custody.token(), address(token), "token");
        bytes memory code = _tokenCode();
        vm.expectRevert();
        _createToken(code, STRANGER);
    }

    function test_no_coin_comes_in() public {
        _use(new PlainToken(18));
        ICustody.Intake memory i = _tokenIntake(ALICE, "r1");
        _give(token, ALICE, 2 * i.amount);
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        bytes memory error_ = abi.encodeWithSelector(ICustody.WrongValue.selector, 0, 1);
        vm.deal(ALICE, 3);
        vm.startPrank(ALICE);
        vm.expectRevert(error_);
        custody.register{value: 1}(i, signer, signature);
        vm.expectRevert(error_);
        custody.fund{value: 1}();
        custody.register(i, signer, signature);
        i.ref = "r2";
        vm.stopPrank();
        signature = _sign(SIGNER_KEY, "Retopup", i);
        vm.startPrank(ALICE);
        vm.expectRevert(error_);
        custody.retopup{value: 1}(i, signer, signature);
        custody.retopup(i, signer, signature);
        vm.stopPrank();
        assertEq(token.balanceOf(address(custody)), 2 * _price(), "two prices in tokens");
        assertEq(address(custody).balance, 0, "and nothing else");
    }

    function test_a_price_that_does_not_arrive_in_full_is_refused() public {
        FeeToken fee = new FeeToken();
        _use(fee);
        fee.setFees(1, 0);
        _expectRefused(abi.encodeWithSelector(ICustody.WrongValue.selector, _price(), _price() - 1));
        fee.setFees(0, 0);
        _registerTokens(ALICE);
    }

    function test_without_an_allowance_nothing_is_accepted() public {
        _use(new PlainToken(18));
        ICustody.Intake memory i = _tokenIntake(ALICE, "r1");
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        token.mint(ALICE, _price());
        bytes memory error_ = abi.encodeWithSelector(ICustody.TransferFailed.selector, address(custody), _price());
        vm.expectRevert(error_);
        vm.prank(ALICE);
        custody.register(i, signer, signature);
        // Allowed, and not there.
        vm.startPrank(ALICE);
        token.approve(address(custody), _price() + 1 ether);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TransferFailed.selector, address(custody), _price() + 1 ether));
        custody.fund();
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotWholeGwei.selector, 0));
        vm.prank(STRANGER);
        custody.fund();
    }

    function test_amounts_are_whole_numbers_of_the_eighth_decimal() public {
        uint8[5] memory decimals = [0, 6, 8, 9, 18];
        uint256[5] memory units = [uint256(1), 1, 1, 10, 1e10];
        // A tenth of a token, where it can be divided.
        uint256[5] memory least = [uint256(1), 1e5, 1e7, 1e8, 1e17];
        for (uint256 k; k < 5; ++k) {
            _use(new PlainToken(decimals[k]));
            _fundTokens(least[k]);
            _fundTokens(least[k] + units[k]);
            if (least[k] > 1) {
                _give(token, STRANGER, least[k] - units[k]);
                vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, least[k], least[k] - units[k]));
                vm.prank(STRANGER);
                custody.fund();
            }
            if (units[k] == 1) continue;
            _give(token, STRANGER, least[k] + 1);
            vm.expectRevert(abi.encodeWithSelector(ICustody.NotWholeGwei.selector, least[k] + 1));
            vm.prank(STRANGER);
            custody.fund();
        }
    }

    function _expectRefused(bytes memory error_) private {
        ICustody.Intake memory i = _tokenIntake(ALICE, keccak256(abi.encode("registration of", ALICE)));
        _give(token, ALICE, i.amount);
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        vm.expectRevert(error_);
        vm.prank(ALICE);
        custody.register(i, signer, signature);
    }
}
