// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Report} from "./Report.sol";

/// @notice What every other call costs, first times and steady state.
contract CallsBench is Report {
    uint256 private constant KEY = 0xCAFE;

    function test_intake() public {
        _begin();
        address[] memory users = _crowd("intake", 4);
        string memory checked = "escrow and registration are exactly what they must be";
        _call("gas.register.first_of_all", _registerOne(users[0], ALICE), checked);
        _call("gas.register", _registerOne(users[1], users[0]), checked);
        vm.warp(_now() + 1 days);
        _call("gas.register.first_of_day", _registerOne(users[2], users[0]), checked);
        _call("gas.retopup", _retopupOne(users[2], 1), checked);
        _call("gas.refund", _refundOne(users[2], _fullIntake(users[2], 1).ref), "exactly the deposit came back");
    }

    function test_claims() public {
        _begin();
        uint256[4] memory depths = [uint256(0), 10, 17, 20];
        address[] memory users = _crowd("claims", 5);
        _registerAll(users);
        _become(users, Recipients.Existing);
        // The first claim of all costs more, once.
        _claimAt(users[4], ENTITLED / 1 gwei, 0);
        for (uint256 k; k < depths.length; ++k) {
            _call(
                string.concat("gas.claim.depth_", vm.toString(depths[k])),
                _claimAt(users[k], ENTITLED, depths[k]),
                "sent by somebody else; the user received exactly the difference"
            );
        }
    }

    function test_roots() public {
        _begin();
        string memory checked = "the root is the latest one, with its total";
        _call("gas.publish_root.first", _publishOne(keccak256("one"), 1_000 ether), checked);
        _publishOne(keccak256("two"), 2_000 ether);
        _publishOne(keccak256("three"), 2_500 ether);
        _call("gas.publish_root", _publishOne(keccak256("four"), 3_000 ether), checked);
    }

    function test_leaves() public {
        _begin();
        string memory checked = "every user of the part received exactly the entitlement";
        address[] memory users = _existing("first", 1);
        _claimAt(users[0], ENTITLED, 0);
        _report("gas.leaves.256", _settleOf(_existing("256", 256), 9), 256, 0, checked);
        _report("gas.leaves.300", _settleOf(_existing("300", 300), 9), 300, 0, checked);
    }

    function test_credits() public {
        _begin();
        _registered(ALICE);
        _registered(BOB);
        _registered(vm.addr(KEY));
        // One that stays, so that the sum of credits does not fall to zero, which would be cheaper.
        _creditOne(BOB, 1 ether);
        _creditOne(ALICE, 1 ether);
        vm.deal(ALICE, 1 ether);
        vm.deal(vm.addr(KEY), 1 ether);
        string memory checked = "exactly the credit was received, and none is left";
        _call("gas.withdraw_credit", _withdrawOne(ALICE), checked);
        _creditOne(vm.addr(KEY), 1 ether);
        _call("gas.withdraw_credit_for.first", _withdrawForOne(KEY), checked);
        _creditOne(vm.addr(KEY), 1 ether);
        _call("gas.withdraw_credit_for", _withdrawForOne(KEY), checked);
    }

    function _existing(string memory name, uint256 count) private returns (address[] memory users) {
        users = _crowd(name, count);
        _registerAll(users);
        _become(users, Recipients.Existing);
    }

    function _call(string memory name, uint256 gas, string memory checked) private {
        _report(name, gas, 1, 0, checked);
    }
}
