// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Custody} from "../src/Custody.sol";
import {DeploymentFile} from "./DeploymentFile.sol";
import {DeploymentRules} from "./DeploymentRules.sol";
import {vm} from "./Vm.sol";

/// @notice Deploys the contract of a file in `deployments/`: same rules, code and address as `trellis deploy`, which also
/// waits for finality and compares the result with the file. Sent again, it changes nothing.
contract Deploy {
    /// @dev The deterministic deployment proxy, and the hash of its code.
    address internal constant PROXY = 0x4e59b44847b379578588920cA78FbF26c0B4956C;
    bytes32 internal constant PROXY_CODE_HASH = 0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989;

    error WrongChain(uint256 expected, uint256 actual);
    error ProxyMissing(address proxy);
    error NotDeployed(address expected, bytes answer);

    /// @return custody where the contract is now
    function run(string calldata path) external returns (address custody) {
        DeploymentFile.Deployment memory d = DeploymentFile.read(path);
        if (d.chainId != block.chainid) revert WrongChain(d.chainId, block.chainid);
        DeploymentRules.check(d.chainId, d.config);
        bytes32 salt = keccak256(bytes(string.concat("TrellisCustody/", d.name)));
        bytes memory code = abi.encodePacked(type(Custody).creationCode, abi.encode(d.config));
        custody = address(uint160(uint256(keccak256(abi.encodePacked(hex"ff", PROXY, salt, keccak256(code))))));
        // Whatever is there was made from this code: that is what the address says.
        if (custody.code.length != 0) return custody;
        if (PROXY.codehash != PROXY_CODE_HASH) revert ProxyMissing(PROXY);
        vm.startBroadcast();
        (bool success, bytes memory answer) = PROXY.call(abi.encodePacked(salt, code));
        vm.stopBroadcast();
        if (!success || answer.length != 20 || address(bytes20(answer)) != custody) {
            revert NotDeployed(custody, answer);
        }
    }
}
