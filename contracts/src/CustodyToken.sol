// SPDX-License-Identifier: MIT
pragma solidity 0.8.29;

import {ICustody} from "./interfaces/ICustody.sol";
import {ICustodyToken} from "./interfaces/ICustodyToken.sol";
import {Token} from "./Token.sol";
import {TokenEntry} from "./TokenEntry.sol";
import {Vault} from "./Vault.sol";

/// @title Custody and settlement of one compensation plan operator's funds in one token
/// @custom:security-contact see SECURITY.md of the project
/// @notice An `ICustodyToken`.
contract CustodyToken is TokenEntry, Vault {
    constructor(ICustody.Config memory c, address token_) Token(token_) Vault(c) {}

    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(ICustodyToken).interfaceId || super.supportsInterface(id);
    }
}
