// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";
import {DeploymentRules} from "./DeploymentRules.sol";
import {vm} from "./Vm.sol";

/// @notice A deployment as its file says it: what is read, and that nothing else stands there.
/// @dev Codes as in the deployer written in Rust. Not responsible for what a configuration must keep.
library DeploymentFile {
    /// @param code stable name of the rule that the file breaks
    error Refused(string code, string detail);

    struct Deployment {
        string name;
        uint256 chainId;
        DeploymentRules.Asset asset;
        ICustody.Config config;
    }

    function read(string memory path) internal view returns (Deployment memory d) {
        string memory toml = vm.readFile(path);
        // Every field below must be there, so a table with more fields has one that nobody knows.
        d.asset = _asset(toml);
        bool succeeds = vm.keyExistsToml(toml, ".predecessor");
        _expectFields(toml, "$", (d.asset.isToken ? 8 : 7) + (succeeds ? 1 : 0));
        _expectFields(toml, ".roles", 5);
        _expectFields(toml, ".signers", 2);
        _expectFields(toml, ".delays", 4);
        _expectFields(toml, ".outflow", 2);
        d.name = vm.parseTomlString(toml, ".name");
        _checkName(bytes(d.name));
        d.chainId = vm.parseTomlUint(toml, ".chain_id");
        d.config = ICustody.Config({
            admin: _account(toml, ".roles.admin"),
            guardian: _account(toml, ".roles.guardian"),
            freezer: _account(toml, ".roles.freezer"),
            treasurer: _account(toml, ".roles.treasurer"),
            submitter: _account(toml, ".roles.submitter"),
            signer: _account(toml, ".signers.authorizations"),
            rootSigner: _account(toml, ".signers.roots"),
            coolingOff: _seconds(toml, ".delays.cooling_off"),
            vetoDelay: _seconds(toml, ".delays.veto"),
            operationDelay: _seconds(toml, ".delays.operation"),
            maxFreeze: _seconds(toml, ".delays.freeze_max"),
            outflowCap: _amount(toml, ".outflow.cap"),
            outflowFloor: _amount(toml, ".outflow.floor"),
            predecessor: succeeds ? _account(toml, ".predecessor") : address(0)
        });
    }

    /// @dev `native`, or a token's address with its decimals in a field of their own.
    function _asset(string memory toml) private view returns (DeploymentRules.Asset memory asset) {
        string memory text = vm.parseTomlString(toml, ".asset");
        if (keccak256(bytes(text)) == keccak256("native")) return asset;
        bytes memory start = bytes(text);
        if (start.length < 2 || start[0] != "0" || start[1] != "x") revert Refused("asset_unsupported", text);
        asset.isToken = true;
        asset.token = _account(toml, ".asset");
        if (!vm.keyExistsToml(toml, ".decimals")) revert Refused("decimals_missing", ".decimals");
        asset.decimals = vm.parseTomlUint(toml, ".decimals");
        if (asset.decimals > type(uint8).max) revert Refused("decimals_malformed", ".decimals");
    }

    function _expectFields(string memory toml, string memory table, uint256 count) private pure {
        if (vm.parseTomlKeys(toml, table).length != count) revert Refused("unknown_or_missing_field", table);
    }

    /// @dev 1 to 64 small letters, digits and hyphens.
    function _checkName(bytes memory name) private pure {
        bool isPlain = name.length > 0 && name.length <= 64;
        for (uint256 i = 0; i < name.length; ++i) {
            bytes1 c = name[i];
            isPlain = isPlain && ((c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c == "-");
        }
        if (!isPlain) revert Refused("name_malformed", string(name));
    }

    /// @dev With its checksum, so that a mistyped digit is seen.
    function _account(string memory toml, string memory key) private pure returns (address account) {
        string memory text = vm.parseTomlString(toml, key);
        if (bytes(text).length != 42) revert Refused("address_malformed", key);
        account = vm.parseAddress(text);
        if (keccak256(bytes(vm.toString(account))) != keccak256(bytes(text))) {
            revert Refused("address_malformed", key);
        }
    }

    function _seconds(string memory toml, string memory key) private pure returns (uint32) {
        uint256 value = vm.parseTomlUint(toml, key);
        if (value > type(uint32).max) revert Refused("delay_malformed", key);
        return uint32(value);
    }

    /// @dev Decimal digits, and nothing that another reader could take for something else.
    function _amount(string memory toml, string memory key) private pure returns (uint96) {
        string memory text = vm.parseTomlString(toml, key);
        uint256 value = vm.parseUint(text);
        if (keccak256(bytes(vm.toString(value))) != keccak256(bytes(text)) || value > type(uint96).max) {
            revert Refused("amount_malformed", key);
        }
        return uint96(value);
    }
}
