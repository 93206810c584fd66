#!/usr/bin/env node
// Changes the plan in one place at a time and asks its tests. The changes are those that cargo-mutants lists with
// .cargo/mutants.toml. Every change that no test notices must be argued in survivors.md, and nothing else may be argued there.
//   node mutants.mjs [--list] [--shard K/N] [FILE …]
// Only the tests of the plan's own crates are asked: what other crates would notice is noticed too late.
// It works in a copy, which nobody edits meanwhile and which holds nothing that git ignores.
// FILEs (such as crates/components/src/geometry.rs) are changed, without them all. --list says what would be changed.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { PACKAGES, ask } from './switched.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CHECKOUT = path.resolve(HERE, '../../..');
const SPACE = path.join(CHECKOUT, '.local/mutants');
const TREE = path.join(SPACE, 'tree');
const TOOLS = path.join(CHECKOUT, '.local/tools/bin');

const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { list: { type: 'boolean' }, shard: { type: 'string' } },
});
const chosen = files.flatMap((file) => ['--file', file]).concat(options.shard ? ['--shard', options.shard] : []);
// Cargo takes the copy's crates for the checkout's: with one target, a test here could run what was built from a mutant.
const environment = { ...process.env, PATH: `${TOOLS}:${process.env.PATH}`, CARGO_TARGET_DIR: path.join(SPACE, 'target') };
snapshot();
const list = named(listed());
if (options.list) {
  list.forEach(({ name }) => console.log(name));
  process.exit(0);
}
const started = Date.now();
const outcomes = ask({ space: SPACE, tree: TREE, list, environment });
conclude(
  list.map((mutant, index) => ({ ...mutant, outcome: outcomes[index] })),
  (Date.now() - started) / 1000,
);

/** Copies what git knows or would know. */
function snapshot() {
  fs.rmSync(TREE, { recursive: true, force: true });
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: CHECKOUT, encoding: 'utf8' });
  if (listed.status !== 0) throw new Error(`git ls-files: ${listed.stderr}`);
  for (const file of new Set(listed.stdout.split('\0').filter(Boolean))) {
    const from = path.join(CHECKOUT, file);
    if (!fs.existsSync(from)) continue;
    fs.cpSync(from, path.join(TREE, file), { recursive: true, preserveTimestamps: true });
  }
}

function listed() {
  const done = spawnSync('cargo', ['mutants', '--list', '--json', ...PACKAGES.flatMap((name) => ['--package', name]), ...chosen], {
    cwd: TREE,
    env: environment,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (done.status !== 0) throw new Error(`cargo-mutants ended with status ${done.status}: ${done.stderr}`);
  return JSON.parse(done.stdout);
}

/** Adds to every mutant an id that does not depend on its line. */
function named(mutants) {
  const seen = new Map();
  return mutants.map(({ file, genre, name, replacement, span }) => {
    const code = fs.readFileSync(path.join(TREE, file), 'utf8').split('\n')[span.start.line - 1].trim();
    const what = name.replace(/^[^:]*:\d+:\d+: /, '');
    const full = `${file.replace('crates/plan/', '').replace('crates/', '')}: ${what}, at: ${code}`;
    const before = seen.get(full) ?? 0;
    seen.set(full, before + 1);
    return { id: before ? `${full} (${before + 1})` : full, file, genre, name, replacement, span };
  });
}

/** Compares with what is argued: items of lists that are ids of mutants. */
function conclude(results, seconds) {
  const argued = new Set();
  for (const [, id] of fs.readFileSync(path.join(HERE, 'survivors.md'), 'utf8').matchAll(/^- `` (.*) ``$/gm)) argued.add(id);
  const complaints = [];
  for (const { id, name, outcome } of results) {
    if (outcome === 'survived' && !argued.has(id)) complaints.push(`survived, ${name}\n- \`\` ${id} \`\``);
    if (outcome !== 'survived' && argued.has(id)) complaints.push(`argued, but ${outcome}: ${id}`);
  }
  if (files.length === 0 && !options.shard) {
    const known = new Set(results.map(({ id }) => id));
    for (const id of argued) if (!known.has(id)) complaints.push(`argued, but there is no such mutant: ${id}`);
  }
  const table = scores(results);
  fs.writeFileSync(path.join(SPACE, 'complaints.txt'), complaints.map((line) => `${line}\n`).join(''));
  fs.writeFileSync(path.join(SPACE, 'scores.md'), table);
  complaints.forEach((complaint) => console.log(complaint));
  console.log(`${table}\n${(seconds / 60).toFixed(0)} minutes`);
  process.exit(complaints.length > 0 ? 1 : 0);
}

/** A table by file and what is in its directory. */
function scores(results) {
  const groups = new Map();
  for (const { file, outcome } of results) {
    for (const group of [file.replace(/^crates\/(?:plan\/src\/)?([^/.]*).*$/, '$1'), '**all**']) {
      const row = groups.get(group) ?? { mutants: 0, noticed: 0, timeout: 0, survived: 0, unviable: 0 };
      row.mutants += 1;
      row[outcome] += 1;
      groups.set(group, row);
    }
  }
  const rows = [...groups].sort(([a], [b]) => a.localeCompare(b)).map(([group, { mutants, noticed, timeout, survived, unviable }]) => {
    const viable = mutants - unviable;
    const score = viable === 0 ? '' : `${((100 * (noticed + timeout)) / viable).toFixed(1)} %`;
    return `| ${[group, mutants, unviable, noticed, timeout, survived, score].join(' | ')} |`;
  });
  const head = ['| files | mutants | unviable | noticed | timed out | survived | score |', '| --- | --: | --: | --: | --: | --: | --: |'];
  return `${[...head, ...rows].join('\n')}\n`;
}
