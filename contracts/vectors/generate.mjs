// Golden vectors in abi/vectors, made twice: by ethers and by viem, which share no code with the contract or with alloy, nor their
// encoders with each other. Read by `forge test` and by the tests of the crate `abi`. Nothing is written unless both agree. With
// --check it writes nothing and fails on a difference.
import { readFileSync, writeFileSync } from 'node:fs';
import * as ethers from './ethers.mjs';
import * as viem from './viem.mjs';
import { approvals } from './approvals.mjs';
import { journal } from './journal.mjs';
import { liabilities, parts } from './liabilities.mjs';
import { outcomes } from './outcomes.mjs';
import { typedData } from './typed-data.mjs';

const root = new URL('../../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const { abi } = JSON.parse(read('abi/json/ICustodyLeaves.json'));

const vectors = { 'typed-data': typedData, journal, liabilities, parts, outcomes, approvals };
let failed = false;
const fail = (text) => {
  console.error(text);
  failed = true;
};
for (const [name, make] of Object.entries(vectors)) {
  const path = `abi/vectors/${name}.json`;
  const [text, other] = await Promise.all(
    [ethers, viem].map(async (library) => JSON.stringify(await make(library, abi), null, 2) + '\n'),
  );
  if (text !== other) {
    const [lines, others] = [text, other].map((made) => made.split('\n'));
    const at = lines.findIndex((line, i) => line !== others[i]);
    fail(`${path}: ethers and viem disagree in line ${at + 1}:\n  ${lines[at]?.trim()}\n  ${others[at]?.trim()}`);
  } else if (!process.argv.includes('--check')) {
    writeFileSync(new URL(path, root), text);
  } else if (read(path) !== text) {
    fail(`${path} is not what contracts/vectors/generate.mjs makes`);
  }
}
if (!failed) console.log(`vectors: ethers and viem agree on ${Object.keys(vectors).length} files`);
process.exit(failed ? 1 : 0);
