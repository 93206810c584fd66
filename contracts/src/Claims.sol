// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "./interfaces/ICustody.sol";
import {Accounts} from "./Accounts.sol";
import {Liabilities} from "./Liabilities.sol";
import {SumTree} from "./SumTree.sol";

/// @notice The users' exit without the operator: proof against a mature root, paid to the user.
abstract contract Claims is Accounts, Liabilities {
    /// @notice Pays what is due, or as much of it as is free and fits under the cap. Anybody may send it for the user.
    /// @dev In order: `RootUnknownOrImmature` (also vetoed and retired); `InvalidProof`; `NotRegistered`; `UserIsFrozen`;
    /// `NothingDue`; `InsufficientFunds` and `OutflowCapReached` when not even a part can be paid; `TransferFailed`.
    function claim(address user, uint256 entitled, bytes32 root, ICustody.SumNode[] calldata proof)
        external
        nonReentrant
    {
        uint256 total = _matureTotal(root);
        if (!SumTree.climbs(SumTree.leaf(user, entitled), entitled, proof, root, total)) {
            revert ICustody.InvalidProof();
        }
        (uint256 paid, uint256 until) = (_accounts[user].paid, _accounts[user].frozenUntil);
        if (until == 0) revert ICustody.NotRegistered(user);
        if (until > block.timestamp) revert ICustody.UserIsFrozen(user, until);
        if (entitled <= paid) revert ICustody.NothingDue(user);
        uint256 due = entitled - paid;
        uint256 free = _free();
        if (free == 0) revert ICustody.InsufficientFunds(due, 0);
        uint256 amount = _takeForClaim(due, due < free ? due : free);

        // A sum of what was free and below 2^96 each time.
        _claimed += uint96(amount);
        _accounts[user].paid = uint112(paid + amount);
        _record(3, abi.encode(ICustody.Claimed.selector, user, root, SEQ, entitled, amount));
        _send(user, amount);
    }
}
