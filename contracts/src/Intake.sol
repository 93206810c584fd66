// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "./interfaces/ICustody.sol";
import {Accounts} from "./Accounts.sol";
import {Authorizations} from "./Authorizations.sol";
import {Escrow} from "./Escrow.sol";

/// @notice Where money comes in: registrations and retopups into escrow, funding into the free pool.
/// @dev Checks run in this order, and the first broken rule is the error: paused; sender (`WrongUser`); deadline (`Expired`,
/// `LifetimeTooLong`); value (`WrongValue`; `NotWholeGwei`, also for zero: not a whole number of the asset's units); reference (`RefUsed`); freeze (`UserIsFrozen`);
/// sponsor of a retopup (`WrongUser`, expected is zero); registration (`AlreadyRegistered`, `NotRegistered`); signer
/// (`InvalidSigner`); signature (`InvalidSignature`).
abstract contract Intake is Accounts, Escrow, Authorizations {
    bytes32 internal constant REGISTRATION_TYPEHASH = keccak256(
        "Registration(address user,address sponsor,uint256 amount,bytes32 planHash,bytes32 disclosureHash,bytes32 ref,uint256 deadline)"
    );
    bytes32 internal constant RETOPUP_TYPEHASH = keccak256(
        "Retopup(address user,address sponsor,uint256 amount,bytes32 planHash,bytes32 disclosureHash,bytes32 ref,uint256 deadline)"
    );

    /// @notice Registers the sender, once and for ever, and takes the price into escrow.
    function register(ICustody.Intake calldata intake, address signer, bytes calldata signature)
        external
        payable
        nonReentrant
        whenNotPaused
    {
        _checkIntake(intake);
        if (_accounts[intake.user].frozenUntil != 0) revert ICustody.AlreadyRegistered(intake.user);
        _checkAuthorization(_structHash(REGISTRATION_TYPEHASH, intake), signer, signature);

        _accounts[intake.user].frozenUntil = NEVER_FROZEN;
        uint256 until = block.timestamp + COOLING_OFF;
        _escrow(intake.ref, intake.user, intake.amount, until);
        _record(
            4,
            abi.encode(
                ICustody.RegistrationAccepted.selector,
                intake.ref,
                intake.user,
                intake.sponsor,
                SEQ,
                intake.amount,
                until,
                intake.planHash,
                intake.disclosureHash
            )
        );
        _collect(intake.amount);
    }

    /// @notice Takes a registered user's further payment into escrow.
    function retopup(ICustody.Intake calldata intake, address signer, bytes calldata signature)
        external
        payable
        nonReentrant
        whenNotPaused
    {
        _checkIntake(intake);
        if (intake.sponsor != address(0)) revert ICustody.WrongUser(address(0), intake.sponsor);
        if (_accounts[intake.user].frozenUntil == 0) revert ICustody.NotRegistered(intake.user);
        _checkAuthorization(_structHash(RETOPUP_TYPEHASH, intake), signer, signature);

        uint256 until = block.timestamp + COOLING_OFF;
        _escrow(intake.ref, intake.user, intake.amount, until);
        _record(
            3,
            abi.encode(
                ICustody.RetopupCompleted.selector,
                intake.ref,
                intake.user,
                SEQ,
                intake.amount,
                until,
                intake.planHash,
                intake.disclosureHash
            )
        );
        _collect(intake.amount);
    }

    /// @notice Adds funds that belong to no user; anybody, also while paused. `NotWholeGwei` also for zero.
    function fund() external payable nonReentrant {
        uint256 amount = _offered();
        _checkUnits(amount);
        _record(2, abi.encode(ICustody.Funded.selector, msg.sender, SEQ, amount));
        _collect(amount);
    }

    function _checkIntake(ICustody.Intake calldata intake) private view {
        if (msg.sender != intake.user) revert ICustody.WrongUser(intake.user, msg.sender);
        _checkDeadline(intake.deadline);
        _checkValue(intake.amount);
        _checkUnits(intake.amount);
        if (_deposits[intake.ref].user != address(0)) revert ICustody.RefUsed(intake.ref);
        _checkNotFrozen(intake.user);
    }

    function _checkUnits(uint256 amount) private view {
        if (amount == 0 || amount % _unit() != 0) revert ICustody.NotWholeGwei(amount);
    }

    function _structHash(bytes32 typeHash, ICustody.Intake calldata intake) private pure returns (bytes32) {
        return keccak256(abi.encode(typeHash, intake));
    }
}
