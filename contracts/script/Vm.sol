// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice The cheat codes of the script runner that the deployment uses.
interface Vm {
    function addr(uint256 privateKey) external pure returns (address);
    function deriveKey(string calldata mnemonic, uint32 index) external pure returns (uint256 privateKey);
    function readFile(string calldata path) external view returns (string memory);
    function keyExistsToml(string calldata toml, string calldata key) external view returns (bool);
    function parseTomlKeys(string calldata toml, string calldata key) external pure returns (string[] memory);
    function parseTomlString(string calldata toml, string calldata key) external pure returns (string memory);
    function parseTomlUint(string calldata toml, string calldata key) external pure returns (uint256);
    function parseAddress(string calldata text) external pure returns (address);
    function parseUint(string calldata text) external pure returns (uint256);
    function toString(address value) external pure returns (string memory);
    function toString(uint256 value) external pure returns (string memory);
    function startBroadcast() external;
    function stopBroadcast() external;
}

/// @dev Where the runner listens.
Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
