// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "./interfaces/ICustody.sol";
import {Accounts} from "./Accounts.sol";
import {Authorizations} from "./Authorizations.sol";
import {Configuration} from "./Configuration.sol";
import {Intake} from "./Intake.sol";
import {Roles} from "./Roles.sol";

/// @title Custody of one compensation plan operator's funds
/// @notice Implements the intake part of `ICustody`: what it does not implement it does not have, so it cannot declare
/// itself an `ICustody` yet; a test holds that everything it has is exactly as declared there.
/// @dev No `receive` and no `fallback`. Ether forced in raises the balance and nothing else.
contract Custody is Intake {
    constructor(ICustody.Config memory c) Configuration(c) Roles(c) Authorizations(c) {}

    /// @notice `pushed`, `claimed` and `credited` stay zero while there is no entry point that pays.
    function totals() external view returns (uint256 pushed, uint256 claimed, uint256 credited, uint256 escrowed) {
        return (0, 0, 0, _escrowed);
    }
}
