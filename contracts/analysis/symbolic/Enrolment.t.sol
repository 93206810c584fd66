// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Symbolic} from "./Symbolic.sol";

/// @notice Knows whomever it likes.
contract Predecessor {
    mapping(address user => uint256) private _frozenUntil;

    function account(address user) external view returns (uint256, uint256, uint256 frozenUntil) {
        return (1 ether, 1 ether, _frozenUntil[user]);
    }
}

/// @notice Enrolment makes a user known, and nothing else.
contract EnrolmentProof is Symbolic {
    Predecessor private predecessor;

    function setUp() public override {
        predecessor = new Predecessor();
        _deploy(CAP, address(predecessor));
    }

    function check_an_enrolment_gives_no_money_and_only_to_users_of_the_predecessor(
        address user,
        address caller,
        uint32 time,
        uint256 balance
    ) public {
        _anyState(balance);
        _goTo(time);
        prover.enableSymbolicStorage(address(predecessor));
        Account memory a = _account(user);
        Sums memory s = _sums();
        world.prank(caller);
        custody.enrol(user);
        (,, uint256 known) = predecessor.account(user);
        Account memory b = _account(user);
        assert(known != 0 && a.frozenUntil == 0 && b.frozenUntil == 2);
        assert(b.paid == a.paid && b.credit == a.credit && address(custody).balance == balance);
        Sums memory t = _sums();
        assert(t.pushed == s.pushed && t.claimed == s.claimed && t.credited == s.credited && t.escrowed == s.escrowed);
        world.prank(caller);
        (bool again,) = address(custody).call(abi.encodeCall(custody.enrol, (user)));
        assert(!again);
    }

    function check_an_enrolment_changes_nobody_else(address user, address other, address caller, uint256 balance)
        public
    {
        _anyState(balance);
        prover.enableSymbolicStorage(address(predecessor));
        world.assume(other != user);
        Account memory a = _account(other);
        world.prank(caller);
        custody.enrol(user);
        Account memory b = _account(other);
        assert(b.paid == a.paid && b.credit == a.credit && b.frozenUntil == a.frozenUntil);
    }
}
