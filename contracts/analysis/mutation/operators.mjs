// What is changed: one small mistake at each place of the syntax tree where somebody could have made it. Not responsible for
// whether anybody notices.
import { assemblyEdits } from './assembly.mjs';
import { span } from './span.mjs';

const COMPARISONS = { '<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='], '>=': ['>', '<'], '==': ['!='], '!=': ['=='] };
const ARITHMETIC = {
  '+': ['-'], '-': ['+'], '*': ['/'], '/': ['*'], '%': ['*'], '<<': ['>>'], '>>': ['<<'], '|': ['&'], '&': ['|'],
};
const ASSIGNMENTS = { '+=': ['-=', '='], '-=': ['+=', '='] };
const ROLES = {
  DEFAULT_ADMIN_ROLE: 'GUARDIAN_ROLE', GUARDIAN_ROLE: 'FREEZER_ROLE', FREEZER_ROLE: 'TREASURER_ROLE',
  TREASURER_ROLE: 'SUBMITTER_ROLE', SUBMITTER_ROLE: 'GUARDIAN_ROLE',
};
const ZERO = { bool: 'false', bytes32: 'bytes32(0)', address: 'address(0)' };

/** @returns changes of one file: operator, function, byte range and new text */
export function edits(tree, bytes) {
  const found = [];
  const text = (node) => bytes.subarray(span(node).start, span(node).end).toString();
  const visit = (node, place) => {
    if (!node || typeof node !== 'object') return;
    if (Array.isArray(node)) return node.forEach((child) => visit(child, place));
    if (SKIPPED.has(node.nodeType)) return;
    const here = placeOf(node) ?? place;
    const add = (operator, range, replacement) => found.push({ operator, place: here, ...range, replacement });
    const context = { add, text, between: (a, b) => ({ start: span(a).end, end: span(b).start }), here };
    (RULES[node.nodeType] ?? []).forEach((rule) => rule(node, context));
    if (node.nodeType === 'InlineAssembly') {
      assemblyEdits(node.AST, text, add);
      return;
    }
    for (const [key, child] of Object.entries(node)) if (key !== 'documentation') visit(child, here);
  };
  visit(tree, '');
  return found;
}

/** Not code, or code that cannot be wrong by itself. */
const SKIPPED = new Set([
  'ImportDirective', 'UsingForDirective', 'InheritanceSpecifier', 'EventDefinition', 'ErrorDefinition', 'OverrideSpecifier',
  'StructDefinition', 'EnumDefinition', 'ElementaryTypeName', 'UserDefinedTypeName', 'ArrayTypeName', 'Mapping',
]);

function placeOf(node) {
  switch (node.nodeType) {
    case 'FunctionDefinition':
      return node.name || node.kind;
    case 'ModifierDefinition':
      return node.name;
    case 'VariableDeclaration':
      return node.stateVariable ? node.name : undefined;
    default:
      return undefined;
  }
}

const replaceOperator = (table, name) => (node, { add, text, between }) => {
  const [left, right] = [node.leftExpression ?? node.leftHandSide, node.rightExpression ?? node.rightHandSide];
  for (const other of table[node.operator] ?? []) {
    const range = between(left, right);
    const gap = text({ src: `${range.start}:${range.end - range.start}` });
    add(name, range, gap.replace(node.operator, other));
  }
};

function logical(node, { add, text, between }) {
  if (node.operator !== '&&' && node.operator !== '||') return;
  const range = between(node.leftExpression, node.rightExpression);
  const gap = text({ src: `${range.start}:${range.end - range.start}` });
  add('logic', range, gap.replace(node.operator, node.operator === '&&' ? '||' : '&&'));
  add('operand dropped', span(node), text(node.leftExpression));
  add('operand dropped', span(node), text(node.rightExpression));
}

function unary(node, { add, text }) {
  if (node.operator === '!') add('negation', span(node), text(node.subExpression));
  if (node.operator === '++') add('arithmetic', span(node), `--${text(node.subExpression)}`);
}

