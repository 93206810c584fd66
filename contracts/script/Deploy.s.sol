// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Custody} from "../src/Custody.sol";
import {CustodyToken} from "../src/CustodyToken.sol";
import {ICustody} from "../src/interfaces/ICustody.sol";
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
    /// @param code stable name of what is wrong with the token, as in the deployer written in Rust
    error BadToken(string code, address token);
    /// @param code stable name of what is wrong with the predecessor, as in the deployer written in Rust
    error BadPredecessor(string code, address predecessor);

    /// @dev In base units: the contract's sums over all time have 96 bits, and this lets the whole supply pass four times.
    uint256 private constant SUPPLY_MAX = type(uint96).max / 4 + 1;

    /// @return custody where the contract is now
    function run(string calldata path) external returns (address custody) {
        DeploymentFile.Deployment memory d = DeploymentFile.read(path);
        if (d.chainId != block.chainid) revert WrongChain(d.chainId, block.chainid);
        DeploymentRules.check(d.chainId, d.asset, d.config);
        bytes32 salt = keccak256(bytes(string.concat("TrellisCustody/", d.name)));
        bytes memory code = d.asset.isToken
            ? abi.encodePacked(type(CustodyToken).creationCode, abi.encode(d.config, d.asset.token))
            : abi.encodePacked(type(Custody).creationCode, abi.encode(d.config));
        custody = address(uint160(uint256(keccak256(abi.encodePacked(hex"ff", PROXY, salt, keccak256(code))))));
        if (d.asset.isToken) _checkToken(d.asset, custody);
        if (d.config.predecessor != address(0)) _checkPredecessor(d.config.predecessor);
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

    /// @dev The constructor asks for decimals only, and a contract whose token cannot count would be lost with what comes in.
    function _checkToken(DeploymentRules.Asset memory asset, address custody) private view {
        address token = asset.token;
        if (token.code.length == 0) revert BadToken("asset_missing", token);
        (bool isNumber, uint256 decimals) = _ask(token, abi.encodeCall(IERC20Metadata.decimals, ()));
        if (!isNumber || decimals > type(uint8).max) revert BadToken("asset_is_no_token", token);
        (isNumber,) = _ask(token, abi.encodeCall(IERC20.balanceOf, (custody)));
        if (!isNumber) revert BadToken("asset_is_no_token", token);
        (isNumber,) = _ask(token, abi.encodeCall(IERC20.allowance, (custody, custody)));
        if (!isNumber) revert BadToken("asset_is_no_token", token);
        uint256 supply;
        (isNumber, supply) = _ask(token, abi.encodeCall(IERC20.totalSupply, ()));
        if (!isNumber) revert BadToken("asset_is_no_token", token);
        if (decimals != asset.decimals) revert BadToken("decimals_differ", token);
        if (supply > SUPPLY_MAX) revert BadToken("supply_too_large", token);
    }

    /// @dev The constructor asks the same, but says no reason.
    function _checkPredecessor(address predecessor) private view {
        (bool success, bytes memory answer) = predecessor.staticcall(abi.encodeCall(ICustody.account, (address(0))));
        if (!success || answer.length < 96) revert BadPredecessor("predecessor_is_no_custody", predecessor);
    }

    function _ask(address token, bytes memory question) private view returns (bool isNumber, uint256 number) {
        (bool success, bytes memory answer) = token.staticcall(question);
        isNumber = success && answer.length >= 32;
        if (isNumber) number = uint256(bytes32(answer));
    }
}
