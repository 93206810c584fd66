// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";
import {Balances} from "./Balances.sol";

/// @notice What was fixed at construction. Only the outflow cap may move afterwards, and never below its floor.
/// @dev Checks that hold on every chain stand here; the minimums of public chains are checked by the deployer.
abstract contract Configuration is Balances {
    /// @dev Confiscation by freezing is bounded by this, whatever the configuration says.
    uint256 internal constant MAX_FREEZE_LIMIT = 30 days;
    /// @dev A longer cooling-off time is a mistake of units, and would not fit the 32 bit clock of a deposit for ever.
    uint256 internal constant MAX_COOLING_OFF = 365 days;

    address private immutable _ADMIN;
    address private immutable _GUARDIAN;
    address private immutable _FREEZER;
    address private immutable _TREASURER;
    address private immutable _SUBMITTER;
    address private immutable _SIGNER;
    address private immutable _ROOT_SIGNER;
    uint32 internal immutable COOLING_OFF;
    uint32 internal immutable VETO_DELAY;
    uint32 internal immutable OPERATION_DELAY;
    uint32 internal immutable MAX_FREEZE;
    uint96 internal immutable OUTFLOW_FLOOR;
    address internal immutable PREDECESSOR;

    uint96 internal _outflowCap;

    /// @param rule which relation between the fields does not hold
    error InvalidConfig(string rule);

    constructor(ICustody.Config memory c) {
        if (
            c.admin == address(0) || c.guardian == address(0) || c.freezer == address(0) || c.treasurer == address(0)
                || c.submitter == address(0) || c.signer == address(0) || c.rootSigner == address(0)
        ) revert ICustody.ZeroAddress();
        if (c.coolingOff > MAX_COOLING_OFF) revert InvalidConfig("coolingOff <= 365 days");
        if (c.vetoDelay >= c.operationDelay) revert InvalidConfig("vetoDelay < operationDelay");
        // Whoever is frozen when a root is published can still claim before that root matures.
        if (c.maxFreeze >= c.vetoDelay) revert InvalidConfig("maxFreeze < vetoDelay");
        if (c.maxFreeze > MAX_FREEZE_LIMIT) revert InvalidConfig("maxFreeze <= 30 days");
        if (c.outflowFloor < 2) revert InvalidConfig("outflowFloor > 1");
        if (c.outflowFloor > c.outflowCap) revert InvalidConfig("outflowFloor <= outflowCap");

        _ADMIN = c.admin;
        _GUARDIAN = c.guardian;
        _FREEZER = c.freezer;
        _TREASURER = c.treasurer;
        _SUBMITTER = c.submitter;
        _SIGNER = c.signer;
        _ROOT_SIGNER = c.rootSigner;
        COOLING_OFF = c.coolingOff;
        VETO_DELAY = c.vetoDelay;
        OPERATION_DELAY = c.operationDelay;
        MAX_FREEZE = c.maxFreeze;
        OUTFLOW_FLOOR = c.outflowFloor;
        PREDECESSOR = c.predecessor;
        _outflowCap = c.outflowCap;
    }

    /// @notice Configuration as constructed, with the present outflow cap. Who holds a role now is asked by `hasRole`.
    function config() external view returns (ICustody.Config memory configuration) {
        configuration.admin = _ADMIN;
        configuration.guardian = _GUARDIAN;
        configuration.freezer = _FREEZER;
        configuration.treasurer = _TREASURER;
        configuration.submitter = _SUBMITTER;
        configuration.signer = _SIGNER;
        configuration.rootSigner = _ROOT_SIGNER;
        configuration.coolingOff = COOLING_OFF;
        configuration.vetoDelay = VETO_DELAY;
        configuration.operationDelay = OPERATION_DELAY;
        configuration.maxFreeze = MAX_FREEZE;
        configuration.outflowCap = _outflowCap;
        configuration.outflowFloor = OUTFLOW_FLOOR;
        configuration.predecessor = PREDECESSOR;
    }
}
