/** The examples of the documentation: what each page shows is what is found today, and nothing else is found. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { analyze } from '../src/analyze.ts';
import { rules } from '../src/heuristics/rules/catalogue.ts';
import { leadingFindings } from '../src/report/formats/leading-findings.ts';
import { packetExcerpt } from '../src/report/formats/packet-excerpt.ts';

const page = readFileSync('docs/examples.md', 'utf8');
const examples = page
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

test('half of the rules and more have one, and their pages lead to it', () => {
  expect(examples.length).toBeGreaterThanOrEqual(rules.length / 2);
  for (const { id } of examples)
    expect(readFileSync(`docs/rules/${id}.md`, 'utf8')).toContain(`(../examples.md#${id})`);
});
