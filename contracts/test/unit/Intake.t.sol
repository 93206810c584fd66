// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyTest} from "../CustodyTest.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {SigningWallet} from "../Wallets.sol";

contract IntakeTest is CustodyTest {
    function test_a_registration_moves_the_price_into_escrow() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        i.sponsor = BOB;
        _register(i);
        (address user, uint256 amount, uint256 until, bool refunded) = custody.deposit("r1");
        assertEq(user, ALICE, "user");
        assertEq(amount, PRICE, "amount");
        assertEq(until, START + 14 days, "refundable until");
        assertTrue(!refunded, "not refunded");
        assertEq(_escrowed(), PRICE, "escrowed");
        assertEq(address(custody).balance, PRICE, "balance");
        (uint256 paid, uint256 credit, uint256 frozenUntil) = custody.account(ALICE);
        assertEq(paid, 0, "paid");
        assertEq(credit, 0, "credit");
        assertEq(frozenUntil, 1, "registered, never frozen");
    }

    function test_a_registration_is_one_journal_entry_with_all_its_fields() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        i.sponsor = BOB;
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _register(i);
        bytes memory data = abi.encode(uint256(1), PRICE, START + 14 days, bytes32("plan"), bytes32("disclosure"));
        bytes memory topics = abi.encode(ICustody.RegistrationAccepted.selector, bytes32("r1"), ALICE, BOB);
        (uint64 seq, bytes24 root) = custody.journalHead();
        assertEq(seq, 1, "seq");
        bytes32 link = keccak256(abi.encode(bytes32(0), keccak256(bytes.concat(topics, data))));
        assertEq(root, bytes24(link), "root");
        _assertJournal(before, 1);
    }

    function test_a_retopup_moves_the_price_into_escrow_and_is_one_entry() public {
        _register(_intake(ALICE, "r1"));
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _retopup(_intake(ALICE, "t1"));
        _assertJournal(before, 1);
        assertEq(_escrowed(), 2 * PRICE, "escrowed");
    }

    function test_only_the_user_may_send_it() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        vm.deal(BOB, PRICE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongUser.selector, ALICE, BOB));
        vm.prank(BOB);
        custody.register{value: PRICE}(i, signer, signature);
    }

    function test_it_is_valid_in_the_second_of_its_deadline_and_not_later() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        vm.warp(i.deadline + 1);
        _expectRegisterRevert(i, abi.encodeWithSelector(ICustody.Expired.selector, i.deadline));
        vm.warp(i.deadline);
        _register(i);
    }

    function test_it_lives_for_one_hour_and_not_longer() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        i.deadline = START + 1 hours + 1;
        _expectRegisterRevert(i, abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, i.deadline));
        i.deadline = type(uint256).max;
        _expectRegisterRevert(i, abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, i.deadline));
        i.deadline = START + 1 hours;
        _register(i);
    }

    function test_the_value_must_be_the_amount() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        vm.deal(ALICE, 2 * PRICE);
        for (uint256 k; k < 3; ++k) {
            uint256 value = k == 0 ? 0 : k == 1 ? PRICE - 1 : PRICE + 1;
            vm.expectRevert(abi.encodeWithSelector(ICustody.WrongValue.selector, PRICE, value));
            vm.prank(ALICE);
            custody.register{value: value}(i, signer, signature);
        }
    }

    function test_the_amount_must_be_a_positive_whole_number_of_gwei() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        i.amount = 0;
        _expectRegisterRevert(i, abi.encodeWithSelector(ICustody.NotWholeGwei.selector, 0));
        i.amount = 1 gwei - 1;
        _expectRegisterRevert(i, abi.encodeWithSelector(ICustody.NotWholeGwei.selector, 1 gwei - 1));
        i.amount = 1 gwei + 1;
        _expectRegisterRevert(i, abi.encodeWithSelector(ICustody.NotWholeGwei.selector, 1 gwei + 1));
        i.amount = 1 gwei;
        _register(i);
        (, uint256 amount,,) = custody.deposit("r1");
        assertEq(amount, 1 gwei, "smallest amount");
    }

    function test_a_reference_is_used_once_even_after_its_refund() public {
        _register(_intake(ALICE, "r1"));
        _expectRetopupRevert(_intake(ALICE, "r1"), abi.encodeWithSelector(ICustody.RefUsed.selector, bytes32("r1")));
        _refund(ALICE, "r1");
        _expectRegisterRevert(_intake(BOB, "r1"), abi.encodeWithSelector(ICustody.RefUsed.selector, bytes32("r1")));
    }

    function test_a_user_registers_once_even_after_a_refund() public {
        _register(_intake(ALICE, "r1"));
        bytes memory error_ = abi.encodeWithSelector(ICustody.AlreadyRegistered.selector, ALICE);
        _expectRegisterRevert(_intake(ALICE, "r2"), error_);
        _refund(ALICE, "r1");
        _expectRegisterRevert(_intake(ALICE, "r2"), error_);
        _retopup(_intake(ALICE, "t1"));
    }

    function test_a_frozen_user_neither_registers_nor_retops_up_until_the_freeze_ends() public {
        _register(_intake(ALICE, "r1"));
        _freeze(ALICE, START + MAX_FREEZE);
        bytes memory error_ = abi.encodeWithSelector(ICustody.UserIsFrozen.selector, ALICE, START + MAX_FREEZE);
        _expectRegisterRevert(_intake(ALICE, "r2"), error_);
        vm.warp(START + MAX_FREEZE - 1);
        _expectRetopupRevert(_intake(ALICE, "t1"), error_);
        vm.warp(START + MAX_FREEZE);
        _retopup(_intake(ALICE, "t1"));
    }

    function test_a_retopup_needs_a_registered_user_and_no_sponsor() public {
        ICustody.Intake memory i = _intake(ALICE, "t1");
        _expectRetopupRevert(i, abi.encodeWithSelector(ICustody.NotRegistered.selector, ALICE));
        _register(_intake(ALICE, "r1"));
        i.sponsor = BOB;
        _expectRetopupRevert(i, abi.encodeWithSelector(ICustody.WrongUser.selector, address(0), BOB));
    }

    function test_pause_stops_both_and_unpause_lets_them_go_on() public {
        _register(_intake(ALICE, "r1"));
        vm.prank(GUARDIAN);
        custody.pause();
        bytes memory error_ = abi.encodeWithSelector(Pausable.EnforcedPause.selector);
        _expectRegisterRevert(_intake(BOB, "r2"), error_);
        _expectRetopupRevert(_intake(ALICE, "t1"), error_);
        vm.prank(ADMIN);
        custody.unpause();
        _register(_intake(BOB, "r2"));
        _retopup(_intake(ALICE, "t1"));
    }

    function test_a_signature_of_the_other_type_chain_contract_or_key_is_worth_nothing() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        bytes32[4] memory digests = [
            _digest("Retopup", i, block.chainid, address(custody)),
            _digest("Registration", i, block.chainid + 1, address(custody)),
            _digest("Registration", i, block.chainid, address(this)),
            _digest("Registration", i, block.chainid, address(custody))
        ];
        vm.deal(ALICE, PRICE);
        for (uint256 k; k < 4; ++k) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(k == 3 ? ROOT_SIGNER_KEY : SIGNER_KEY, digests[k]);
            vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
            vm.prank(ALICE);
            custody.register{value: PRICE}(i, signer, abi.encodePacked(r, s, v));
        }
    }

    function test_a_changed_field_breaks_the_signature() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        bytes memory signature = _sign(SIGNER_KEY, "Registration", i);
        vm.deal(ALICE, 2 * PRICE);
        for (uint256 k; k < 6; ++k) {
            ICustody.Intake memory changed = _intake(ALICE, "r1");
            if (k == 0) changed.sponsor = BOB;
            else if (k == 1) changed.amount += 1 gwei;
            else if (k == 2) changed.planHash = "other";
            else if (k == 3) changed.disclosureHash = "other";
            else if (k == 4) changed.ref = "r2";
            else changed.deadline += 1;
            vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
            vm.prank(ALICE);
            custody.register{value: changed.amount}(changed, signer, signature);
        }
    }

    function test_high_s_compact_and_empty_signatures_are_refused() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(SIGNER_KEY, _digest("Registration", i, block.chainid, address(custody)));
        uint256 n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes[3] memory signatures = [
            abi.encodePacked(r, bytes32(n - uint256(s)), v == 27 ? uint8(28) : uint8(27)),
            abi.encodePacked(r, bytes32(uint256(s) | (v == 28 ? 1 << 255 : 0))),
            bytes("")
        ];
        vm.deal(ALICE, PRICE);
        for (uint256 k; k < 3; ++k) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
            vm.prank(ALICE);
            custody.register{value: PRICE}(i, signer, signatures[k]);
        }
    }

    function test_only_signers_of_intake_count() public {
        ICustody.Intake memory i = _intake(ALICE, "r1");
        address rootSigner = vm.addr(ROOT_SIGNER_KEY);
        bytes memory signature = _sign(ROOT_SIGNER_KEY, "Registration", i);
        vm.deal(ALICE, PRICE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, rootSigner));
        vm.prank(ALICE);
        custody.register{value: PRICE}(i, rootSigner, signature);
    }

    function test_a_revoked_signer_is_refused_at_once() public {
        vm.prank(GUARDIAN);
        custody.revokeSigner(signer);
        _expectRegisterRevert(_intake(ALICE, "r1"), abi.encodeWithSelector(ICustody.InvalidSigner.selector, signer));
    }

    function test_a_contract_may_sign_by_eip1271() public {
        SigningWallet wallet = new SigningWallet(vm.addr(SIGNER_KEY));
        ICustody.Config memory c = _config();
        c.signer = address(wallet);
        _redeploy(c);
        ICustody.Intake memory i = _intake(ALICE, "r1");
        bytes memory bad = _sign(ROOT_SIGNER_KEY, "Registration", i);
        bytes memory good = _sign(SIGNER_KEY, "Registration", i);
        vm.deal(ALICE, PRICE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        vm.prank(ALICE);
        custody.register{value: PRICE}(i, address(wallet), bad);
        vm.prank(ALICE);
        custody.register{value: PRICE}(i, address(wallet), good);
    }

    function test_a_signer_with_delegated_code_still_signs_with_its_key() public {
        vm.etch(signer, hex"ef0100000000000000000000000000000000000000dead");
        _register(_intake(ALICE, "r1"));
    }

    function test_a_contract_user_may_register() public {
        SigningWallet wallet = new SigningWallet(BOB);
        _register(_intake(address(wallet), "r1"));
    }

    /// @dev Everything is wrong at first; each step mends what the error named.
    function test_checks_run_in_the_documented_order() public {
        _register(_intake(ALICE, "r1"));
        _freeze(ALICE, START + MAX_FREEZE);
        vm.prank(GUARDIAN);
        custody.pause();
        ICustody.Intake memory i = _intake(ALICE, "r1");
        (i.sponsor, i.deadline, i.amount) = (BOB, START - 1, PRICE + 1);
        address from = BOB;
        address by = STRANGER;
        uint256 value = PRICE;
        vm.deal(ALICE, 10 * PRICE);
        vm.deal(BOB, 10 * PRICE);

        _expectOrder(i, from, by, value, abi.encodeWithSelector(Pausable.EnforcedPause.selector));
        vm.prank(ADMIN);
        custody.unpause();
        _expectOrder(i, from, by, value, abi.encodeWithSelector(ICustody.WrongUser.selector, ALICE, BOB));
        from = ALICE;
        _expectOrder(i, from, by, value, abi.encodeWithSelector(ICustody.Expired.selector, START - 1));
        i.deadline = START + 2 hours;
        _expectOrder(i, from, by, value, abi.encodeWithSelector(ICustody.LifetimeTooLong.selector, START + 2 hours));
        i.deadline = START;
        _expectOrder(i, from, by, value, abi.encodeWithSelector(ICustody.WrongValue.selector, PRICE + 1, PRICE));
        value = PRICE + 1;
        _expectOrder(i, from, by, value, abi.encodeWithSelector(ICustody.NotWholeGwei.selector, PRICE + 1));
        (i.amount, value) = (PRICE, PRICE);
        _expectOrder(i, from, by, value, abi.encodeWithSelector(ICustody.RefUsed.selector, bytes32("r1")));
        i.ref = "t1";
        _expectOrder(
            i, from, by, value, abi.encodeWithSelector(ICustody.UserIsFrozen.selector, ALICE, START + MAX_FREEZE)
        );
        vm.prank(FREEZER);
        custody.unfreeze(ALICE);
        _expectOrder(i, from, by, value, abi.encodeWithSelector(ICustody.WrongUser.selector, address(0), BOB));
        i.sponsor = address(0);
        _expectOrder(i, from, by, value, abi.encodeWithSelector(ICustody.InvalidSigner.selector, STRANGER));
        by = signer;
        _expectOrder(i, from, by, value, abi.encodeWithSelector(ICustody.InvalidSignature.selector));
    }

    function test_funding_is_whole_gwei_from_anybody_also_while_paused() public {
        vm.prank(GUARDIAN);
        custody.pause();
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        vm.deal(STRANGER, 1 ether);
        vm.prank(STRANGER);
        custody.fund{value: 0.01 ether}();
        _assertJournal(before, 1);
        assertEq(address(custody).balance, 0.01 ether, "balance");
        assertEq(_escrowed(), 0, "funding is not escrow");
    }

    function test_funding_with_nothing_or_a_broken_gwei_is_refused() public {
        vm.deal(STRANGER, 1 ether);
        for (uint256 k; k < 2; ++k) {
            uint256 value = k == 0 ? 0 : 1 gwei + 1;
            vm.expectRevert(abi.encodeWithSelector(ICustody.NotWholeGwei.selector, value));
            vm.prank(STRANGER);
            custody.fund{value: value}();
        }
    }

    function test_there_is_no_way_in_without_a_function() public {
        vm.deal(STRANGER, 1 ether);
        vm.prank(STRANGER);
        (bool plain,) = address(custody).call{value: 1 gwei}("");
        vm.prank(STRANGER);
        (bool unknown,) = address(custody).call{value: 1 gwei}(hex"12345678");
        assertTrue(!plain && !unknown, "neither receive nor fallback");
    }

    function _expectOrder(ICustody.Intake memory i, address from, address by, uint256 value, bytes memory error_)
        private
    {
        vm.expectRevert(error_);
        vm.prank(from);
        custody.retopup{value: value}(i, by, new bytes(65));
    }
}
