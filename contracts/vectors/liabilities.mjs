// Liabilities trees of several sizes: leaves sorted by address, an odd last node moves up, the smaller hash comes first. And their
// parts, as they are settled: the leaves below one node, as words, with the way from that node to the root.
import { BNB, addressAt, plain, word } from './values.mjs';

const SIZES = [1, 2, 3, 4, 5, 7, 8, 13];
/** Their parts are written out. */
const SIZES_WITH_PARTS = [1, 5, 8, 13];

const leavesOf = (size) => Array.from({ length: size }, (_, i) => ({
  user: addressAt(0x500000 + 13 * i),
  // The last leaf of two trees is owed nothing, the first of the largest nearly all that fits.
  entitled: size === 13 && i === 0 ? 2n ** 95n
    : i === size - 1 && (size === 4 || size === 8) ? 0n : BigInt(i + 1) * BNB + BigInt(size),
}));

/** Levels of nodes from the leaves to the root; `first` and `count` say which leaves lie below a node. */
function levelsOf(library, leaves) {
  const join = (x, y) => {
    const [left, right] = BigInt(x.hash) <= BigInt(y.hash) ? [x, y] : [y, x];
    const types = ['bytes32', 'uint256', 'bytes32', 'uint256'];
    const hash = library.hashOf(library.encode(types, [left.hash, left.sum, right.hash, right.sum]));
    return { hash, sum: x.sum + y.sum, first: x.first, count: x.count + y.count };
  };
  const leaf = ({ user, entitled }, first) =>
    ({ hash: library.hashOf(library.encode(['address', 'uint256'], [user, entitled])), sum: entitled, first, count: 1 });
  const levels = [leaves.map(leaf)];
  while (levels.at(-1).length > 1) {
    const below = levels.at(-1);
    levels.push(Array.from({ length: Math.ceil(below.length / 2) }, (_, i) =>
      below[2 * i + 1] ? join(below[2 * i], below[2 * i + 1]) : below[2 * i]));
  }
  return levels;
}

/** Siblings on the way from a node of a level to the root. */
const proofOf = (levels, level, index) => levels.slice(level, -1).flatMap((nodes, k) => {
  const sibling = nodes[(index >> k) ^ 1];
  return sibling ? [{ hash: sibling.hash, sum: plain(sibling.sum) }] : [];
});

export function liabilities(library) {
  const trees = SIZES.map((size) => {
    const leaves = leavesOf(size);
    const levels = levelsOf(library, leaves);
    const [root] = levels.at(-1);
    return {
      root: root.hash,
      total: plain(root.sum),
      leaves: leaves.map(({ user, entitled }, i) => ({ user, entitled: plain(entitled), proof: proofOf(levels, 0, i) })),
    };
  });
  return { trees };
}

export function parts(library) {
  const trees = SIZES_WITH_PARTS.map((size) => {
    const words = leavesOf(size).map(({ user, entitled }) => word(user, entitled));
    const levels = levelsOf(library, leavesOf(size));
    const [root] = levels.at(-1);
    const parts = levels.flatMap((nodes, level) => nodes
      .map((node, index) => ({ node, proof: proofOf(levels, level, index) }))
      // A node that moved up is listed where it was made.
      .filter(({ node }) => level === 0 || !levels[level - 1].includes(node))
      .map(({ node: { first, count }, proof }) => {
        const leaves = words.slice(first, first + count);
        return { first, leaves, proof, listHash: library.hashOf(...leaves) };
      }));
    return { root: root.hash, total: plain(root.sum), parts };
  });
  return { trees };
}
