// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {DeploymentRules} from "../../script/DeploymentRules.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Assertions} from "../Assertions.sol";

/// @notice The rules of a deployment by vectors that the deployer written in Rust is tested with, too.
contract DeploymentRulesTest is Assertions {
    string private _vectors;

    function setUp() public {
        _vectors = vm.readFile("../abi/vectors/deployment-rules.json");
    }

    function check(uint256 chainId, DeploymentRules.Asset memory asset, ICustody.Config memory c) external pure {
        DeploymentRules.check(chainId, asset, c);
    }

    function test_EveryVectorBreaksFirstTheRuleThatItNames() external {
        uint256 count = 0;
        for (string memory key = _case(0); vm.keyExistsJson(_vectors, key); key = _case(++count)) {
            string memory code = vm.parseJsonString(_vectors, string.concat(key, ".code"));
            uint256 chainId = vm.parseJsonUint(_vectors, string.concat(key, ".chain"));
            (DeploymentRules.Asset memory asset, ICustody.Config memory c) = _changed(key);
            if (bytes(code).length != 0) {
                vm.expectRevert(abi.encodeWithSelector(DeploymentRules.Broken.selector, code));
            }
            this.check(chainId, asset, c);
        }
        assertTrue(count > 120, "too few vectors");
    }

    function _case(uint256 number) private pure returns (string memory) {
        return string.concat(".cases[", vm.toString(number), "]");
    }

    /// @dev The base, which is for the chain's own coin, with what the case changes, four fields at most.
    function _changed(string memory key)
        private
        view
        returns (DeploymentRules.Asset memory asset, ICustody.Config memory c)
    {
        c = _base();
        for (uint256 i = 0; i < 4; ++i) {
            string memory change = string.concat(key, ".changes[", vm.toString(i), "]");
            if (!vm.keyExistsJson(_vectors, change)) break;
            bytes32 field = keccak256(bytes(vm.parseJsonString(_vectors, string.concat(change, ".field"))));
            string memory value = string.concat(change, ".value");
            if (_setAsset(asset, field, value) || _setAccount(c, field, value)) continue;
            _setNumber(c, field, vm.parseJsonUint(_vectors, value));
        }
    }

    function _setAsset(DeploymentRules.Asset memory asset, bytes32 field, string memory value)
        private
        view
        returns (bool)
    {
        if (field == keccak256("token")) {
            (asset.isToken, asset.token) = (true, vm.parseJsonAddress(_vectors, value));
        } else if (field == keccak256("decimals")) {
            asset.decimals = vm.parseJsonUint(_vectors, value);
        } else {
            return false;
        }
        return true;
    }

    function _setAccount(ICustody.Config memory c, bytes32 field, string memory value) private view returns (bool) {
        if (field == keccak256("predecessor")) {
            c.predecessor = vm.parseJsonAddress(_vectors, value);
            return true;
        }
        bytes32[7] memory fields = [
            keccak256("admin"),
            keccak256("guardian"),
            keccak256("freezer"),
            keccak256("treasurer"),
            keccak256("submitter"),
            keccak256("signer"),
            keccak256("root_signer")
        ];
        for (uint256 i = 0; i < fields.length; ++i) {
            if (fields[i] != field) continue;
            address account = vm.parseJsonAddress(_vectors, value);
            // The roles are the first words of the configuration, in this order.
            assembly ("memory-safe") {
                mstore(add(c, mul(i, 32)), account)
            }
            return true;
        }
        return false;
    }

    function _setNumber(ICustody.Config memory c, bytes32 field, uint256 value) private pure {
        if (field == keccak256("cooling_off")) c.coolingOff = uint32(value);
        else if (field == keccak256("veto")) c.vetoDelay = uint32(value);
        else if (field == keccak256("operation")) c.operationDelay = uint32(value);
        else if (field == keccak256("freeze_max")) c.maxFreeze = uint32(value);
        else if (field == keccak256("outflow_cap")) c.outflowCap = uint96(value);
        else if (field == keccak256("outflow_floor")) c.outflowFloor = uint96(value);
        else revert("a case changes an unknown field");
    }

    function _base() private view returns (ICustody.Config memory) {
        return ICustody.Config({
            admin: vm.parseJsonAddress(_vectors, ".base.admin"),
            guardian: vm.parseJsonAddress(_vectors, ".base.guardian"),
            freezer: vm.parseJsonAddress(_vectors, ".base.freezer"),
            treasurer: vm.parseJsonAddress(_vectors, ".base.treasurer"),
            submitter: vm.parseJsonAddress(_vectors, ".base.submitter"),
            signer: vm.parseJsonAddress(_vectors, ".base.signer"),
            rootSigner: vm.parseJsonAddress(_vectors, ".base.root_signer"),
            coolingOff: uint32(vm.parseJsonUint(_vectors, ".base.cooling_off")),
            vetoDelay: uint32(vm.parseJsonUint(_vectors, ".base.veto")),
            operationDelay: uint32(vm.parseJsonUint(_vectors, ".base.operation")),
            maxFreeze: uint32(vm.parseJsonUint(_vectors, ".base.freeze_max")),
            outflowCap: uint96(vm.parseJsonUint(_vectors, ".base.outflow_cap")),
            outflowFloor: uint96(vm.parseJsonUint(_vectors, ".base.outflow_floor")),
            predecessor: address(0)
        });
    }
}
