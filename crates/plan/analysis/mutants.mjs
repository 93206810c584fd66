#!/usr/bin/env node
// Changes the plan in one place at a time and asks its tests, by cargo-mutants with .cargo/mutants.toml. Every change that no
// test notices must be argued in survivors.md, and nothing else may be argued there.
//   node mutants.mjs [--list] [--shard K/N] [FILE …]
// Only the crate's own tests are asked: what other crates would notice is noticed too late.
// It works in a copy, which nobody edits meanwhile and which holds nothing that git ignores.
// FILEs (such as crates/plan/src/geometry.rs) are changed, without them all. --list says what would be changed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CHECKOUT = path.resolve(HERE, '../../..');
const SPACE = path.join(CHECKOUT, '.local/mutants');
const TREE = path.join(SPACE, 'tree');
const TOOLS = path.join(CHECKOUT, '.local/tools/bin');
/** How cargo-mutants ends when it did its work: nothing missed, something missed, something timed out. */
const DONE = [0, 2, 3];

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean' }, shard: { type: 'string' } },
});
const chosen = ['--package', 'plan'].concat(files.flatMap((file) => ['--file', file]), options.shard ? ['--shard', options.shard] : []);
const environment = { ...process.env, PATH: `${TOOLS}:${process.env.PATH}` };
// Cargo takes the copy's crates for the checkout's: with one target, a test here could run what was built from a mutant.
delete environment.CARGO_TARGET_DIR;
snapshot();

if (options.list) {
  process.exit(cargo(['--list', ...chosen]));
}
const started = Date.now();
const status = cargo(['--in-place', '--output', SPACE, '--no-shuffle', '--colors', 'never', ...chosen]);
if (!DONE.includes(status)) {
  console.error(`analyze: cargo-mutants ended with status ${status}`);
  process.exit(1);
}
conclude(outcomes(), (Date.now() - started) / 1000);

/** Copies what git knows or would know, but keeps what an earlier run built there. */
function snapshot() {
  fs.mkdirSync(TREE, { recursive: true });
  for (const entry of fs.readdirSync(TREE)) if (entry !== 'target') fs.rmSync(path.join(TREE, entry), { recursive: true });
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: CHECKOUT, encoding: 'utf8' });
  if (listed.status !== 0) throw new Error(`git ls-files: ${listed.stderr}`);
  for (const file of new Set(listed.stdout.split('\0').filter(Boolean))) {
    const from = path.join(CHECKOUT, file);
    if (!fs.existsSync(from)) continue;
    fs.cpSync(from, path.join(TREE, file), { recursive: true, preserveTimestamps: true });
  }
}

function cargo(more) {
  return spawnSync('cargo', ['mutants', ...more], { cwd: TREE, env: environment, stdio: 'inherit' }).status ?? 1;
}

/** @returns every mutant that could be built, with a name that does not depend on its line, and whether a test noticed it. */
function outcomes() {
  const text = fs.readFileSync(path.join(SPACE, 'mutants.out/outcomes.json'), 'utf8');
  const seen = new Map();
  return JSON.parse(text).outcomes
    .filter(({ scenario, summary }) => scenario.Mutant && summary !== 'Unviable')
    .map(({ scenario: { Mutant: mutant }, summary }) => {
      const line = mutant.span.start.line;
      const code = fs.readFileSync(path.join(TREE, mutant.file), 'utf8').split('\n')[line - 1].trim();
      const what = mutant.name.replace(/^[^:]*:\d+:\d+: /, '');
      const name = `${mutant.file.replace('crates/plan/', '')}: ${what}, at: ${code}`;
      const before = seen.get(name) ?? 0;
      seen.set(name, before + 1);
      return { id: before ? `${name} (${before + 1})` : name, line, survived: summary === 'MissedMutant' };
    });
}

/** Compares with what is argued: headings of the third order that are names of mutants. */
function conclude(results, seconds) {
  const argued = new Set();
  for (const [, name] of fs.readFileSync(path.join(HERE, 'survivors.md'), 'utf8').matchAll(/^### `` (.*) ``$/gm)) argued.add(name);
  const survivors = results.filter(({ survived }) => survived);
  fs.writeFileSync(path.join(SPACE, 'survivors.md'), survivors.map(({ id }) => `### \`\` ${id} \`\`\n`).join('\n'));
  const complaints = [];
  for (const { id, line } of survivors) if (!argued.has(id)) complaints.push(`survived, line ${line}: ${id}`);
  for (const { id, survived } of results) if (!survived && argued.has(id)) complaints.push(`argued, but noticed: ${id}`);
  if (files.length === 0 && !options.shard) {
    const known = new Set(results.map(({ id }) => id));
    for (const id of argued) if (!known.has(id)) complaints.push(`argued, but there is no such mutant: ${id}`);
  }
  complaints.forEach((complaint) => console.log(complaint));
  const noticed = results.length - survivors.length;
  console.log(`${noticed} of ${results.length} changes are noticed, ${(seconds / results.length).toFixed(1)} s each`);
  process.exit(complaints.length > 0 ? 1 : 0);
}
