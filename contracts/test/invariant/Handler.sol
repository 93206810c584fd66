// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {SigningWallet} from "../Wallets.sol";
import {Checks} from "./Checks.sol";
import {LastExit} from "./LastExit.sol";

/// @notice All actions over one contract, which begins with a few users and some funds, as histories do that are worth a look.
contract Handler is LastExit {
    constructor() {
        setUp();
        ICustody.Config memory c = _config();
        (c.outflowCap, c.outflowFloor) = (FIRST_CAP, FLOOR);
        _gather();
        // The predecessor knows who is unknown here.
        _registered(users[REFUSER]);
        _registered(users[6]);
        c.predecessor = address(custody);
        _redeploy(c);
        caps.push(Cap(_now(), FIRST_CAP));
        levelAt = _now();
        swept = _now() / 1 days - 1;
        secondSigner = address(new SigningWallet(vm.addr(SECOND_KEY)));
        isSigner[signer] = true;
        // Signer and freezer.
        _doSchedule(_planned(2, 0));
        _doSchedule(_planned(3, 0));
        _doFund(1_000 ether);
        for (uint256 k; k < USERS; ++k) {
            if (k != REFUSER && k != 6) _doRegister(users[k], PRICE, users[6]);
        }
    }
}
