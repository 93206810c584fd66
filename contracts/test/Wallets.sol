// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A contract that signs by the key of its owner (EIP-1271).
contract SigningWallet is IERC1271 {
    address private immutable _OWNER;

    constructor(address owner) {
        _OWNER = owner;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recoverCalldata(digest, signature) == _OWNER ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @notice Refuses every payment.
contract Refuser {
    receive() external payable {
        revert("no");
    }
}

/// @notice Calls back with all the gas it is given, and remembers how that ended.
contract Reenterer {
    address public target;
    bytes public payload;
    uint256 public value;
    bool public entered;
    bool public succeeded;
    bytes public result;

    function arm(address target_, bytes calldata payload_, uint256 value_) external {
        (target, payload, value, entered) = (target_, payload_, value_, false);
    }

    function call(address to, uint256 value_, bytes calldata data) external payable {
        (bool ok, bytes memory out) = to.call{value: value_}(data);
        if (!ok) {
            assembly {
                revert(add(out, 0x20), mload(out))
            }
        }
    }

    receive() external payable {
        if (payload.length == 0) return;
        entered = true;
        (succeeded, result) = target.call{value: value}(payload);
    }
}

/// @notice Calls back with what stands behind its code, and says in a log how that ended. Cheap enough for a batch's recipient.
contract Prober {
    event Probed(bool succeeded, bytes4 reason);

    address private immutable _TARGET;
    uint256 private immutable _SIZE;

    /// @param size of the call, which is to be appended to the code
    constructor(address target, uint256 size) {
        (_TARGET, _SIZE) = (target, size);
    }

    receive() external payable {
        (address target, uint256 size) = (_TARGET, _SIZE);
        bool ok;
        bytes4 reason;
        assembly ("memory-safe") {
            let at := mload(0x40)
            codecopy(at, sub(codesize(), size), size)
            mstore(0, 0)
            ok := call(gas(), target, 0, at, size, 0, 4)
            reason := mload(0)
        }
        emit Probed(ok, reason);
    }
}

/// @notice Uses up all the gas it is given.
contract Burner {
    receive() external payable {
        while (true) {}
    }
}

/// @notice Fails with a megabyte of zeros as its reason, as far as its gas allows.
contract Bomb {
    uint256 private immutable _SIZE;

    constructor(uint256 size) {
        _SIZE = size;
    }

    receive() external payable {
        uint256 size = _SIZE;
        assembly {
            revert(0, size)
        }
    }
}

/// @notice Costs about what a wallet behind a proxy costs that counts its payments.
contract CountingWallet {
    uint256 public payments;

    receive() external payable {
        ++payments;
    }
}

/// @notice Accepts payments and tells of them, as most wallets that are contracts do.
contract TellingWallet {
    event Received(address indexed sender, uint256 value);

    receive() external payable {
        emit Received(msg.sender, msg.value);
    }
}

/// @notice Accepts a payment only when it is given the full gas of a batch's recipient, and gives all of it back else.
contract Choosy {
    receive() external payable {
        require(gasleft() > 12_000, "more gas");
    }
}
