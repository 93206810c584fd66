// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {PlainToken} from "./Tokens.sol";

/// @notice A token whose issuer can stop all transfers, and destroy what somebody holds.
contract IssuerToken is PlainToken(6) {
    bool private _stopped;

    function stop(bool stopped) external {
        _stopped = stopped;
    }

    function destroy(address who, uint256 amount) external {
        balanceOf[who] -= amount;
        totalSupply -= amount;
    }

    function _move(address from, address to, uint256 amount) internal override {
        require(!_stopped, "stopped");
        super._move(from, to, amount);
    }
}
