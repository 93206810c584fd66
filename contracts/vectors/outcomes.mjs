// Lists of a batch and what became of them: the words, and the two hashes to which the closing event commits.
import { BNB, FULL, USER, SPONSOR, addressAt, plain, word } from './values.mjs';

const CREDITED = 2n ** 95n;

const SAMPLES = [
  ['one sent', [[USER, 18n * BNB, 'sent', 18n * BNB]]],
  ['sent, credited and skipped', [
    [USER, 18n * BNB, 'sent', 3n * BNB], [SPONSOR, 7n, 'credited', 7n], [FULL, 5n, 'skipped', 0n],
  ]],
  ['largest amounts', [[USER, CREDITED - 1n, 'sent', CREDITED - 1n], [SPONSOR, CREDITED - 1n, 'credited', CREDITED - 1n]]],
  ['largest list', Array.from({ length: 300 }, (_, i) =>
    [addressAt(0x100000 + 7 * i), BigInt(i + 1) * BNB, ['sent', 'credited', 'skipped'][i % 3], i % 3 === 2 ? 0n : BigInt(i + 1)])],
];

export function outcomes(library) {
  const lists = SAMPLES.map(([name, entries]) => {
    const payouts = entries.map(([user, target]) => word(user, target));
    const outcomes = entries.map(([user, , effect, amount]) => word(user, effect === 'credited' ? amount | CREDITED : amount));
    return {
      name,
      entries: entries.map(([user, target, effect, amount]) => ({ user, target: plain(target), effect, amount: plain(amount) })),
      payouts,
      listHash: library.hashOf(...payouts),
      outcomes,
      outcomeHash: library.hashOf(...outcomes),
    };
  });
  return { lists };
}
