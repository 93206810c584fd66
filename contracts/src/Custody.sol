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

/// @title Custody and settlement of one compensation plan operator's funds
/// @notice All parts together: an `ICustodyLeaves`.
/// @dev No `receive` and no `fallback`. Ether forced in raises the balance and nothing else.
contract Custody is Intake, Settlement, Leaves, Claims, Credits, Operations {
    constructor(ICustody.Config memory c) Configuration(c) Roles(c) Authorizations(c) {}
}
