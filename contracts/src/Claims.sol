// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";
import {Accounts} from "./Accounts.sol";
import {Liabilities} from "./Liabilities.sol";
import {SumTree} from "./SumTree.sol";

/// @notice The users' exit without the operator: proof against a mature root, paid to the user or to whom the user names.
/// @dev All three pay what is due, or as much of it as is free and fits under the cap. In order: `RootUnknownOrImmature` (also
/// vetoed and retired); `InvalidProof`; `NotRegistered`; `UserIsFrozen`; `NothingDue`; `InsufficientFunds` and `OutflowCapReached`
/// when not even a part can be paid; `TransferFailed`.
abstract contract Claims is Accounts, Liabilities {
    bytes32 internal constant CLAIM_TYPEHASH =
        keccak256("Claim(address user,address to,bytes32 root,uint256 entitled,uint256 deadline)");

    /// @notice Pays the user. Anybody may send it.
    function claim(address user, uint256 entitled, bytes32 root, ICustody.SumNode[] calldata proof)
        external
        nonReentrant
    {
        _checkProof(user, entitled, root, proof);
        _pay(user, user, entitled, root);
    }

    /// @notice Pays `to` what is due to the sender. First: `ZeroAddress`.
    function claimTo(address to, uint256 entitled, bytes32 root, ICustody.SumNode[] calldata proof)
        external
        nonReentrant
    {
        if (to == address(0)) revert ICustody.ZeroAddress();
        _checkProof(msg.sender, entitled, root, proof);
        _pay(msg.sender, to, entitled, root);
    }

    /// @notice Pays whom the user names by a signature, which is valid through `deadline`, however far that is.
    /// @dev First: `Expired`, `InvalidSignature`, `ZeroAddress`.
    function claimFor(ICustody.Claim calldata order, ICustody.SumNode[] calldata proof, bytes calldata signature)
        external
        nonReentrant
    {
        if (block.timestamp > order.deadline) revert ICustody.Expired(order.deadline);
        _checkSignature(keccak256(abi.encode(CLAIM_TYPEHASH, order)), order.user, signature);
        if (order.to == address(0)) revert ICustody.ZeroAddress();
        _checkProof(order.user, order.entitled, order.root, proof);
        _pay(order.user, order.to, order.entitled, order.root);
    }

    function _checkProof(address user, uint256 entitled, bytes32 root, ICustody.SumNode[] calldata proof) private view {
        uint256 total = _matureTotal(root);
        if (!SumTree.climbs(SumTree.leaf(user, entitled), entitled, proof, root, total)) {
            revert ICustody.InvalidProof();
        }
    }

    function _pay(address user, address to, uint256 entitled, bytes32 root) private {
        (uint256 paid, uint256 until) = (_account(user).paid, _account(user).frozenUntil);
        if (until == 0) revert ICustody.NotRegistered(user);
        if (until > block.timestamp) revert ICustody.UserIsFrozen(user, until);
        if (entitled <= paid) revert ICustody.NothingDue(user);
        uint256 due;
        unchecked {
            due = entitled - paid;
        }
        uint256 free = _free();
        if (free == 0) revert ICustody.InsufficientFunds(due, 0);
        uint256 amount = _takeForClaim(due, due < free ? due : free);

        // There was room for it under the cap, which has 96 bits.
        _claimed += uint96(amount);
        // At most what the leaf says.
        unchecked {
            _account(user).paid = uint112(paid + amount);
        }
        _record(3, abi.encode(ICustody.Claimed.selector, user, root, SEQ, to, entitled, amount));
        _send(to, amount);
    }
}
