// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {Safes} from "../Safes.sol";
import {SigningWallet} from "../Wallets.sol";
import {ConsentTest} from "../token/ConsentTest.sol";
import {PlainToken} from "../token/Tokens.sol";

/// @notice Entry of users who sign and do not send.
contract TokenEntryTest is ConsentTest {
    function test_a_registration_by_signature_takes_the_users_tokens_and_is_one_entry() public {
        Papers memory p = _registration("r1");
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _registerFor(p);
        _assertJournal(before, 1);
        assertEq(permitting.balanceOf(user), 9 * _price(), "paid by the user");
        assertEq(permitting.balanceOf(address(custody)), _price(), "to the contract");
        assertEq(_escrowed(), _price(), "in escrow");
        (address depositor,,,) = custody.deposit("r1");
        assertEq(depositor, user, "the deposit is the user's");
        (,, uint256 known) = custody.account(user);
        assertEq(known, 1, "registered");
        (,, known) = custody.account(STRANGER);
        assertEq(known, 0, "and not the sender");
    }

    function test_a_retopup_by_signature_takes_the_users_tokens_and_is_one_entry() public {
        _expectRetopupForRevert(_furtherPayment("t1"), abi.encodeWithSelector(ICustody.NotRegistered.selector, user));
        _registerFor(_registration("r1"));
        Papers memory p = _furtherPayment("t1");
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _retopupFor(p);
        _assertJournal(before, 1);
        assertEq(permitting.balanceOf(user), 8 * _price(), "paid by the user");
        assertEq(_escrowed(), 2 * _price(), "in escrow");
    }

    function test_the_refund_is_the_users_and_not_the_senders() public {
        _registerFor(_registration("r1"));
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongUser.selector, user, STRANGER));
        vm.prank(STRANGER);
        custody.refund("r1", STRANGER);
        _refund(user, "r1");
        assertEq(permitting.balanceOf(user), 10 * _price(), "all came back");
    }

    // ------------------------------------------------------------------ permits

    function test_an_allowance_does_without_a_permit() public {
        Papers memory p = _registration("r1");
        delete p.permit;
        _expectRegisterForRevert(p, _notCollected());
        _allow(user, _price());
        vm.expectCall(address(permitting), abi.encodeWithSelector(permitting.permit.selector), 0);
        _registerFor(p);
        assertEq(permitting.nonces(user), 0, "no permit was used");
    }

    function test_a_token_without_permits_takes_an_allowance() public {
        _use(new PlainToken(6));
        token.mint(user, _price());
        Papers memory p;
        p.intake = _tokenIntake(user, "r1");
        p.signer = signer;
        p.signature = _sign(SIGNER_KEY, "Registration", p.intake);
        p.consent = _sign(USER_KEY, "RegistrationConsent", p.intake);
        // Given or not, it does not matter.
        p.permit.deadline = 1;
        _expectRegisterForRevert(p, _notCollected());
        _allow(user, _price());
        _registerFor(p);
        assertEq(token.balanceOf(address(custody)), _price(), "collected");
    }

    function test_a_permit_that_somebody_used_before_still_counts() public {
        Papers memory p = _registration("r1");
        vm.prank(BOB);
        permitting.permit(user, address(custody), p.permit.value, p.permit.deadline, p.permit.v, p.permit.r, p.permit.s);
        _registerFor(p);
        assertEq(_escrowed(), _price(), "in escrow");
        assertEq(permitting.nonces(user), 1, "used once");
    }

    function test_a_permit_that_the_token_refuses_gives_nothing() public {
        Papers memory p = _registration("r1");
        p.permit = _permit(_price(), 7);
        _expectRegisterForRevert(p, _notCollected());
        p.permit = _permit(_price() - 1);
        _expectRegisterForRevert(p, _notCollected());
        p.permit.deadline = _now() - 1;
        _expectRegisterForRevert(p, _notCollected());
        // More than the price may be allowed; no more than the price is taken.
        p.permit = _permit(3 * _price());
        _registerFor(p);
        assertEq(_escrowed(), _price(), "the price");
        assertEq(permitting.allowance(user, address(custody)), 2 * _price(), "the rest stays allowed");
    }

    // ------------------------------------------------------------------ consent

    function test_an_authorization_of_the_operator_is_no_consent() public {
        // The user is a signer of the operator, so both signatures are by the same key.
        _operate(ICustody.Operation.AddSigner, _argument(user), 0);
        Papers memory p = _registration("r1");
        p.signer = user;
        p.signature = _sign(USER_KEY, "Registration", p.intake);
        bytes memory consent = p.consent;
        bytes memory invalid = abi.encodeWithSelector(ICustody.InvalidSignature.selector);
        p.consent = p.signature;
        _expectRegisterForRevert(p, invalid);
        // Nor is a consent an authorization.
        (p.consent, p.signature) = (consent, consent);
        _expectRegisterForRevert(p, invalid);
        p.signature = _sign(USER_KEY, "Registration", p.intake);
        _registerFor(p);
        p = _furtherPayment("t1");
        p.signer = user;
        p.signature = _sign(USER_KEY, "Retopup", p.intake);
        consent = p.consent;
        p.consent = p.signature;
        _expectRetopupForRevert(p, invalid);
        // A consent to register is none to pay more.
        p.consent = _sign(USER_KEY, "RegistrationConsent", p.intake);
        _expectRetopupForRevert(p, invalid);
        p.consent = consent;
        _retopupFor(p);
    }

    function test_a_consent_to_pay_more_is_none_to_register() public {
        Papers memory p = _registration("r1");
        p.consent = _sign(USER_KEY, "RetopupConsent", p.intake);
        _expectRegisterForRevert(p, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
    }

    function test_only_the_users_consent_to_every_field_counts() public {
        bytes memory invalid = abi.encodeWithSelector(ICustody.InvalidSignature.selector);
        uint256[3] memory others = [SIGNER_KEY, ROOT_SIGNER_KEY, 0xBAD];
        Papers memory p = _registration("r1");
        bytes memory consent = p.consent;
        for (uint256 k; k < 3; ++k) {
            p.consent = _sign(others[k], "RegistrationConsent", p.intake);
            _expectRegisterForRevert(p, invalid);
        }
        for (uint256 field; field < 7; ++field) {
            p = _registration("r1");
            ICustody.Intake memory i = p.intake;
            if (field == 0) i.user = BOB;
            else if (field == 1) i.sponsor = BOB;
            else if (field == 2) i.amount += 1;
            else if (field == 3) i.planHash = "another";
            else if (field == 4) i.disclosureHash = "another";
            else if (field == 5) i.ref = "r2";
            else i.deadline += 1;
            p.signature = _sign(SIGNER_KEY, "Registration", i);
            p.consent = consent;
            _expectRegisterForRevert(p, invalid);
        }
    }

    function test_a_contract_consents_by_its_own_rules() public {
        address wallet = address(new SigningWallet(user));
        Papers memory p = _registration("r1");
        p.intake.user = wallet;
        p.signature = _sign(SIGNER_KEY, "Registration", p.intake);
        delete p.permit;
        permitting.mint(wallet, _price());
        _allow(wallet, _price());
        p.consent = _sign(0xBAD, "RegistrationConsent", p.intake);
        _expectRegisterForRevert(p, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        p.consent = _sign(USER_KEY, "RegistrationConsent", p.intake);
        _registerFor(p);
        (address depositor,,,) = custody.deposit("r1");
        assertEq(depositor, wallet, "the deposit is the wallet's");
    }

    function test_a_safe_joins_by_its_owners_signature() public {
        address safe = Safes.make(Safes.kit(), user, 1);
        Papers memory p = _registration("r1");
        p.intake.user = safe;
        p.signature = _sign(SIGNER_KEY, "Registration", p.intake);
        delete p.permit;
        permitting.mint(safe, 2 * _price());
        _allow(safe, 2 * _price());
        bytes32 digest = _digest("RegistrationConsent", p.intake, block.chainid, address(custody));
        p.consent = Safes.sign(0xBAD, safe, digest);
        _expectRegisterForRevert(p, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        p.consent = Safes.sign(USER_KEY, safe, digest);
        _registerFor(p);
        p.intake.ref = "t1";
        p.signature = _sign(SIGNER_KEY, "Retopup", p.intake);
        p.consent = Safes.sign(USER_KEY, safe, _digest("RetopupConsent", p.intake, block.chainid, address(custody)));
        _retopupFor(p);
        assertEq(permitting.balanceOf(safe), 0, "both paid by the wallet");
        (address depositor,,,) = custody.deposit("t1");
        assertEq(depositor, safe, "the deposit is the wallet's");
    }

    function test_a_consent_is_used_once() public {
        Papers memory p = _registration("r1");
        _allow(user, type(uint256).max);
        _registerFor(p);
        _expectRegisterForRevert(p, abi.encodeWithSelector(ICustody.RefUsed.selector, bytes32("r1")));
        _refund(user, "r1");
        _expectRegisterForRevert(p, abi.encodeWithSelector(ICustody.RefUsed.selector, bytes32("r1")));
        p = _furtherPayment("t1");
        _retopupFor(p);
        _expectRetopupForRevert(p, abi.encodeWithSelector(ICustody.RefUsed.selector, bytes32("t1")));
    }

    function test_an_intake_lives_an_hour_at_most() public {
        Papers memory p = _registration("r1");
        p.intake.deadline = _now() + 1 hours + 1;
        p.signature = _sign(SIGNER_KEY, "Registration", p.intake);
        p.consent = _sign(USER_KEY, "RegistrationConsent", p.intake);
        p.permit = _permit(_price());
        p.permit.deadline = 0;
        _allow(user, _price());
        _expectRegisterForRevert(p, abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, p.intake.deadline));
        vm.warp(p.intake.deadline + 1);
        _expectRegisterForRevert(p, abi.encodeWithSelector(ICustody.Expired.selector, p.intake.deadline));
        vm.warp(p.intake.deadline);
        _registerFor(p);
    }

    function test_without_the_operators_authorization_nobody_enters() public {
        Papers memory p = _registration("r1");
        p.signer = STRANGER;
        _expectRegisterForRevert(p, abi.encodeWithSelector(ICustody.InvalidSigner.selector, STRANGER));
        p.signer = signer;
        p.signature = _sign(0xBAD, "Registration", p.intake);
        _expectRegisterForRevert(p, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        assertEq(permitting.nonces(user), 0, "the permit is as good as before");
    }

    function test_pause_comes_first_and_value_is_refused() public {
        Papers memory p = _registration("r1");
        p.consent = "";
        vm.prank(GUARDIAN);
        custody.pause();
        bytes memory paused = abi.encodeWithSelector(Pausable.EnforcedPause.selector);
        _expectRegisterForRevert(p, paused);
        _expectRetopupForRevert(p, paused);
        vm.prank(ADMIN);
        custody.unpause();
        p = _registration("r1");
        bytes memory call = abi.encodeCall(custody.registerFor, (p.intake, p.signer, p.signature, p.consent, p.permit));
        vm.deal(STRANGER, 1);
        vm.prank(STRANGER);
        (bool ok,) = address(custody).call{value: 1}(call);
        assertTrue(!ok, "coin is refused");
        _registerFor(p);
    }

    function test_a_frozen_user_neither_registers_nor_retops_up_by_signature() public {
        _registerFor(_registration("r1"));
        uint256 until = _now() + 100;
        _freeze(user, until);
        bytes memory frozen = abi.encodeWithSelector(ICustody.UserIsFrozen.selector, user, until);
        _expectRetopupForRevert(_furtherPayment("t1"), frozen);
        vm.warp(until);
        Papers memory p = _furtherPayment("t1");
        p.intake.sponsor = BOB;
        p.signature = _sign(SIGNER_KEY, "Retopup", p.intake);
        p.consent = _sign(USER_KEY, "RetopupConsent", p.intake);
        _expectRetopupForRevert(p, abi.encodeWithSelector(ICustody.WrongUser.selector, address(0), BOB));
        _retopupFor(_furtherPayment("t1"));
    }

    // ------------------------------------------------------------------ several in one

    function test_registration_and_retopup_in_one_call() public {
        Papers memory first = _registration("r1");
        Papers memory second = _furtherPayment("t1");
        first.permit = _permit(2 * _price());
        delete second.permit;
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(
            custody.registerFor, (first.intake, first.signer, first.signature, first.consent, first.permit)
        );
        calls[1] = abi.encodeCall(
            custody.retopupFor, (second.intake, second.signer, second.signature, second.consent, second.permit)
        );
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.prank(STRANGER);
        custody.multicall(calls);
        _assertJournal(before, 2);
        assertEq(_escrowed(), 2 * _price(), "both prices");

        // And by the user alone, with the own calls.
        _allow(user, 2 * _price());
        ICustody.Intake memory a = _tokenIntake(user, "t2");
        ICustody.Intake memory b = _tokenIntake(user, "t3");
        calls[0] = abi.encodeCall(custody.retopup, (a, signer, _sign(SIGNER_KEY, "Retopup", a)));
        calls[1] = abi.encodeCall(custody.retopup, (b, signer, _sign(SIGNER_KEY, "Retopup", b)));
        vm.prank(user);
        custody.multicall(calls);
        assertEq(_escrowed(), 4 * _price(), "two more");
    }

    function _allow(address who, uint256 amount) private {
        vm.prank(who);
        token.approve(address(custody), amount);
    }

    function _notCollected() private view returns (bytes memory) {
        return abi.encodeWithSelector(ICustody.TransferFailed.selector, address(custody), _price());
    }
}
