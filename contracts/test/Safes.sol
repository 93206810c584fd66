// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Vm} from "./Vm.sol";

interface ISafe {
    function setup(
        address[] calldata owners,
        uint256 threshold,
        address to,
        bytes calldata data,
        address fallbackHandler,
        address paymentToken,
        uint256 payment,
        address payable paymentReceiver
    ) external;
    function domainSeparator() external view returns (bytes32);
    function getOwners() external view returns (address[] memory);
}

interface ISafeProxyFactory {
    function createProxyWithNonce(address singleton, bytes memory initializer, uint256 saltNonce)
        external
        returns (address proxy);
}

/// @notice Makes Safe 1.4.1 wallets: the code that their makers published, set up by their factory.
library Safes {
    Vm private constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    string private constant ARTIFACTS = "node_modules/@safe-global/safe-contracts/build/artifacts/contracts/";
    bytes32 private constant MESSAGE_TYPEHASH = keccak256("SafeMessage(bytes message)");

    /// @notice What all wallets share.
    struct Kit {
        ISafeProxyFactory factory;
        address singleton;
        address handler;
    }

    function kit() internal returns (Kit memory k) {
        k.factory = ISafeProxyFactory(_deploy("proxies/SafeProxyFactory.sol/SafeProxyFactory.json"));
        k.singleton = _deploy("SafeL2.sol/SafeL2.json");
        k.handler = _deploy("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json");
    }

    /// @notice A wallet of one owner.
    function make(Kit memory k, address owner, uint256 salt) internal returns (address safe) {
        address[] memory owners = new address[](1);
        owners[0] = owner;
        bytes memory setup =
            abi.encodeCall(ISafe.setup, (owners, 1, address(0), "", k.handler, address(0), 0, payable(address(0))));
        safe = k.factory.createProxyWithNonce(k.singleton, setup, salt);
    }

    /// @notice What the owner signs, so that the wallet has signed `digest` (EIP-1271).
    function message(address safe, bytes32 digest) internal view returns (bytes32) {
        bytes32 structHash = keccak256(abi.encode(MESSAGE_TYPEHASH, keccak256(abi.encode(digest))));
        return keccak256(abi.encodePacked(hex"1901", ISafe(safe).domainSeparator(), structHash));
    }

    /// @notice The wallet's signature of `digest` by the key of an owner.
    function sign(uint256 ownerKey, address safe, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(ownerKey, message(safe, digest));
        return abi.encodePacked(r, s, v);
    }

    function _deploy(string memory artifact) private returns (address deployed) {
        bytes memory code = VM.parseJsonBytes(VM.readFile(string.concat(ARTIFACTS, artifact)), ".bytecode");
        assembly ("memory-safe") {
            deployed := create(0, add(code, 0x20), mload(code))
        }
        require(deployed.code.length > 0, "the published code does not deploy");
    }
}
