// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";
import {Native} from "./Native.sol";
import {Vault} from "./Vault.sol";

/// @title Custody and settlement of one compensation plan operator's funds
/// @custom:security-contact see SECURITY.md of the project
/// @notice An `ICustodyLeaves` of the chain's own coin.
contract Custody is Native, Vault {
    constructor(ICustody.Config memory c) Vault(c) {}
}
