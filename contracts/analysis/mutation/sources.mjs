// The sources that a contract is compiled from, in memory, and the compiler, kept loaded. Not responsible for what is changed
// in them.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const CONTRACTS = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const CHECKOUT = path.dirname(CONTRACTS);

/** @returns all files that `entry` needs, by the names under which the compiler knows them */
export function collect(root, entries) {
  const sources = {};
  const open = [...entries];
  while (open.length > 0) {
    const name = open.pop();
    if (sources[name]) continue;
    const file = name.startsWith('@') ? path.join('node_modules', name) : name;
    const content = fs.readFileSync(path.join(root, file), 'utf8');
    sources[name] = { content };
    for (const [, imported] of content.matchAll(/^import\s+(?:[^"']*from\s+)?["']([^"']+)["']/gm)) {
      const relative = imported.startsWith('.');
      open.push(relative ? path.posix.join(path.posix.dirname(name), imported) : imported);
    }
  }
  return sources;
}

/** Lines `key = value` of the default profile that the compiler needs. */
function profile() {
  const text = fs.readFileSync(path.join(CONTRACTS, 'foundry.toml'), 'utf8').split(/^\[(?!profile\.default\])/m)[0];
  const value = (key) => {
    const found = text.match(new RegExp(`^${key} = (.*)$`, 'm'));
    if (!found) throw new Error(`foundry.toml has no ${key} in its default profile`);
    return found[1].replaceAll('"', '');
  };
  return { evmVersion: value('evm_version'), runs: Number(value('optimizer_runs').replaceAll('_', '')) };
}

/** Compiles many times as fast as `FULL`, to code that does the same. Without the optimizer of assembly the paying loop has too
 * many variables for the stack. */
export const FAST = {
  peephole: true, jumpdestRemover: true, inliner: false, orderLiterals: false, deduplicate: false, cse: false,
  constantOptimizer: false, yul: true,
};
/** As deployed. */
export const FULL = undefined;

let solc;
const SETTINGS = profile();

function compile(sources, outputSelection, details) {
  solc ??= createRequire(path.join(CHECKOUT, 'package.json'))('solc');
  process.removeAllListeners('uncaughtException');
  const optimizer = { enabled: true, runs: SETTINGS.runs, ...(details && { details }) };
  const viaIR = !details;
  const metadata = { bytecodeHash: 'none', appendCBOR: false };
  const settings = { evmVersion: SETTINGS.evmVersion, viaIR, optimizer, metadata, outputSelection };
  return JSON.parse(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings })));
}

/** @returns what the compiler says about one contract; null when the sources do not compile */
export function compiled(sources, target, outputs, details) {
  const output = compile(sources, { [target.file]: { [target.name]: outputs } }, details);
  const failed = (output.errors ?? []).some((e) => e.severity === 'error');
  return failed ? null : output.contracts[target.file][target.name];
}

/** @returns creation code as hex without prefix, or null when the sources do not compile */
export function creationCode(sources, target, details) {
  return compiled(sources, target, ['evm.bytecode.object'], details)?.evm.bytecode.object ?? null;
}

/** @returns the syntax tree of each file */
export function trees(sources) {
  const output = compile(sources, { '*': { '': ['ast'] } }, FULL);
  const error = (output.errors ?? []).find((e) => e.severity === 'error');
  if (error) throw new Error(error.formattedMessage);
  return Object.fromEntries(Object.entries(output.sources).map(([file, { ast }]) => [file, ast]));
}
