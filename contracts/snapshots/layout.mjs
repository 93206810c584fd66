#!/usr/bin/env node
// Where each variable lies, and how much code there is, of every contract that is deployed. A layout that changes without being
// meant to costs gas (what is needed together shares a slot) and breaks whoever reads storage by proof.
//   node snapshots/layout.mjs            writes snapshots/*.layout
//   node snapshots/layout.mjs --check    fails when one differs, or when the code is too large to be deployed
import fs from 'node:fs';
import path from 'node:path';
import { CONTRACTS, collect, compiled } from '../analysis/mutation/sources.mjs';

const DEPLOYED = ['Custody', 'CustodyToken'];
/** Of deployed code (EIP-170), and of creation code with its arguments (EIP-3860). */
const [CODE_MAX, CREATION_MAX] = [24_576, 49_152];

const check = process.argv.includes('--check');
let failed = false;
for (const name of DEPLOYED) {
  const target = { file: `src/${name}.sol`, name };
  const { storageLayout, evm } = compiled(collect(CONTRACTS, [target.file]), target, [
    'storageLayout', 'evm.bytecode.object', 'evm.deployedBytecode.object',
  ]);
  compare(path.join(CONTRACTS, 'snapshots', `${name}.layout`), written(storageLayout));
  const [code, creation] = [evm.deployedBytecode.object.length / 2, evm.bytecode.object.length / 2];
  console.log(`${name}: ${code} of ${CODE_MAX} bytes of code, ${creation} of ${CREATION_MAX} bytes of creation code`);
  if (code > CODE_MAX || creation > CREATION_MAX) fail(`${name} is too large to be deployed`);
}
if (check && !failed) console.log('storage layouts are up to date');
process.exitCode = failed ? 1 : 0;

function written({ storage, types }) {
  const line = ({ slot, offset, type, label }) =>
    `${slot.padStart(3)} ${String(offset).padStart(3)} ${types[type].numberOfBytes.padStart(3)}  ${types[type].label}  ${label}`;
  const members = Object.values(types)
    .filter((type) => type.members)
    .sort((a, b) => a.label.localeCompare(b.label))
    .map((type) => `\n${type.label}, ${type.numberOfBytes} bytes\n${type.members.map(line).join('\n')}\n`);
  return `slot, offset, bytes, type, name\n${storage.map(line).join('\n')}\n${members.join('')}`;
}

function compare(file, text) {
  if (!check) return fs.writeFileSync(file, text);
  const before = fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  if (before === text) return;
  fail(`${path.basename(file)} differs; if that is meant: node contracts/snapshots/layout.mjs\n${text}`);
}

function fail(reason) {
  console.log(reason);
  failed = true;
}
