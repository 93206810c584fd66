// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyToken} from "../../src/interfaces/ICustodyToken.sol";
import {JournalReplay} from "../JournalReplay.sol";
import {TokenTest} from "../token/TokenTest.sol";
import {Books} from "../token/Tokens.sol";
import {SigningWallet} from "../Wallets.sol";

/// @notice A token whose allowances can be signed (EIP-2612).
contract PermitToken is ERC20Permit {
    constructor() ERC20("Permit", "P") ERC20Permit("Permit") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Registration and retopup of users who have tokens and no coin.
contract TokenEntryTest is TokenTest {
    uint256 private constant KEY = 0xCAFE;
    bytes private badSignature = abi.encodeWithSelector(ICustody.InvalidSignature.selector);
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    PermitToken private permitToken;
    address private user;

    function setUp() public override {
        super.setUp();
        user = vm.addr(KEY);
        permitToken = new PermitToken();
        // The tools know tokens by what this one has, too.
        _use(Books(address(permitToken)));
        permitToken.mint(user, 100 ether);
    }

    function test_a_user_without_coin_registers_by_consent_and_permit() public {
        ICustody.Intake memory i = _tokenIntake(user, "r1");
        JournalReplay.Head memory before = _head();
        vm.recordLogs();
        _registerFor(i, KEY, _permit(i.amount));
        _assertJournal(before, 1);
        (address depositor, uint256 amount,,) = custody.deposit("r1");
        assertEq(depositor, user, "the deposit is the user's");
        assertEq(amount, i.amount, "amount");
        // Back to the user, not to who sent it.
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongUser.selector, user, STRANGER));
        vm.prank(STRANGER);
        custody.refund("r1", STRANGER);
        _refund(user, "r1");
        assertEq(permitToken.balanceOf(user), 100 ether, "refunded");
        assertEq(user.balance, 0, "without any coin");
    }

    function test_an_allowance_that_is_there_needs_no_permit() public {
        ICustody.Intake memory i = _tokenIntake(user, "r1");
        vm.prank(user);
        permitToken.approve(address(custody), i.amount);
        _registerFor(i, KEY, _none());
        _assertRegistered();
    }

    /// @dev Whoever sees the permit may send it before; the allowance is there all the same.
    function test_a_permit_that_somebody_used_before_is_no_error() public {
        ICustody.Intake memory i = _tokenIntake(user, "r1");
        ICustodyToken.Permit memory p = _permit(i.amount);
        permitToken.permit(user, address(custody), p.value, p.deadline, p.v, p.r, p.s);
        _registerFor(i, KEY, p);
        _assertRegistered();
    }

    function test_without_an_allowance_nobody_is_registered() public {
        ICustody.Intake memory i = _tokenIntake(user, "r1");
        ICustodyToken.Permit memory p = _permit(i.amount - 1);
        bytes memory error_ = abi.encodeWithSelector(ICustody.TransferFailed.selector, address(custody), i.amount);
        _expectRegisterForRevert(i, KEY, p, error_);
        p.s = bytes32(uint256(p.s) ^ 1);
        _expectRegisterForRevert(i, KEY, p, error_);
        _expectRegisterForRevert(i, KEY, _none(), error_);
    }

    function test_nobody_is_registered_who_did_not_sign_this_very_intake() public {
        ICustody.Intake memory i = _tokenIntake(user, "r1");
        vm.prank(user);
        permitToken.approve(address(custody), 100 ether);
        _expectRegisterForRevert(i, 0xBAD, _none(), badSignature);
        // The operator's authorization of the very user is no consent.
        bytes memory authorization = _sign(SIGNER_KEY, "Registration", i);
        bytes memory wrong = _sign(KEY, "Registration", i);
        vm.expectRevert(badSignature);
        custody.registerFor(i, signer, authorization, wrong, _none());
        // Nor is the consent to a retopup, or to another intake.
        wrong = _sign(KEY, "RetopupConsent", i);
        vm.expectRevert(badSignature);
        custody.registerFor(i, signer, authorization, wrong, _none());
        bytes memory consent = _sign(KEY, "RegistrationConsent", i);
        i.sponsor = STRANGER;
        authorization = _sign(SIGNER_KEY, "Registration", i);
        vm.expectRevert(badSignature);
        custody.registerFor(i, signer, authorization, consent, _none());
    }

    function test_consent_alone_registers_nobody() public {
        ICustody.Intake memory i = _tokenIntake(user, "r1");
        vm.prank(user);
        permitToken.approve(address(custody), 100 ether);
        bytes memory consent = _sign(KEY, "RegistrationConsent", i);
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSigner.selector, user));
        custody.registerFor(i, user, consent, consent, _none());
        vm.prank(GUARDIAN);
        custody.pause();
        _expectRegisterForRevert(i, KEY, _none(), abi.encodeWithSelector(Pausable.EnforcedPause.selector));
    }

    function test_a_registered_user_retops_up_by_consent() public {
        vm.prank(user);
        permitToken.approve(address(custody), 100 ether);
        ICustody.Intake memory i = _tokenIntake(user, "r1");
        bytes memory early = abi.encodeWithSelector(ICustody.NotRegistered.selector, user);
        _expectRetopupForRevert(i, KEY, early);
        _registerFor(i, KEY, _none());
        i.ref = "t1";
        _expectRetopupForRevert(i, 0xBAD, badSignature);
        _retopupFor(i, KEY);
        (address depositor,,,) = custody.deposit("t1");
        assertEq(depositor, user, "the deposit is the user's");
        _expectRetopupForRevert(i, KEY, abi.encodeWithSelector(ICustody.RefUsed.selector, bytes32("t1")));
    }

    function test_a_contract_consents_by_its_own_rules() public {
        address wallet = address(new SigningWallet(user));
        permitToken.mint(wallet, 100 ether);
        vm.prank(wallet);
        permitToken.approve(address(custody), 100 ether);
        ICustody.Intake memory i = _tokenIntake(wallet, "r1");
        _expectRegisterForRevert(i, 0xBAD, _none(), badSignature);
        _registerFor(i, KEY, _none());
        (address depositor,,,) = custody.deposit("r1");
        assertEq(depositor, wallet, "registered");
    }

    // ------------------------------------------------------------------ tools

    function _none() private pure returns (ICustodyToken.Permit memory p) {}

    function _permit(uint256 value) private view returns (ICustodyToken.Permit memory p) {
        (p.value, p.deadline) = (value, _now() + 5);
        bytes32 structHash = keccak256(abi.encode(PERMIT_TYPEHASH, user, address(custody), value, 0, p.deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", permitToken.DOMAIN_SEPARATOR(), structHash));
        (p.v, p.r, p.s) = vm.sign(KEY, digest);
    }

    function _registerFor(ICustody.Intake memory i, uint256 key, ICustodyToken.Permit memory p) private {
        (bytes memory a, bytes memory c) = (_sign(SIGNER_KEY, "Registration", i), _sign(key, "RegistrationConsent", i));
        vm.prank(STRANGER);
        custody.registerFor(i, signer, a, c, p);
    }

    function _expectRegisterForRevert(
        ICustody.Intake memory i,
        uint256 key,
        ICustodyToken.Permit memory p,
        bytes memory error_
    ) private {
        (bytes memory a, bytes memory c) = (_sign(SIGNER_KEY, "Registration", i), _sign(key, "RegistrationConsent", i));
        vm.expectRevert(error_);
        vm.prank(STRANGER);
        custody.registerFor(i, signer, a, c, p);
    }

    function _retopupFor(ICustody.Intake memory i, uint256 key) private {
        (bytes memory a, bytes memory c) = (_sign(SIGNER_KEY, "Retopup", i), _sign(key, "RetopupConsent", i));
        vm.prank(STRANGER);
        custody.retopupFor(i, signer, a, c, _none());
    }

    function _expectRetopupForRevert(ICustody.Intake memory i, uint256 key, bytes memory error_) private {
        (bytes memory a, bytes memory c) = (_sign(SIGNER_KEY, "Retopup", i), _sign(key, "RetopupConsent", i));
        vm.expectRevert(error_);
        vm.prank(STRANGER);
        custody.retopupFor(i, signer, a, c, _none());
    }

    function _assertRegistered() private view {
        (,, uint256 frozenUntil) = custody.account(user);
        assertEq(frozenUntil, 1, "registered");
        assertEq(permitToken.balanceOf(address(custody)), _price(), "the price");
    }
}
