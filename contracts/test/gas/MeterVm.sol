// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice The cheat codes that only measuring needs.
interface MeterVm {
    struct Gas {
        uint64 gasLimit;
        uint64 gasTotalUsed;
        uint64 gasMemoryUsed;
        int64 gasRefunded;
        uint64 gasRemaining;
    }

    struct AccessListItem {
        address target;
        bytes32[] storageKeys;
    }

    /// @dev Of an isolated call: what the receipt of the same transaction says.
    function lastCallGas() external view returns (Gas memory);
    /// @dev Of the chain, not of the compiler.
    function setEvmVersion(string calldata version) external;
    function resetNonce(address account) external;
    function dumpState(string calldata path) external;
    function accessList(AccessListItem[] calldata list) external;
    function record() external;
    function accesses(address target) external returns (bytes32[] memory reads, bytes32[] memory writes);
    function noAccessList() external;
    function toString(bytes calldata value) external pure returns (string memory);
    function toString(address value) external pure returns (string memory);
}
