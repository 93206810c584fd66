// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Safes} from "../Safes.sol";
import {SignedOrders} from "../SignedOrders.sol";

/// @notice A Safe as a user: what its owner signs for it, somebody else sends.
contract SafeTest is SignedOrders {
    using Safes for Safes.Kit;

    uint256 private constant DUE = 3 ether;
    address private constant TO = address(0xE0E0);
    address private safe;

    function setUp() public override {
        super.setUp();
        _fund(100 ether);
        safe = Safes.kit().make(vm.addr(USER_KEY), 1);
    }

    function test_a_safe_is_paid_and_takes_a_credit_by_its_owners_signature() public {
        _registered(safe);
        _execute(_batch("b1", DUE), _list(safe, DUE));
        assertEq(safe.balance, DUE, "sent to the wallet");
        _credited(safe, DUE);
        ICustody.Withdrawal memory order =
            ICustody.Withdrawal(safe, TO, DUE, custody.withdrawalNonce(safe), _now() + 100);
        bytes32 structHash = keccak256(abi.encode(WITHDRAWAL_TYPEHASH, order));
        bytes memory stranger = Safes.sign(0xBAD, safe, _typed(structHash));
        vm.expectRevert(abi.encodeWithSelector(ICustody.InvalidSignature.selector));
        custody.withdrawCreditFor(order, stranger);
        custody.withdrawCreditFor(order, Safes.sign(USER_KEY, safe, _typed(structHash)));
        assertEq(TO.balance, DUE, "received");
    }

    function test_a_safe_takes_a_deposit_back_by_its_owners_signature() public {
        _registered(safe);
        bytes32 ref = keccak256("of a safe");
        _retopup(_intake(safe, ref));
        ICustody.Refund memory order = ICustody.Refund(ref, TO, _now() + 100);
        bytes32 digest = _typed(keccak256(abi.encode(REFUND_TYPEHASH, order)));
        bytes memory invalid = abi.encodeWithSelector(ICustody.InvalidSignature.selector);
        // The owner's own signature is not the wallet's, and another wallet of the owner is another user.
        _expectRefundForRevert(order, _signedRefund(USER_KEY, order), invalid);
        address other = Safes.kit().make(vm.addr(USER_KEY), 2);
        _expectRefundForRevert(order, Safes.sign(USER_KEY, other, digest), invalid);
        _refundBy(Safes.sign(USER_KEY, safe, digest), order);
        assertEq(TO.balance, PRICE, "received");
    }

    function test_a_safe_claims_by_its_owners_signature() public {
        _registered(safe);
        bytes32 root = _mature(safe, DUE);
        ICustody.Claim memory order = ICustody.Claim(safe, TO, root, DUE, _now() + 100);
        bytes32 digest = _typed(keccak256(abi.encode(CLAIM_TYPEHASH, order)));
        _expectClaimForRevert(
            order, Safes.sign(0xBAD, safe, digest), abi.encodeWithSelector(ICustody.InvalidSignature.selector)
        );
        _claimBy(Safes.sign(USER_KEY, safe, digest), order);
        assertEq(TO.balance, DUE, "received");
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _domain(), structHash));
    }
}
