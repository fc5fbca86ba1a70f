/** The examples of the documentation: what each page shows is what is found today, and nothing else is found. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { analyze } from '../src/analyze.ts';
import { leadingFindings } from '../src/report/formats/leading-findings.ts';
import { packetExcerpt } from '../src/report/formats/packet-excerpt.ts';
import { rules } from '../src/rule-pages.ts';

const page = readFileSync('docs/examples.md', 'utf8');
const [examplesPart, withoutPart] = page.split('## Rules without an example');
const examples = examplesPart
  .split(/^## /m)
  .slice(1)
  .map((section) => ({
    id: section.slice(0, section.indexOf('\n')),
    files: /^ {4}pcapdiag -v (\S+)$/m.exec(section)?.[1] ?? '',
    packets: /```text\n([\s\S]*?)\n```/.exec(section)?.[1] ?? '',
  }));

/** As a shell reads `folder/*`. */
const capturesOf = (files: string): string[] =>
  files.endsWith('/*')
    ? readdirSync(dirname(files))
        .filter((name) => /\.pcap(ng)?$/.test(name))
        .sort()
        .map((name) => join(dirname(files), name))
    : [files];

test.each(examples)('$id: exactly that finding and no other, with these packets', async ({ id, files, packets }) => {
  const report = await analyze(capturesOf(files));
  const told = leadingFindings(report).filter((finding) => finding.class !== 'capture');
  const loud = told.filter(({ level }) => level !== 'note');
  const only = loud.length > 0 ? loud : told;
  expect(only.map(({ ruleId }) => ruleId)).toEqual([id]);
  const shown = packetExcerpt(report, only[0].evidence, only[0].evidenceTotal, 110);
  expect(packets.split('\n').slice(-shown.length)).toEqual(shown);
});

test('three rules of four and more have one, and the others are listed', () => {
  expect(examples.length).toBeGreaterThanOrEqual(0.75 * rules.length);
  const listed = [...withoutPart.matchAll(/\(rules\/([a-z0-9-]+)\.md\)/g)].map(([, id]) => id);
  expect([...examples.map(({ id }) => id), ...listed].sort()).toEqual(rules.map(({ id }) => id).sort());
});

test('pages of rules lead to the example', () => {
  for (const { id } of examples)
    expect(readFileSync(`docs/rules/${id}.md`, 'utf8')).toContain(`(../examples.md#${id})`);
});
