// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Steps} from "../Steps.sol";

contract OrderFuzzTest is Steps {
    function testFuzz_any_steps_in_any_order_pay_what_was_signed_or_proven_once(uint8[24] calldata steps) public {
        for (uint256 k; k < steps.length; ++k) {
            _take(Step(steps[k] % STEPS));
        }
        _finish();
    }
}
