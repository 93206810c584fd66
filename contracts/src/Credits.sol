// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";
import {Accounts} from "./Accounts.sol";
import {Authorizations} from "./Authorizations.sol";

/// @notice Withdrawal of what a batch could not send: by the user, or by anybody with the user's signature. Never paused.
abstract contract Credits is Accounts, Authorizations {
    bytes32 internal constant WITHDRAWAL_TYPEHASH =
        keccak256("Withdrawal(address user,address to,uint256 amount,uint256 nonce,uint256 deadline)");

    /// @notice Number that the user's next signed withdrawal must carry: the cumulative `paid`, which every later credit changes.
    function withdrawalNonce(address user) external view returns (uint256) {
        return _account(user).paid;
    }

    /// @notice Sends the sender's whole credit to `to`.
    /// @dev In order: `ZeroAddress`, `NothingDue`, `UserIsFrozen`, `TransferFailed`.
    function withdrawCredit(address to) external nonReentrant {
        _withdraw(msg.sender, to, _creditOf(msg.sender, to));
    }

    /// @notice The same by the user's signature, which is valid through `deadline`, however far that is.
    /// @dev In order: `Expired`, `BadNonce`, `ZeroAddress`, `NothingDue`, `UserIsFrozen`, `WrongValue` (not the whole credit),
    /// `InvalidSignature`, `TransferFailed`.
    function withdrawCreditFor(ICustody.Withdrawal calldata withdrawal, bytes calldata signature)
        external
        nonReentrant
    {
        address user = withdrawal.user;
        if (block.timestamp > withdrawal.deadline) revert ICustody.Expired(withdrawal.deadline);
        uint256 nonce = _account(user).paid;
        if (withdrawal.nonce != nonce) revert ICustody.BadNonce(nonce, withdrawal.nonce);
        uint256 credit = _creditOf(user, withdrawal.to);
        if (withdrawal.amount != credit) revert ICustody.WrongValue(credit, withdrawal.amount);
        _checkSignature(keccak256(abi.encode(WITHDRAWAL_TYPEHASH, withdrawal)), user, signature);
        _withdraw(user, withdrawal.to, credit);
    }

    function _creditOf(address user, address to) private view returns (uint256 credit) {
        if (to == address(0)) revert ICustody.ZeroAddress();
        credit = _account(user).credit;
        if (credit == 0) revert ICustody.NothingDue(user);
        _checkNotFrozen(user);
    }

    /// @dev `paid` stays: it counted the amount when it was credited.
    function _withdraw(address user, address to, uint256 credit) private {
        _account(user).credit = 0;
        _credited -= uint96(credit);
        _record(3, abi.encode(ICustody.CreditWithdrawn.selector, user, to, SEQ, credit));
        _send(to, credit);
    }
}
