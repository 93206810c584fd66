#!/usr/bin/env node
// Compares what slither found with what is accepted for a reason. A finding without reason fails, and so does a reason without
// finding: code and reasons change together.
//   node check.mjs RESULT.json
import fs from 'node:fs';

const result = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
if (!result.success) throw new Error(`slither: ${result.error}`);
const accepted = JSON.parse(fs.readFileSync(new URL('accepted.json', import.meta.url), 'utf8'));

/** `Contract.function`, `Contract.variable` or the file: the first thing that a finding is about. */
function placeOf({ elements: [first] }) {
  if (!first) return '(nowhere)';
  const parent = first.type_specific_fields?.parent;
  if (parent?.type === 'contract') return `${parent.name}.${first.name}`;
  if (parent?.type === 'function') return `${parent.type_specific_fields.parent.name}.${parent.name}.${first.name}`;
  return first.name;
}

const used = new Set();
const problems = [];
for (const finding of result.results.detectors ?? []) {
  const place = placeOf(finding);
  const entry = accepted.find(({ check, places }) => check === finding.check && (places.includes(place) || places.includes('*')));
  if (entry) [place, '*'].forEach((one) => used.add(`${entry.check} ${one}`));
  else problems.push(`not accepted: ${finding.impact} ${finding.check} at ${place}\n${finding.description.trimEnd()}`);
}
for (const { check, places, reason } of accepted) {
  if (!reason) problems.push(`accepted without a reason: ${check}`);
  places.filter((place) => !used.has(`${check} ${place}`)).forEach((place) => problems.push(`accepted, but not found: ${check} at ${place}`));
}

problems.forEach((problem) => console.log(problem));
const count = result.results.detectors?.length ?? 0;
console.log(`slither: ${count} findings, ${problems.length} of them or of their reasons wrong`);
process.exitCode = problems.length > 0 ? 1 : 0;
