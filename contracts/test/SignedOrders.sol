// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";
import {SettlementTest} from "./SettlementTest.sol";

/// @notice Users' own orders, signed by them and sent by anybody.
abstract contract SignedOrders is SettlementTest {
    uint256 internal constant USER_KEY = 0xCAFE;

    function _signedRefund(uint256 key, ICustody.Refund memory order) internal view returns (bytes memory) {
        return _signHash(key, keccak256(abi.encode(REFUND_TYPEHASH, order)));
    }

    function _signedClaim(uint256 key, ICustody.Claim memory order) internal view returns (bytes memory) {
        return _signHash(key, keccak256(abi.encode(CLAIM_TYPEHASH, order)));
    }

    function _signedWithdrawal(uint256 key, ICustody.Withdrawal memory order) internal view returns (bytes memory) {
        return _signHash(key, keccak256(abi.encode(WITHDRAWAL_TYPEHASH, order)));
    }

    /// @dev Sent by somebody who has nothing to do with it.
    function _refundBy(bytes memory signature, ICustody.Refund memory order) internal {
        vm.prank(STRANGER);
        custody.refundFor(order, signature);
    }

    function _expectRefundForRevert(ICustody.Refund memory order, bytes memory signature, bytes memory error_)
        internal
    {
        vm.expectRevert(error_);
        vm.prank(STRANGER);
        custody.refundFor(order, signature);
    }

    /// @dev Of a tree of one leaf, sent by somebody who has nothing to do with it.
    function _claimBy(bytes memory signature, ICustody.Claim memory order) internal {
        vm.prank(STRANGER);
        custody.claimFor(order, new ICustody.SumNode[](0), signature);
    }

    function _expectClaimForRevert(ICustody.Claim memory order, bytes memory signature, bytes memory error_) internal {
        vm.expectRevert(error_);
        vm.prank(STRANGER);
        custody.claimFor(order, new ICustody.SumNode[](0), signature);
    }

    /// @dev A credit without a freeze, which could be repeated in sixty days only.
    function _credited(address user, uint256 amount) internal {
        bytes memory code = user.code;
        vm.etch(user, hex"fe");
        bytes32 id = keccak256(abi.encode("refused by", user, _paid(user), amount));
        _execute(_batch(id, amount), _list(user, _paid(user) + amount));
        vm.etch(user, code);
    }
}
