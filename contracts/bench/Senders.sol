// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice The usual ways of paying many accounts, to compare with. None of them authorizes, records, bounds or forgives anything:
/// one recipient that refuses fails the whole batch, and sending the same list twice pays twice.
interface ISenders {
    error NotSent(address to);
    error NotExact();
}

/// @notice A plain loop over an array of structs.
contract LoopSender is ISenders {
    struct Payment {
        address to;
        uint256 amount;
    }

    function send(Payment[] calldata payments) external payable {
        for (uint256 k; k < payments.length; ++k) {
            (bool sent,) = payments[k].to.call{value: payments[k].amount}("");
            if (!sent) revert NotSent(payments[k].to);
        }
        if (address(this).balance != 0) revert NotExact();
    }
}

/// @notice Two arrays, walked by hand.
contract ArraysSender is ISenders {
    function send(address[] calldata recipients, uint256[] calldata amounts) external payable {
        if (recipients.length != amounts.length) revert NotExact();
        bool sent = true;
        assembly ("memory-safe") {
            let distance := sub(amounts.offset, recipients.offset)
            let at := recipients.offset
            for { let end := add(at, shl(5, recipients.length)) } lt(at, end) { at := add(at, 0x20) } {
                sent := and(sent, call(gas(), calldataload(at), calldataload(add(at, distance)), 0, 0, 0, 0))
            }
        }
        if (!sent) revert NotSent(address(0));
        if (address(this).balance != 0) revert NotExact();
    }
}

/// @notice Words of `address ‖ uint96`, walked by hand: the least that a contract can do.
contract PackedSender is ISenders {
    function send(bytes32[] calldata words) external payable {
        bool sent = true;
        assembly ("memory-safe") {
            let at := words.offset
            for { let end := add(at, shl(5, words.length)) } lt(at, end) { at := add(at, 0x20) } {
                let word := calldataload(at)
                sent := and(sent, call(gas(), shr(96, word), shr(160, shl(160, word)), 0, 0, 0, 0))
            }
        }
        if (!sent) revert NotSent(address(0));
        if (address(this).balance != 0) revert NotExact();
    }
}

/// @notice Books credits and lets everybody fetch the own one: cheap for who pays, dear for who is paid.
contract CreditLedger is ISenders {
    mapping(address user => uint256) public credits;

    function credit(bytes32[] calldata words) external payable {
        uint256 sum;
        for (uint256 k; k < words.length; ++k) {
            uint256 amount = uint96(uint256(words[k]));
            credits[address(bytes20(words[k]))] += amount;
            sum += amount;
        }
        if (sum != msg.value) revert NotExact();
    }

    function withdraw() external {
        uint256 amount = credits[msg.sender];
        credits[msg.sender] = 0;
        (bool sent,) = msg.sender.call{value: amount}("");
        if (!sent) revert NotSent(msg.sender);
    }
}
