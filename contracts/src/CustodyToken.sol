// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "./interfaces/ICustody.sol";
import {Token} from "./Token.sol";
import {Vault} from "./Vault.sol";

/// @title Custody and settlement of one compensation plan operator's funds in one token
/// @notice An `ICustodyToken`.
contract CustodyToken is Token, Vault {
    constructor(ICustody.Config memory c, address token_) Token(token_) Vault(c) {}
}
