// Words and numbers that several vectors are made of.

export const MAX = 2n ** 256n - 1n;
export const ZERO = '0x' + '00'.repeat(20);
export const FULL = '0x' + 'ff'.repeat(20);
export const USER = '0x00000000000000000000000000000000000a0001';
export const SPONSOR = '0x00000000000000000000000000000000000a0002';
export const T = 1_800_000_000n;
export const DAY = 86_400n;
export const GWEI = 10n ** 9n;
export const BNB = 10n ** 18n;

// Account 6 of those that every development node prints at its start; worthless anywhere else.
export const PRIVATE_KEY = '0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e';

export const addressAt = (number) => '0x' + number.toString(16).padStart(40, '0');
/** `address ‖ uint96 amount`: an entry of a batch, a leaf of a tree, or an outcome. */
export const word = (address, amount) => address + amount.toString(16).padStart(24, '0');
/** Numbers as text: JSON has none of this size. */
export const plain = (value) => (typeof value === 'bigint' ? value.toString() : value);
