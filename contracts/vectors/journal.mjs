// One log of each event, in an order that could happen, and the head of the journal after each. Per-user events precede the event
// that closes their call.
import { BNB, DAY, FULL, GWEI, MAX, PRIVATE_KEY, SPONSOR, T, USER, ZERO } from './values.mjs';

function events(library) {
  const hash = library.hashOfText;
  const batch = hash('batch');
  return [
    ['Funded', [SPONSOR, 1n, 500n * BNB]],
    ['RegistrationAccepted', [hash('r1'), USER, ZERO, 2n, 20n * BNB, T + 14n * DAY, hash('plan'), hash('disclosure')]],
    ['RegistrationAccepted', [hash('r2'), SPONSOR, USER, 3n, GWEI, T + 14n * DAY, hash('plan'), hash('disclosure')]],
    ['RetopupCompleted', [hash('t1'), USER, 4n, 40n * BNB, T + 15n * DAY, hash('plan'), hash('disclosure')]],
    ['DepositRefunded', [hash('r2'), SPONSOR, 5n, FULL, GWEI]],
    ['EscrowMatured', [T / DAY + 14n, 6n, 20n * BNB]],
    ['UserFrozen', [USER, 7n, T + DAY, hash('reason')]],
    ['UserUnfrozen', [USER, 8n]],
    ['PayoutExecuted', [batch, USER, 18n * BNB]],
    ['PayoutCredited', [batch, SPONSOR, 1n, true]],
    ['PayoutSkipped', [batch, FULL]],
    ['BatchSettled', [batch, 9n, 3n, 18n * BNB + 1n, 1n, hash('list'), hash('outcome'), hash('manifest')]],
    ['BatchCancelled', [hash('other batch'), 10n]],
    ['RootPublished', [hash('root'), 11n, 19n * BNB, 10n, T + DAY]],
    ['RootVetoed', [hash('root'), 12n]],
    ['Claimed', [USER, hash('root'), 13n, FULL, 19n * BNB, BNB]],
    ['CreditWithdrawn', [SPONSOR, SPONSOR, 14n, 1n]],
    ['SignerRevoked', [library.addressOf(PRIVATE_KEY), 15n]],
    ['OutflowCapLowered', [16n, 1000n * BNB]],
    ['OperationScheduled', [hash('operation'), 17n, 0, hash('argument'), MAX, T + 3n * DAY]],
    ['OperationExecuted', [hash('operation'), 18n, 10, hash('argument'), MAX]],
    ['OperationCancelled', [hash('operation'), 19n]],
    ['RoleChanged', [hash('FREEZER_ROLE'), USER, 20n, false]],
    ['PauseChanged', [21n, true]],
    ['LeafPaid', [hash('root'), USER, 3n]],
    ['LeafCredited', [hash('root'), SPONSOR, 2n]],
    ['LeafSkipped', [hash('root'), FULL]],
    ['LeavesSettled', [hash('root'), 22n, 3n, 5n, 2n, hash('leaves'), hash('outcome')]],
    ['UserEnrolled', [USER, 23n]],
  ];
}

/** @param abi of the contract, as exported */
export function journal(library, abi) {
  let seq = 0;
  let head = '0x' + '00'.repeat(24);
  const logs = events(library).map(([event, values]) => {
    const { topics, data } = library.eventLog(abi, event, values);
    const { inputs } = abi.find((item) => item.type === 'event' && item.name === event);
    const main = inputs.find((input) => !input.indexed)?.name === 'seq';
    if (main) {
      seq += 1;
      const entry = library.hashOf(...topics, data);
      head = library.hashOf(library.encode(['bytes32', 'bytes32'], [head.padEnd(66, '0'), entry])).slice(0, 50);
    }
    return { event, main, topics, data, seq, root: head };
  });
  return { logs };
}
