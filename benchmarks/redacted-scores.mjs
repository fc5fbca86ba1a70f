#!/usr/bin/env node
/**
 * Redacts every capture of labelled sets, judges the redacted ones, and compares with what is said of the originals:
 *
 *   node benchmarks/redacted-scores.mjs [--only TEXT] [--key KEY] [--all] SET...
 *
 * A case agrees when the rule of the verdict, its subject (by its pseudonym), the two points, and the rules of all
 * findings are the same. `--all` prints the cases that agree, too. Needs `npm run build`.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { analyze, exportPackets, Redaction } from '../dist/index.js';

const argv = process.argv.slice(2);
const option = (name, otherwise) => (argv.includes(name) ? argv[argv.indexOf(name) + 1] : otherwise);
const only = option('--only', '');
const redaction = new Redaction(option('--key', 'benchmark'));
const sets = argv.filter((word, at) => !word.startsWith('--') && !['--only', '--key'].includes(argv[at - 1]));

async function redacted(path) {
  const chunks = [];
  try {
    const { file } = await exportPackets(path, { redaction });
    for await (const chunk of file ?? []) chunks.push(chunk);
  } catch (error) {
    if (error.name !== 'PcapdiagError') throw error;
  }
  // A capture that cannot be read, or has no packets, is told as it is.
  return { name: redaction.fileName(path), data: chunks.length === 0 ? readFileSync(path) : Buffer.concat(chunks) };
}

const reading = { onUnreadable: () => {} };

/** What has to be the same; addresses by their pseudonyms. */
function told(report, textOf, nameOf) {
  const fileOf = (point) =>
    nameOf(
      report.captures.find(({ id }) => id === report.points.find((each) => each.id === point)?.capture)?.path ?? '?',
    );
  const listed = (end) =>
    textOf(end ?? '')
      .split(', ')
      .sort()
      .join(', ');
  const [first] = report.findings;
  return {
    verdict: report.verdict?.ruleId ?? 'none',
    level: report.verdict?.level ?? '',
    server: first === undefined ? null : listed(first.subject.server),
    client: first === undefined ? null : listed(first.subject.client),
    between: (first?.location.between ?? []).map(fileOf).join(' > '),
    findings: report.findings
      .map(({ ruleId, level, grade }) => `${ruleId} ${level} ${grade}`)
      .sort()
      .join(', '),
  };
}

let [agree, score, total] = [0, 0, 0];
for (const set of sets) {
  const { cases } = JSON.parse(readFileSync(join(set, 'expected.json'), 'utf8'));
  for (const { id, scenario, files, accept, subject } of cases.filter((each) => each.id.includes(only))) {
    const paths = files.map((file) => join(set, scenario, file));
    const before = told(
      await analyze(paths, reading),
      (text) => redaction.text(text),
      (path) => basename(redaction.fileName(path)),
    );
    const report = await analyze(await Promise.all(paths.map(redacted)), reading);
    const after = told(report, (text) => text, basename);
    total++;
    const differences = Object.keys(before).filter((key) => before[key] !== after[key]);
    const isAccepted = accept.includes(after.verdict);
    const [from, to] = (subject ?? '').split(' -> ').map((end) => redaction.text(end));
    const message = report.findings[0]?.message ?? '';
    const blames =
      !subject ||
      after.verdict === 'none' ||
      (to ? message.indexOf(from) >= 0 && message.indexOf(from) < message.indexOf(to) : after.server === from);
    if (isAccepted && blames) score++;
    if (differences.length === 0) agree++;
    if (differences.length === 0 && !argv.includes('--all')) continue;
    console.log(`${differences.length === 0 ? 'same' : 'DIFF'} ${id}${isAccepted && blames ? '' : ' (not accepted)'}`);
    for (const key of differences) console.log(`  ${key}: ${before[key]}\n  ${' '.repeat(key.length)}  ${after[key]}`);
  }
}
console.log(`${agree} of ${total} cases are told the same; ${score} have an accepted verdict and subject`);
process.exitCode = agree === total ? 0 : 1;