function literal(node, { add, text }) {
  if (node.kind === 'bool') add('literal', span(node), node.value === 'true' ? 'false' : 'true');
  if (node.kind === 'string') add('literal', span(node), text(node).replace(/"$/, '~"'));
  if (node.kind !== 'number') return;
  const unit = node.subdenomination ? ` ${node.subdenomination}` : '';
  const digits = node.value.replaceAll('_', '');
  // Of a decimal fraction the last digit changes.
  const decimals = digits.split('.')[1]?.length ?? 0;
  const value = BigInt(digits.replace('.', ''));
  const fraction = (v) => v.toString().padStart(decimals + 1, '0').replace(new RegExp(`(?=\\d{${decimals}}$)`), '.');
  const number = (v) => (decimals > 0 ? fraction(v) : v.toString());
  const written = (v) => (digits.startsWith('0x') ? `0x${v.toString(16)}` : number(v)) + unit;
  add('literal', span(node), written(value + 1n));
  if (value > 0n) add('literal', span(node), written(value - 1n));
}

/** Neighbours of one type change places. */
function swaps(nodes, { add, text }) {
  for (let k = 0; k + 1 < nodes.length; ++k) {
    const [a, b] = [nodes[k], nodes[k + 1]];
    if (!a || !b || a.typeDescriptions?.typeIdentifier !== b.typeDescriptions?.typeIdentifier) continue;
    if (text(a) === text(b)) continue;
    const [from, to] = [span(a), span(b)];
    const gap = text({ src: `${from.end}:${to.start - from.end}` });
    add('arguments swapped', { start: from.start, end: to.end }, text(b) + gap + text(a));
  }
}

function call(node, context) {
  swaps(node.arguments, context);
  // A checked cast becomes an unchecked one.
  const cast = node.expression.nodeType === 'MemberAccess' && node.expression.memberName.match(/^toUint(\d+)$/);
  if (cast) context.add('cast', span(node), `uint${cast[1]}(${context.text(node.expression.expression)})`);
}

/** With its semicolon, which the tree does not count. */
const withSemicolon = (node) => ({ start: span(node).start, end: span(node).end + 1 });

function condition(node, { add, text }) {
  if (node.falseBody) {
    add('condition', span(node.condition), 'true');
    add('condition', span(node.condition), 'false');
    return;
  }
  // Without its condition a refusal refuses everything, which no test can miss.
  const refuses = /^\{?\s*revert\b/.test(text(node.trueBody));
  add('condition', span(node.condition), 'false');
  if (!refuses) add('condition', span(node.condition), 'true');
}

function returned(node, { add, text }) {
  if (!node.expression) return add('statement deleted', withSemicolon(node), '');
  const type = node.expression.typeDescriptions?.typeString ?? '';
  if (type === 'bool') add('negation', span(node.expression), `!(${text(node.expression)})`);
  const zero = ZERO[type] ?? (/^uint\d+$/.test(type) ? '0' : undefined);
  if (zero && type !== 'bool') add('returned', span(node.expression), zero);
}

const RULES = {
  BinaryOperation: [replaceOperator(COMPARISONS, 'comparison'), replaceOperator(ARITHMETIC, 'arithmetic'), logical],
  Assignment: [replaceOperator(ASSIGNMENTS, 'assignment')],
  UnaryOperation: [unary],
  Literal: [literal],
  FunctionCall: [call],
  TupleExpression: [(node, context) => swaps(node.components, context)],
  Conditional: [
    (node, { add, text }) => add('condition', span(node), `(${text(node.trueExpression)})`),
    (node, { add, text }) => add('condition', span(node), `(${text(node.falseExpression)})`),
  ],
  IfStatement: [condition],
  ExpressionStatement: [(node, { add }) => add('statement deleted', withSemicolon(node), '')],
  EmitStatement: [(node, { add }) => add('event deleted', withSemicolon(node), '')],
  Return: [returned],
  Break: [(node, { add }) => add('statement deleted', withSemicolon(node), '')],
  Continue: [(node, { add }) => add('statement deleted', withSemicolon(node), '')],
  ModifierInvocation: [
    (node, { add, here }) => {
      if (here !== 'constructor') add('modifier deleted', span(node), '');
    },
  ],
  Identifier: [
    (node, { add }) => {
      if (ROLES[node.name]) add('role', span(node), ROLES[node.name]);
    },
  ],
};
