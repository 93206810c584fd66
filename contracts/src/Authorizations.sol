// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Roles} from "./Roles.sol";

/// @notice Who may sign, how long a signature lives, and whether it is valid. Not responsible for replay.
abstract contract Authorizations is EIP712, Roles {
    /// @dev A revoked or stolen key leaves no longer tail than this.
    uint256 internal constant MAX_LIFETIME = 1 hours;

    mapping(address signer => bool) private _signers;
    mapping(address signer => bool) private _rootSigners;

    constructor(ICustody.Config memory c) EIP712("TrellisCustody", "1") {
        _signers[c.signer] = true;
        _rootSigners[c.rootSigner] = true;
    }

    /// @notice Guardian or admin: takes the address out of both sets of signers, at once.
    function revokeSigner(address signer) external nonReentrant onlyGuardianOrAdmin {
        if (!_signers[signer] && !_rootSigners[signer]) revert ICustody.InvalidSigner(signer);
        delete _signers[signer];
        delete _rootSigners[signer];
        _record(2, abi.encode(ICustody.SignerRevoked.selector, signer, SEQ));
    }

    function isSigner(address signer) external view returns (bool) {
        return _signers[signer];
    }

    function isRootSigner(address signer) external view returns (bool) {
        return _rootSigners[signer];
    }

    /// @dev Valid from the second `validAfter` through the second `deadline`.
    function _checkWindow(uint256 validAfter, uint256 deadline) internal view {
        if (block.timestamp < validAfter) revert ICustody.NotYetValid(validAfter);
        _checkDeadline(deadline);
    }

    /// @dev Valid through the second `deadline`, which lies at most `MAX_LIFETIME` ahead.
    function _checkDeadline(uint256 deadline) internal view {
        if (block.timestamp > deadline) revert ICustody.Expired(deadline);
        if (deadline - block.timestamp > MAX_LIFETIME) revert ICustody.LifetimeTooLong(deadline);
    }

    function _checkAuthorization(bytes32 structHash, address signer, bytes calldata signature) internal view {
        if (!_signers[signer]) revert ICustody.InvalidSigner(signer);
        _checkSignature(structHash, signer, signature);
    }

    function _checkRootAuthorization(bytes32 structHash, address signer, bytes calldata signature) internal view {
        if (!_rootSigners[signer]) revert ICustody.InvalidSigner(signer);
        _checkSignature(structHash, signer, signature);
    }

    /// @dev `InvalidSigner` for who is one already.
    function _addSigner(address signer) internal {
        if (_signers[signer]) revert ICustody.InvalidSigner(signer);
        _signers[signer] = true;
    }

    /// @dev `InvalidSigner` for who is one already.
    function _addRootSigner(address signer) internal {
        if (_rootSigners[signer]) revert ICustody.InvalidSigner(signer);
        _rootSigners[signer] = true;
    }

    /// @dev Recovery comes first: it spares the usual signer a call, and an account that delegates its code (EIP-7702) still
    /// signs with its key. Only 65 bytes with a low `s` are accepted. A contract decides by EIP-1271; an account without
    /// code answers nothing, which is no.
    function _checkSignature(bytes32 structHash, address signer, bytes calldata signature) internal view {
        bytes32 digest = _hashTypedDataV4(structHash);
        (address recovered, ECDSA.RecoverError error_,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (error_ == ECDSA.RecoverError.NoError && recovered == signer) return;
        if (!SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature)) {
            revert ICustody.InvalidSignature();
        }
    }
}
