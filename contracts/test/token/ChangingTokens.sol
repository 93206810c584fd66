// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Books} from "./Tokens.sol";

/// @notice A token behind a proxy whose issuer replaces how it answers, and what it takes.
contract UpgradedToken is Books(6) {
    enum Answer {
        True,
        False,
        Nothing
    }

    Answer public answer;
    /// @dev Taken from the sender beside the amount.
    uint256 public fee;

    function upgrade(Answer answer_, uint256 fee_) external {
        (answer, fee) = (answer_, fee_);
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
        _reply();
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _spend(from, amount);
        _move(from, to, amount);
        _reply();
    }

    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, amount);
        balanceOf[from] -= fee;
    }

    function _reply() private view {
        if (answer == Answer.Nothing) return;
        uint256 word = answer == Answer.True ? 1 : 0;
        assembly ("memory-safe") {
            mstore(0, word)
            return(0, 0x20)
        }
    }
}

/// @notice Balances are shares of a pool that grows and shrinks by itself (stETH, AMPL).
contract RebasingToken {
    uint8 public constant decimals = 18;
    uint256 public totalSupply;
    uint256 private _shares;
    mapping(address holder => uint256) private _sharesOf;
    mapping(address holder => mapping(address spender => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        uint256 shares = _shares == 0 ? amount : amount * _shares / totalSupply;
        _sharesOf[to] += shares;
        _shares += shares;
        totalSupply += amount;
    }

    function rebase(uint256 supply) external {
        totalSupply = supply;
    }

    function balanceOf(address holder) public view returns (uint256) {
        return _shares == 0 ? 0 : _sharesOf[holder] * totalSupply / _shares;
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        return _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        uint256 shares = amount * _shares / totalSupply;
        _sharesOf[from] -= shares;
        _sharesOf[to] += shares;
        return true;
    }
}
