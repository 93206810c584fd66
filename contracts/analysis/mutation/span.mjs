/** Byte range of a node. */
export function span(node) {
  const [start, length] = node.src.split(':').map(Number);
  return { start, end: start + length };
}
