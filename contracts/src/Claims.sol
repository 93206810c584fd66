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
        Account storage a = _accounts[user];
        if (a.frozenUntil == 0) revert ICustody.NotRegistered(user);
        _checkNotFrozen(user);
        uint256 paid = a.paid;
        if (entitled <= paid) revert ICustody.NothingDue(user);
        uint256 amount = _payable(entitled - paid);

        a.paid = uint112(paid + amount);
        _claimed += uint96(amount);
        _takeForClaim(amount);
        _record(3, abi.encode(ICustody.Claimed.selector, user, root, SEQ, entitled, amount));
        _send(user, amount);
    }

    /// @return amount the part of `due` that can be paid now; below 2^96, as `due` is
    function _payable(uint256 due) private view returns (uint256 amount) {
        uint256 free = _free();
        if (free == 0) revert ICustody.InsufficientFunds(due, 0);
        uint256 room = _roomForClaims();
        if (room == 0) revert ICustody.OutflowCapReached(due, 0);
        amount = due < free ? due : free;
        if (amount > room) amount = room;
    }
}
