// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "./ICustody.sol";

/// @title Payment of many leaves of a published root at once
/// @notice A claim pays one user by one proof. This pays all users of one part of the tree by one proof, so that anybody can empty a
/// published root at about the price of a batch, without any signature.
/// @dev The rules of claims hold: never paused, bounded by free funds and by the claims' share of the outflow cap, counted as
/// claimed. The rules of batches hold for the recipients: none of them fails the others.
interface ICustodyLeaves is ICustody {
    event LeafPaid(bytes32 indexed root, address indexed user, uint256 amount);
    /// @notice The recipient refused what was sent.
    event LeafCredited(bytes32 indexed root, address indexed user, uint256 amount);
    /// @notice Nothing was due any more, or the user is frozen: what is due stays due.
    event LeafSkipped(bytes32 indexed root, address indexed user);
    /// @notice Closes the payment of `count` leaves of `root`; its journal entry is the call's only one.
    /// @dev One of the three events above comes first for every leaf, in their order.
    /// @param paid everything that was sent or credited
    /// @param credited the part of it that was credited
    /// @param listHash keccak256 of the leaf words
    /// @param outcomeHash as of `BatchSettled`: keccak256 of the words `address ‖ amount`, bit 95 set when credited, amount 0
    /// when skipped
    event LeavesSettled(
        bytes32 indexed root,
        uint256 seq,
        uint256 count,
        uint256 paid,
        uint256 credited,
        bytes32 listHash,
        bytes32 outcomeHash
    );

    /// @notice Pays all leaves of one subtree of a mature root what is due to them, `entitled - paid` each. Anybody may call it.
    /// @dev All of it or nothing: what is due beyond free funds or beyond the cap reverts, and smaller parts or single claims remain.
    /// A failing recipient is credited; a frozen one is left out, so that a freeze holds against every way to be paid by a root. In order: `RootUnknownOrImmature`; `BadBatchSize`; `InvalidProof`; per leaf
    /// `BadEntry` (not strictly ascending by address), `NotRegistered`, `InsufficientGas`; then `NothingDue` (of the first leaf's
    /// user, when no leaf has anything due), `InsufficientFunds`, `OutflowCapReached`.
    /// @param leaves `address (20 bytes) ‖ uint96 entitled`, strictly ascending by address: all leaves below one node of the tree, as
    /// many as 2^k with their position a multiple of 2^k, or fewer at the tree's end; at most as many as a batch may have
    /// @param proof siblings from that node up to the root; empty when the leaves are the whole tree
    function settleLeaves(bytes32 root, bytes32[] calldata leaves, SumNode[] calldata proof) external;
}
