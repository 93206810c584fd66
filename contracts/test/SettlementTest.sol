// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ICustody} from "../src/interfaces/ICustody.sol";
import {CustodyTest} from "./CustodyTest.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";

/// @notice Batches, roots, claims and delayed operations, signed and sent. Digests are built from the words of the interface.
abstract contract SettlementTest is CustodyTest {
    bytes32 internal constant BATCH_TYPEHASH = keccak256(
        "PayoutBatch(bytes32 batchId,address submitter,uint256 maxTotal,bytes32 manifestHash,uint256 validAfter,uint256 deadline,bytes32[] payouts)"
    );
    bytes32 internal constant ROOT_TYPEHASH =
        keccak256("LiabilitiesRoot(bytes32 root,uint256 total,uint256 asOfSeq,uint256 validAfter,uint256 deadline)");
    bytes32 internal constant REFUND_TYPEHASH = keccak256("Refund(bytes32 ref,address to,uint256 deadline)");
    bytes32 internal constant CLAIM_TYPEHASH =
        keccak256("Claim(address user,address to,bytes32 root,uint256 entitled,uint256 deadline)");
    bytes32 internal constant WITHDRAWAL_TYPEHASH =
        keccak256("Withdrawal(address user,address to,uint256 amount,uint256 nonce,uint256 deadline)");
    bytes32 internal constant ADMIN_ROLE = bytes32(0);

    // ------------------------------------------------------------------ money and people

    function _fund(uint256 amount) internal {
        vm.deal(STRANGER, STRANGER.balance + amount);
        vm.prank(STRANGER);
        custody.fund{value: amount}();
    }

    /// @dev Registered with a price that is still in escrow; leaves the free funds as they were.
    function _registered(address user) internal {
        _register(_intake(user, keccak256(abi.encode("registration of", user))));
    }

    function _paid(address user) internal view returns (uint256 paid) {
        (paid,,) = custody.account(user);
    }

    function _credit(address user) internal view returns (uint256 credit) {
        (, credit,) = custody.account(user);
    }

    function _domain() internal view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("TrellisCustody"), keccak256("1"), block.chainid, address(custody))
        );
    }

    function _signHash(uint256 key, bytes32 structHash) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", _domain(), structHash)));
        return abi.encodePacked(r, s, v);
    }

    // ------------------------------------------------------------------ batches

    function _word(address user, uint256 target) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(user)) << 96 | target);
    }

    function _list(address user, uint256 target) internal pure returns (bytes32[] memory payouts) {
        payouts = new bytes32[](1);
        payouts[0] = _word(user, target);
    }

    /// @dev `a` is the lower address.
    function _list(address a, uint256 targetA, address b, uint256 targetB)
        internal
        pure
        returns (bytes32[] memory payouts)
    {
        payouts = new bytes32[](2);
        (payouts[0], payouts[1]) = (_word(a, targetA), _word(b, targetB));
    }

    function _batch(bytes32 id, uint256 maxTotal) internal view returns (ICustody.PayoutBatch memory) {
        return ICustody.PayoutBatch({
            batchId: id,
            submitter: address(0),
            maxTotal: maxTotal,
            manifestHash: "manifest",
            validAfter: 0,
            deadline: _now() + 10 minutes
        });
    }

    function _signBatch(uint256 key, ICustody.PayoutBatch memory b, bytes32[] memory payouts)
        internal
        view
        returns (bytes memory)
    {
        return _signHash(key, keccak256(abi.encode(BATCH_TYPEHASH, b, keccak256(abi.encodePacked(payouts)))));
    }

    function _execute(ICustody.PayoutBatch memory b, bytes32[] memory payouts) internal {
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, signer, signature);
    }

    function _expectBatchRevert(ICustody.PayoutBatch memory b, bytes32[] memory payouts, bytes memory error_) internal {
        bytes memory signature = _signBatch(SIGNER_KEY, b, payouts);
        vm.expectRevert(error_);
        vm.prank(SUBMITTER);
        custody.executeBatchPayouts(b, payouts, signer, signature);
    }

    // ------------------------------------------------------------------ roots and claims

    function _rootOf(SumTreeBuilder.Leaf[] memory leaves) internal view returns (ICustody.LiabilitiesRoot memory) {
        (bytes32 root, uint256 total) = SumTreeBuilder.root(leaves);
        return _rootOf(root, total);
    }

    function _rootOf(bytes32 root, uint256 total) internal view returns (ICustody.LiabilitiesRoot memory) {
        return ICustody.LiabilitiesRoot({
            root: root, total: total, asOfSeq: _head().seq, validAfter: 0, deadline: _now() + 10 minutes
        });
    }

    function _signRoot(uint256 key, ICustody.LiabilitiesRoot memory r) internal view returns (bytes memory) {
        return _signHash(key, keccak256(abi.encode(ROOT_TYPEHASH, r)));
    }

    function _publish(ICustody.LiabilitiesRoot memory r) internal {
        bytes memory signature = _signRoot(ROOT_SIGNER_KEY, r);
        vm.prank(SUBMITTER);
        custody.publishRoot(r, vm.addr(ROOT_SIGNER_KEY), signature);
    }

    function _expectPublishRevert(ICustody.LiabilitiesRoot memory r, bytes memory error_) internal {
        bytes memory signature = _signRoot(ROOT_SIGNER_KEY, r);
        vm.expectRevert(error_);
        vm.prank(SUBMITTER);
        custody.publishRoot(r, vm.addr(ROOT_SIGNER_KEY), signature);
    }

    /// @dev A tree of one leaf: the root is the leaf.
    function _single(address user, uint256 entitled) internal pure returns (bytes32) {
        return keccak256(abi.encode(user, entitled));
    }

    /// @dev Publishes a tree of one leaf and waits until claims are possible.
    function _mature(address user, uint256 entitled) internal returns (bytes32 root) {
        root = _single(user, entitled);
        _publish(_rootOf(root, entitled));
        vm.warp(_now() + 1 days);
    }

    function _claim(address user, uint256 entitled, bytes32 root) internal {
        vm.prank(STRANGER);
        custody.claim(user, entitled, root, new ICustody.SumNode[](0));
    }

    function _expectClaimRevert(address user, uint256 entitled, bytes32 root, bytes memory error_) internal {
        vm.expectRevert(error_);
        vm.prank(STRANGER);
        custody.claim(user, entitled, root, new ICustody.SumNode[](0));
    }

    // ------------------------------------------------------------------ credits

    /// @dev Gives a registered user a credit, by freezing for a second.
    function _give(address user, uint256 amount) internal {
        _freeze(user, _now() + 1);
        bytes32 id = keccak256(abi.encode("credit of", user, amount));
        _execute(_batch(id, amount), _list(user, _paid(user) + amount));
        vm.warp(_now() + 1);
    }

    // ------------------------------------------------------------------ operations

    function _argument(address who) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(who)));
    }

    function _id(ICustody.Operation operation, bytes32 argument, uint256 value) internal pure returns (bytes32) {
        return keccak256(abi.encode(uint8(operation), argument, value));
    }

    function _ownerOf(ICustody.Operation operation) internal pure returns (address) {
        return operation == ICustody.Operation.Treasury ? TREASURER : ADMIN;
    }

    /// @dev A new admin takes its role itself.
    function _executorOf(ICustody.Operation operation, bytes32 argument) internal pure returns (address) {
        if (operation == ICustody.Operation.TransferAdmin) return address(uint160(uint256(argument)));
        return _ownerOf(operation);
    }

    function _schedule(ICustody.Operation operation, bytes32 argument, uint256 value) internal {
        vm.prank(_ownerOf(operation));
        custody.schedule(operation, argument, value);
    }

    function _executeOperation(ICustody.Operation operation, bytes32 argument, uint256 value) internal {
        vm.prank(_executorOf(operation, argument));
        custody.execute(operation, argument, value);
    }

    /// @dev Scheduled, waited for, executed.
    function _operate(ICustody.Operation operation, bytes32 argument, uint256 value) internal {
        _schedule(operation, argument, value);
        vm.warp(_now() + 3 days);
        _executeOperation(operation, argument, value);
    }

    function _unauthorized(address account, bytes32 role) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, account, role);
    }
}
