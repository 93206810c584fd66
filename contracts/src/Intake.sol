// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";
import {Accounts} from "./Accounts.sol";
import {Escrow} from "./Escrow.sol";

/// @notice Where money comes in: registrations and retopups into escrow, funding into the free pool.
/// @dev Checks run in this order, and the first broken rule is the error: paused; sender (`WrongUser`); deadline (`Expired`,
/// `LifetimeTooLong`); value (`WrongValue`; `NotWholeGwei`, also for zero: not a whole number of the asset's units); reference (`RefUsed`); freeze (`UserIsFrozen`);
/// sponsor of a retopup (`WrongUser`, expected is zero); registration (`AlreadyRegistered`, `NotRegistered`); signer
/// (`InvalidSigner`); signature (`InvalidSignature`).
abstract contract Intake is Accounts, Escrow {
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
        _checkSender(intake.user);
        _register(intake, signer, signature);
    }

    /// @notice Takes a registered user's further payment into escrow.
    function retopup(ICustody.Intake calldata intake, address signer, bytes calldata signature)
        external
        payable
        nonReentrant
        whenNotPaused
    {
        _checkSender(intake.user);
        _retopup(intake, signer, signature);
    }

    /// @notice Adds funds that belong to no user; anybody, also while paused.
    /// @dev `NotWholeGwei`; `WrongValue`, expected is the least amount.
    function fund() external payable nonReentrant {
        uint256 amount = _offered();
        _checkUnits(amount);
        if (amount < _leastFunding()) revert ICustody.WrongValue(_leastFunding(), amount);
        _record(2, abi.encode(ICustody.Funded.selector, msg.sender, SEQ, amount));
        _collect(msg.sender, amount);
    }

    /// @dev Of a user who agreed to it.
    function _register(ICustody.Intake calldata intake, address signer, bytes calldata signature) internal {
        _checkIntake(intake);
        uint256 known = _account(intake.user).frozenUntil;
        if (known != 0 && known != ENROLLED) revert ICustody.AlreadyRegistered(intake.user);
        _checkAuthorization(_structHash(REGISTRATION_TYPEHASH, intake), signer, signature);

        _account(intake.user).frozenUntil = REGISTERED;
        _takeRegistration(intake);
    }

    /// @dev Of a user who agreed to it.
    function _retopup(ICustody.Intake calldata intake, address signer, bytes calldata signature) internal {
        _checkIntake(intake);
        if (intake.sponsor != address(0)) revert ICustody.WrongUser(address(0), intake.sponsor);
        uint256 known = _account(intake.user).frozenUntil;
        if (known == 0 || known == ENROLLED) revert ICustody.NotRegistered(intake.user);
        _checkAuthorization(_structHash(RETOPUP_TYPEHASH, intake), signer, signature);

        _takeRetopup(intake);
    }

    function _takeRegistration(ICustody.Intake calldata intake) private {
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
        _collect(intake.user, intake.amount);
    }

    function _takeRetopup(ICustody.Intake calldata intake) private {
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
        _collect(intake.user, intake.amount);
    }

    function _structHash(bytes32 typeHash, ICustody.Intake calldata intake) internal pure returns (bytes32) {
        return keccak256(abi.encode(typeHash, intake));
    }

    function _checkSender(address user) private view {
        if (msg.sender != user) revert ICustody.WrongUser(user, msg.sender);
    }

    function _checkIntake(ICustody.Intake calldata intake) private view {
        _checkDeadline(intake.deadline);
        _checkValue(intake.amount);
        _checkUnits(intake.amount);
        if (_deposits[intake.ref].user != address(0)) revert ICustody.RefUsed(intake.ref);
        _checkNotFrozen(intake.user);
    }

    function _checkUnits(uint256 amount) private view {
        if (amount == 0 || amount % _unit() != 0) revert ICustody.NotWholeGwei(amount);
    }
}
