// The same for inline assembly, whose tree has other nodes.
import { span } from './span.mjs';

const CALLS = { lt: 'gt', gt: 'lt', slt: 'sgt', sgt: 'slt', add: 'sub', sub: 'add', and: 'or', or: 'and', shl: 'shr', shr: 'shl', eq: 'xor' };
/** One step further: "less" becomes "not greater", and so on. */
const BOUNDARIES = { lt: 'gt', gt: 'lt', slt: 'sgt', sgt: 'slt' };
const ORDERED = new Set(['sub', 'shl', 'shr', 'lt', 'gt', 'slt', 'sgt', 'sstore', 'mstore', 'tstore']);

export function assemblyEdits(block, text, add) {
  const visit = (node) => {
    if (!node || typeof node !== 'object') return;
    if (Array.isArray(node)) return node.forEach(visit);
    (RULES[node.nodeType] ?? []).forEach((rule) => rule(node, text, add));
    Object.values(node).forEach(visit);
  };
  visit(block);
}

function call(node, text, add) {
  const name = node.functionName.name;
  const args = node.arguments.map(text);
  const become = (operator, replacement) => add(operator, span(node), replacement);
  if (CALLS[name]) become('assembly', `${CALLS[name]}(${args.join(', ')})`);
  if (BOUNDARIES[name]) become('assembly', `iszero(${BOUNDARIES[name]}(${args.join(', ')}))`);
  if (name === 'iszero') become('assembly', `iszero(iszero(${args[0]}))`);
  if (ORDERED.has(name) && args[0] !== args[1]) become('arguments swapped', `${name}(${args[1]}, ${args[0]})`);
  if (name === 'and' || name === 'or') args.forEach((arg) => become('operand dropped', arg));
}

function literal(node, text, add) {
  if (node.kind !== 'number') return;
  const value = BigInt(node.value);
  add('literal', span(node), `0x${(value + 1n).toString(16)}`);
  if (value > 0n) add('literal', span(node), `0x${(value - 1n).toString(16)}`);
}

const deleted = (node, text, add) => add('statement deleted', span(node), '{ }');

const RULES = {
  YulFunctionCall: [call],
  YulLiteral: [literal],
  YulAssignment: [deleted],
  YulExpressionStatement: [deleted],
  YulBreak: [deleted],
  YulContinue: [deleted],
  YulIf: [(node, text, add) => add('condition', span(node.condition), '0'), (node, text, add) => add('condition', span(node.condition), '1')],
};
