// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {Authorizations} from "./Authorizations.sol";
import {Claims} from "./Claims.sol";
import {Configuration} from "./Configuration.sol";
import {Credits} from "./Credits.sol";
import {Enrolment} from "./Enrolment.sol";
import {Intake} from "./Intake.sol";
import {Leaves} from "./Leaves.sol";
import {Operations} from "./Operations.sol";
import {Roles} from "./Roles.sol";
import {Settlement} from "./Settlement.sol";

/// @notice All parts together, whatever the asset is.
/// @dev No `receive` and no `fallback`. What is forced in raises the balance and nothing else.
abstract contract Vault is Intake, Enrolment, Settlement, Leaves, Claims, Credits, Operations {
    constructor(ICustody.Config memory c) Configuration(c) Roles(c) Authorizations(c) {}

    /// @notice Carries out calls of the sender's own to this contract, one after the other; each appends its own journal entry. The
    /// first that fails fails all, with its error. `BadBatchSize` for none.
    /// @dev It carries no value, so none of the calls can count the same value again.
    function multicall(bytes[] calldata calls) external {
        if (calls.length == 0) revert ICustody.BadBatchSize(0, type(uint256).max);
        for (uint256 i = 0; i < calls.length; ++i) {
            Address.functionDelegateCall(address(this), calls[i]);
        }
    }
}
