// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "./interfaces/ICustody.sol";
import {Authorizations} from "./Authorizations.sol";
import {Claims} from "./Claims.sol";
import {Configuration} from "./Configuration.sol";
import {Credits} from "./Credits.sol";
import {Intake} from "./Intake.sol";
import {Leaves} from "./Leaves.sol";
import {Operations} from "./Operations.sol";
import {Roles} from "./Roles.sol";
import {Settlement} from "./Settlement.sol";

/// @notice All parts together, whatever the asset is.
/// @dev No `receive` and no `fallback`. What is forced in raises the balance and nothing else.
abstract contract Vault is Intake, Settlement, Leaves, Claims, Credits, Operations {
    constructor(ICustody.Config memory c) Configuration(c) Roles(c) Authorizations(c) {}
}
