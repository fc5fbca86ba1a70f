// Writes docs/examples.md: for each rule a recording of this repository in which it finds the fault and nothing else is
// found, with the packets that prove it: node docs/build-examples.mjs
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { analyze, rules } from '../dist/index.js';
import { leadingFindings } from '../dist/report/formats/leading-findings.js';
import { packetExcerpt } from '../dist/report/formats/packet-excerpt.js';
import { sanitizeAll } from '../dist/text/sanitize.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Columns of the packets. */
const WIDTH = 110;

/** Folders of captures of one event each. */
const RECORDINGS = [
  ...foldersIn('test/pcaps'),
  ...foldersIn('test/examples'),
  ...foldersIn('test/recorded-twice').map((folder) => `${folder}/first`),
].filter((folder) => capturesIn(folder).length > 0);

const examples = new Map();
for (const folder of RECORDINGS) {
  const report = sanitizeAll(await analyze(capturesIn(folder).map((name) => join(root, folder, name))));
  const finding = onlyFinding(report);
  if (finding === undefined || finding.evidence.length === 0) continue;
  const rule = rules.find(({ id }) => id === finding.ruleId);
  // The recording that the rule names goes before others.
  if (examples.has(rule.id) && rule.recordedIn?.startsWith(folder) !== true) continue;
  examples.set(rule.id, section(folder, report, finding));
}

const ids = [...examples.keys()].sort();
const without = rules.filter(({ id }) => !examples.has(id)).sort((a, b) => (a.id < b.id ? -1 : 1));
/** @param isOfCapture whether the rules are about captures */
const links = (isOfCapture) =>
  without
    .filter(({ faultClass }) => (faultClass === 'capture') === isOfCapture)
    .map(({ id }) => `[${id}](rules/${id}.md)`)
    .join(', ');
writeFileSync(
  join(root, 'docs/examples.md'),
  `${[
    '# Example packets',
    'Each recording lies in this repository. In it the rule finds the fault, and nothing else is found. This page is generated from the recordings by `npm run docs`, and a test compares it with what is found today.',
    ...ids.map((id) => examples.get(id)),
    '## Rules without an example',
    `These tell of a capture as a whole, and no packet is their proof: ${links(true)}.`,
    `Of these no recording lies here in which nothing else is found; their tests write the facts themselves: ${links(false)}.`,
  ].join('\n\n')}\n`,
);
console.log(`${ids.length} of ${rules.length} rules have an example`);

/** The only error or warning that no other finding explains; where there is none, the only note about the network. */
function onlyFinding(report) {
  const told = leadingFindings(report).filter((finding) => finding.class !== 'capture');
  const loud = told.filter(({ level }) => level !== 'note');
  const [only, ...others] = loud.length > 0 ? loud : told;
  return others.length === 0 ? only : undefined;
}

function section(folder, report, finding) {
  const names = capturesIn(folder);
  const files = names.length === 1 ? `${folder}/${names[0]}` : `${folder}/*`;
  const point = report.points.length > 1 ? [] : [`    ${report.points[0].name}`];
  return [
    `## ${finding.ruleId}`,
    `${escaped(finding.message)}.`,
    `[What the rule looks for](rules/${finding.ruleId}.md)`,
    `    pcapdiag -v ${files}`,
    ['```text', ...point, ...packetExcerpt(report, finding.evidence, finding.evidenceTotal, WIDTH), '```'].join('\n'),
  ].join('\n\n');
}

function foldersIn(parent) {
  return readdirSync(join(root, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${parent}/${name}`)
    .sort();
}

function capturesIn(folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .sort();
}

function escaped(text) {
  return text.replace(/[\\`*_{}[\]<>|]/g, '\\$&');
}
