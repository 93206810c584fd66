// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Configuration} from "../../src/Configuration.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {CustodyTest} from "../CustodyTest.sol";

contract ConfigurationTest is CustodyTest {
    function test_it_is_reported_as_constructed() public view {
        assertEq(keccak256(abi.encode(custody.config())), keccak256(abi.encode(_config())), "configuration");
    }

    function test_no_address_may_be_zero() public {
        for (uint256 k; k < 7; ++k) {
            ICustody.Config memory c = _config();
            if (k == 0) c.admin = address(0);
            else if (k == 1) c.guardian = address(0);
            else if (k == 2) c.freezer = address(0);
            else if (k == 3) c.treasurer = address(0);
            else if (k == 4) c.submitter = address(0);
            else if (k == 5) c.signer = address(0);
            else c.rootSigner = address(0);
            _expectDeployRevert(c, abi.encodeWithSelector(ICustody.ZeroAddress.selector));
        }
    }

    function test_delays_and_bounds_keep_their_order() public {
        ICustody.Config memory c = _config();
        (c.coolingOff, c.vetoDelay, c.operationDelay, c.maxFreeze) =
        (uint32(365 days), uint32(31 days), uint32(31 days + 1), uint32(30 days));
        _deploy(c);
        (c.vetoDelay, c.operationDelay) = (uint32(30 days + 2), uint32(30 days + 3));
        c.outflowFloor = c.outflowCap;
        _deploy(c);

        _expectInvalid(_with(c, 0), "coolingOff <= 365 days");
        _expectInvalid(_with(c, 1), "vetoDelay < operationDelay");
        _expectInvalid(_with(c, 2), "maxFreeze < vetoDelay");
        _expectInvalid(_with(c, 3), "maxFreeze <= 30 days");
        _expectInvalid(_with(c, 4), "outflowFloor > 1");
        _expectInvalid(_with(c, 5), "outflowFloor <= outflowCap");
    }

    function test_the_smallest_floor_and_the_shortest_delays_work() public {
        ICustody.Config memory c = _config();
        (c.maxFreeze, c.vetoDelay, c.operationDelay) = (0, 1, 2);
        (c.outflowCap, c.outflowFloor) = (2, 2);
        _redeploy(c);
        (, uint256 room) = custody.available();
        assertEq(room, 0, "three quarters of a bucket of one");
        _expectInvalid(_with(c, 4), "outflowFloor > 1");
        // No veto delay would leave no second in which to claim before it.
        c.vetoDelay = 0;
        _expectInvalid(c, "maxFreeze < vetoDelay");
    }

    function test_without_cooling_off_only_the_second_of_payment_is_refundable() public {
        ICustody.Config memory c = _config();
        c.coolingOff = 0;
        _redeploy(c);
        _register(_intake(ALICE, "r1"));
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NotRefundable.selector, bytes32("r1")));
        vm.prank(ALICE);
        custody.refund("r1", ALICE);
        vm.warp(START + 1 days);
        custody.sweepMatured(1);
        assertEq(_escrowed(), 0, "matured");
    }

    function _with(ICustody.Config memory c, uint256 rule) private pure returns (ICustody.Config memory d) {
        d = abi.decode(abi.encode(c), (ICustody.Config));
        if (rule == 0) d.coolingOff += 1;
        else if (rule == 1) d.vetoDelay = d.operationDelay;
        else if (rule == 2) d.vetoDelay = d.maxFreeze;
        else if (rule == 3) d.maxFreeze += 1;
        else if (rule == 4) d.outflowFloor = 1;
        else d.outflowFloor += 1;
    }

    function _expectInvalid(ICustody.Config memory c, string memory rule) private {
        _expectDeployRevert(c, abi.encodeWithSelector(Configuration.InvalidConfig.selector, rule));
    }
}
