// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ICustodyToken} from "../../src/interfaces/ICustodyToken.sol";
import {PermitToken} from "./PermitToken.sol";
import {TokenTest} from "./TokenTest.sol";
import {Books} from "./Tokens.sol";

/// @notice Intakes to which a user agreed by signature, and which somebody else sends.
abstract contract ConsentTest is TokenTest {
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    uint256 internal constant USER_KEY = 0xCAFE;

    PermitToken internal permitting;
    address internal user;

    function setUp() public virtual override {
        super.setUp();
        permitting = new PermitToken();
        _use(Books(address(permitting)));
        user = vm.addr(USER_KEY);
        permitting.mint(user, 10 * _price());
    }

    /// @dev What the user, the operator's signer and the token need for one intake.
    struct Papers {
        ICustody.Intake intake;
        address signer;
        bytes signature;
        bytes consent;
        ICustodyToken.Permit permit;
    }

    function _registration(bytes32 ref) internal view returns (Papers memory p) {
        p.intake = _tokenIntake(user, ref);
        p.signer = signer;
        p.signature = _sign(SIGNER_KEY, "Registration", p.intake);
        p.consent = _sign(USER_KEY, "RegistrationConsent", p.intake);
        p.permit = _permit(p.intake.amount);
    }

    function _furtherPayment(bytes32 ref) internal view returns (Papers memory p) {
        p.intake = _tokenIntake(user, ref);
        p.signer = signer;
        p.signature = _sign(SIGNER_KEY, "Retopup", p.intake);
        p.consent = _sign(USER_KEY, "RetopupConsent", p.intake);
        p.permit = _permit(p.intake.amount);
    }

    function _permit(uint256 value) internal view returns (ICustodyToken.Permit memory) {
        return _permit(value, permitting.nonces(user));
    }

    function _permit(uint256 value, uint256 nonce) internal view returns (ICustodyToken.Permit memory p) {
        p.value = value;
        p.deadline = _now() + 1 hours;
        bytes32 structHash = keccak256(abi.encode(PERMIT_TYPEHASH, user, address(custody), value, nonce, p.deadline));
        (p.v, p.r, p.s) =
            vm.sign(USER_KEY, keccak256(abi.encodePacked(hex"1901", permitting.DOMAIN_SEPARATOR(), structHash)));
    }

    function _registerFor(Papers memory p) internal {
        vm.prank(STRANGER);
        custody.registerFor(p.intake, p.signer, p.signature, p.consent, p.permit);
    }

    function _retopupFor(Papers memory p) internal {
        vm.prank(STRANGER);
        custody.retopupFor(p.intake, p.signer, p.signature, p.consent, p.permit);
    }

    function _expectRegisterForRevert(Papers memory p, bytes memory error_) internal {
        vm.expectRevert(error_);
        _registerFor(p);
    }

    function _expectRetopupForRevert(Papers memory p, bytes memory error_) internal {
        vm.expectRevert(error_);
        _retopupFor(p);
    }
}
