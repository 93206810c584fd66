// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../src/interfaces/ICustody.sol";
import {vm} from "./Vm.sol";

/// @notice What a configuration must keep before it is deployed: the contract's own rules on every chain, and on public ones
/// distinct roles, secret keys, and bounds of delays and limits.
/// @dev The same rules with the same codes in the same order as `abi/src/deploy/rules.rs`, which gives the reasons; a test
/// plants every mistake and compares.
library DeploymentRules {
    /// @param code stable name of the first rule that the configuration breaks
    error Broken(string code);

    uint256 private constant COOLING_OFF_MAX = 365 days;
    uint256 private constant FREEZE_MAX = 30 days;
    uint256 private constant COOLING_OFF_MIN = 14 days;
    uint256 private constant VETO_MIN = 1 days;
    uint256 private constant VETO_MAX = 7 days;
    uint256 private constant OPERATION_MIN = 3 days;
    uint256 private constant OPERATION_MAX = 30 days;
    uint256 private constant OPERATION_AFTER_VETO_MIN = 2 days;
    uint256 private constant PUBLIC_FREEZE_MIN = 1 hours;
    uint256 private constant PUBLIC_FREEZE_MAX = 7 days;
    uint256 private constant CONTRACT_FLOOR_MIN = 2;
    uint256 private constant OUTFLOW_FLOOR_MIN = 1;
    uint256 private constant COIN_OUTFLOW_CAP_MAX = 1e6;
    uint256 private constant TOKEN_OUTFLOW_CAP_MAX = 1e9;
    uint256 private constant OUTFLOW_FLOOR_SHARE = 30;
    uint256 private constant DECIMALS_MAX = 18;
    uint256 private constant COIN_DECIMALS = 18;

    /// @param token the token's contract, when it is one and not the chain's own coin
    struct Asset {
        bool isToken;
        address token;
        uint256 decimals;
    }

    /// @dev Phrase of development nodes, and how many of its accounts a local chain of this project funds.
    string private constant KNOWN_PHRASE = "test test test test test test test test test test test junk";
    uint32 private constant KNOWN_ACCOUNTS = 64;

    /// @dev Reverts with the first broken rule.
    function check(uint256 chainId, Asset memory asset, ICustody.Config memory c) internal pure {
        bool isPublic = chainId != 31_337 && chainId != 1_337;
        address[7] memory roles = [c.admin, c.guardian, c.freezer, c.treasurer, c.submitter, c.signer, c.rootSigner];
        for (uint256 i = 0; i < roles.length; ++i) {
            _require(roles[i] != address(0), "zero_address");
        }
        if (asset.isToken) _checkToken(asset, roles);
        _require(c.coolingOff <= COOLING_OFF_MAX, "cooling_off_too_long");
        _require(c.vetoDelay < c.operationDelay, "veto_not_before_operation");
        _require(c.maxFreeze < c.vetoDelay, "freeze_not_before_veto");
        _require(c.maxFreeze <= (isPublic ? PUBLIC_FREEZE_MAX : FREEZE_MAX), "freeze_too_long");
        uint256 whole = 10 ** (asset.isToken ? asset.decimals : COIN_DECIMALS);
        _require(c.outflowFloor >= CONTRACT_FLOOR_MIN, "floor_too_low");
        _require(!isPublic || c.outflowFloor >= OUTFLOW_FLOOR_MIN * whole, "floor_too_low");
        _require(c.outflowFloor <= c.outflowCap, "floor_above_cap");
        if (!isPublic) return;
        _checkPeople(roles);
        _checkBounds(c, whole * (asset.isToken ? TOKEN_OUTFLOW_CAP_MAX : COIN_OUTFLOW_CAP_MAX));
    }

    function _checkToken(Asset memory asset, address[7] memory roles) private pure {
        _require(asset.token != address(0), "zero_address");
        for (uint256 i = 0; i < roles.length; ++i) {
            _require(roles[i] != asset.token, "asset_has_a_role");
        }
        _require(asset.decimals <= DECIMALS_MAX, "decimals_too_many");
    }

    function _checkPeople(address[7] memory roles) private pure {
        for (uint256 i = 0; i < roles.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                _require(roles[i] != roles[j], "roles_not_distinct");
            }
        }
        for (uint32 k = 0; k < KNOWN_ACCOUNTS; ++k) {
            address known = vm.addr(vm.deriveKey(KNOWN_PHRASE, k));
            for (uint256 i = 0; i < roles.length; ++i) {
                _require(roles[i] != known, "key_is_public");
            }
        }
    }

    function _checkBounds(ICustody.Config memory c, uint256 capMax) private pure {
        _require(c.coolingOff >= COOLING_OFF_MIN, "cooling_off_too_short");
        _require(c.vetoDelay >= VETO_MIN, "veto_too_short");
        _require(c.vetoDelay <= VETO_MAX, "veto_too_long");
        _require(c.operationDelay >= OPERATION_MIN, "operation_too_short");
        _require(c.operationDelay <= OPERATION_MAX, "operation_too_long");
        _require(c.operationDelay - c.vetoDelay >= OPERATION_AFTER_VETO_MIN, "operation_too_soon_after_veto");
        _require(c.maxFreeze >= PUBLIC_FREEZE_MIN, "freeze_too_short");
        _require(c.outflowCap <= capMax, "cap_too_high");
        _require(c.outflowFloor * OUTFLOW_FLOOR_SHARE >= c.outflowCap, "floor_too_far_below_cap");
    }

    function _require(bool holds, string memory code) private pure {
        if (!holds) revert Broken(code);
    }
}
