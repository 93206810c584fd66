// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Symbolic} from "./Symbolic.sol";

/// @notice The head of the journal: one number further per entry, and a root that depends on nothing but root and content.
contract JournalProof is Symbolic {
    function check_an_entry_raises_the_number_by_one_and_chains_the_root(bytes32 content, uint256 balance) public {
        _anyState(balance);
        (uint64 seq, bytes24 root) = custody.journalHead();
        world.assume(seq < type(uint64).max);
        custody.record(abi.encode(content, uint256(0)));
        (uint64 seqAfter, bytes24 rootAfter) = custody.journalHead();
        bytes32 entry = keccak256(abi.encode(content, uint256(seq) + 1));
        assert(seqAfter == seq + 1);
        assert(rootAfter == bytes24(keccak256(abi.encode(bytes32(root), entry))));
    }
}
