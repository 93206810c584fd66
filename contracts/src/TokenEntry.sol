// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {ICustodyToken} from "./interfaces/ICustodyToken.sol";
import {Intake} from "./Intake.sol";
import {Token} from "./Token.sol";

/// @notice Entry of users who have tokens and no coin: they sign, somebody else sends.
/// @dev Nobody is registered who did not sign this very intake, and the deposit is the user's. After the pause, the first check is
/// `InvalidSignature` of the consent; then as `Intake`, with the user in the place of the sender.
abstract contract TokenEntry is Token, Intake {
    bytes32 internal constant REGISTRATION_CONSENT_TYPEHASH = keccak256(
        "RegistrationConsent(address user,address sponsor,uint256 amount,bytes32 planHash,bytes32 disclosureHash,bytes32 ref,uint256 deadline)"
    );
    bytes32 internal constant RETOPUP_CONSENT_TYPEHASH = keccak256(
        "RetopupConsent(address user,address sponsor,uint256 amount,bytes32 planHash,bytes32 disclosureHash,bytes32 ref,uint256 deadline)"
    );

    function registerFor(
        ICustody.Intake calldata intake,
        address signer,
        bytes calldata signature,
        bytes calldata consent,
        ICustodyToken.Permit calldata permit
    ) external nonReentrant whenNotPaused {
        _checkSignature(_structHash(REGISTRATION_CONSENT_TYPEHASH, intake), intake.user, consent);
        _usePermit(intake.user, permit);
        _register(intake, signer, signature);
    }

    function retopupFor(
        ICustody.Intake calldata intake,
        address signer,
        bytes calldata signature,
        bytes calldata consent,
        ICustodyToken.Permit calldata permit
    ) external nonReentrant whenNotPaused {
        _checkSignature(_structHash(RETOPUP_CONSENT_TYPEHASH, intake), intake.user, consent);
        _usePermit(intake.user, permit);
        _retopup(intake, signer, signature);
    }

    /// @dev A permit's fields follow owner and spender in the order of the token's arguments. Whether it was accepted shows when the
    /// tokens are collected.
    function _usePermit(address user, ICustodyToken.Permit calldata permit) private {
        if (permit.deadline == 0) return;
        _call(abi.encodeWithSelector(IERC20Permit.permit.selector, user, address(this), permit), gasleft());
    }
}
