// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice Books of a token, without a way to ask for a transfer: that is where tokens differ.
abstract contract Books {
    uint8 public immutable decimals;
    uint256 public totalSupply;
    mapping(address holder => uint256) public balanceOf;
    mapping(address holder => mapping(address spender => uint256)) public allowance;

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
        totalSupply += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function _move(address from, address to, uint256 amount) internal virtual {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }

    function _spend(address from, uint256 amount) internal {
        allowance[from][msg.sender] -= amount;
    }
}

/// @notice As the standard says.
contract PlainToken is Books {
    constructor(uint8 decimals_) Books(decimals_) {}

    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _spend(from, amount);
        _move(from, to, amount);
        return true;
    }
}

/// @notice Returns nothing (USDT on Ethereum).
contract SilentToken is Books(6) {
    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _spend(from, amount);
        _move(from, to, amount);
    }
}

/// @notice `transfer` returns `false` although it paid (USDT on TRON), `transferFrom` returns `true`; a list of addresses is refused.
contract FalseToken is Books(6) {
    mapping(address => bool) public isBlackListed;

    function addBlackList(address who) external {
        isBlackListed[who] = true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        require(!isBlackListed[to], "blacklisted");
        _move(msg.sender, to, amount);
        return false;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _spend(from, amount);
        _move(from, to, amount);
        return true;
    }
}

/// @notice Takes a fee of what is sent, from the recipient or from the sender beside it; refuses a holder by `false`, without reverting.
contract FeeToken is Books(18) {
    uint256 public fromRecipient;
    uint256 public fromSender;
    address public refused;

    function setFees(uint256 fromRecipient_, uint256 fromSender_) external {
        (fromRecipient, fromSender) = (fromRecipient_, fromSender_);
    }

    function refuse(address who) external {
        refused = who;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (to == refused) return false;
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _spend(from, amount);
        _move(from, to, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount) internal override {
        super._move(from, to, amount);
        balanceOf[to] -= fromRecipient;
        balanceOf[from] -= fromSender;
    }
}

/// @notice Uses up all its gas for some holders, and demands some of it for all, giving the rest back.
contract HungryToken is Books(6) {
    mapping(address => bool) public burns;
    uint256 private _least;

    function burn(address who) external {
        burns[who] = true;
    }

    function demand(uint256 least) external {
        _least = least;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        while (burns[to]) {}
        require(gasleft() >= _least, "more gas");
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _spend(from, amount);
        _move(from, to, amount);
        return true;
    }
}

interface ITokenHook {
    function moved(address from, address to, uint256 amount) external;
}

/// @notice Calls both holders that are contracts, the sender before and the recipient after it moved (as ERC-777 does).
contract CallingToken is Books(18) {
    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _spend(from, amount);
        _move(from, to, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount) internal override {
        if (_listens(from)) ITokenHook(from).moved(from, to, amount);
        super._move(from, to, amount);
        if (_listens(to)) ITokenHook(to).moved(from, to, amount);
    }

    mapping(address => bool) private _listeners;

    function listen() external {
        _listeners[msg.sender] = true;
    }

    function _listens(address who) private view returns (bool) {
        return _listeners[who];
    }
}

/// @notice A user who answers the token's first call with a prepared one, and remembers how that ended.
contract Listener is ITokenHook {
    address private _target;
    bytes private _payload;
    bool public entered;
    bool public succeeded;
    bytes public result;

    constructor(CallingToken token) {
        token.listen();
    }

    function arm(address target, bytes calldata payload) external {
        (_target, _payload, entered) = (target, payload, false);
    }

    function call(address to, bytes calldata data) external {
        (bool ok, bytes memory out) = to.call(data);
        if (!ok) {
            assembly {
                revert(add(out, 0x20), mload(out))
            }
        }
    }

    function moved(address, address, uint256) external {
        if (_payload.length == 0 || entered) return;
        entered = true;
        (succeeded, result) = _target.call(_payload);
    }
}
