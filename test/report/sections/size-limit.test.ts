import { describe, expect, it } from 'vitest';
import { formatJson } from '../../../src/report/formats/json.ts';
import { formatMarkdown } from '../../../src/report/formats/markdown.ts';
import { formatText } from '../../../src/report/formats/text.ts';
import type { Report } from '../../../src/report/model/report.ts';
import { REPORT_OCTETS, withinLimit } from '../../../src/report/sections/size-limit.ts';
import { fitsClosed as isValid } from '../../contract/schemas.mjs';
import { sampleReport } from '../sample.ts';

const many = <T>(count: number, make: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => make(nth));
const sample = sampleReport();
const [finding] = sample.findings;

/** A report of `count` captures, points, paths, translations, clocks, findings and sentences. */
function large(count: number): Report {
  const id = (kind: string, nth: number) => `${kind}${nth + 1}`;
  return {
    ...sample,
    captures: many(count, (nth) => ({ ...sample.captures[0], id: id('c', nth), path: `${'x'.repeat(100)}${nth}` })),
    points: many(count, (nth) => ({ ...sample.points[0], id: id('p', nth), capture: id('c', nth) })),
    paths: many(count, (nth) => ({ ...sample.paths[0], points: [id('p', nth), id('p', (nth + 1) % count)] })),
    nat: many(count, (nth) => ({ ...sample.nat[0], between: [id('p', nth), id('p', (nth * 7) % count)] })),
    clocks: many(count, () => sample.clocks[0]),
    findings: many(count, (nth) => ({
      ...finding,
      fingerprint: `f${nth}`,
      explains: nth === 0 ? many(count - 1, (other) => `f${other + 1}`) : [],
      explainedBy: nth === 0 ? null : 'f0',
      evidence: finding.evidence.map((packet) => ({
        ...packet,
        capture: id('c', count - 1 - nth),
        point: id('p', count - 1 - nth),
      })),
      location: { between: null, text: '' },
    })),
    unseen: many(count, (nth) => `sentence ${nth}`),
  };
}

describe('the size of a report', () => {
  it('a report that fits is handed on as it is', () => {
    const report = large(20);
    expect(withinLimit(report)).toBe(report);
  });

  it.each([1_000, 10_000])('with %i of everything it stays below 1 MB, and says what is left out', (count) => {
    const report = large(count);
    const short = withinLimit(report, 40);
    expect(Buffer.byteLength(formatJson(short))).toBeLessThanOrEqual(REPORT_OCTETS);
    expect(short.findings[0].fingerprint).toBe('f0');
    for (const list of ['captures', 'points', 'paths', 'nat', 'clocks'] as const)
      expect(short[list].length + (short.leftOut?.[list] ?? 0)).toBe(count);
    expect(short.findings.length + (short.leftOut?.findings ?? 0)).toBe(count + 40);
    expect(short.unseen[0]).toMatch(/leaves out [\d,]+ findings, [\d,]+ captures?.* --all-findings/);
    expect(isValid(short) || isValid.errors).toBe(true);
  });

  it('what is kept refers to nothing that is left out', () => {
    const { findings, points, captures, paths, nat } = withinLimit(large(5_000));
    const pointIds = new Set(points.map(({ id }) => id));
    const captureIds = new Set(captures.map(({ id }) => id));
    const fingerprints = new Set(findings.map(({ fingerprint }) => fingerprint));
    for (const { evidence, explains } of findings) {
      for (const { point, capture } of evidence)
        expect([pointIds.has(point), captureIds.has(capture)]).toEqual([true, true]);
      for (const symptom of explains) expect(fingerprints).toContain(symptom);
    }
    for (const { capture } of points) expect(captureIds).toContain(capture);
    for (const id of [...paths.flatMap((path) => path.points), ...nat.flatMap(({ between }) => between)])
      expect(pointIds).toContain(id);
  });

  it('one finding that is too long alone is shown all the same', () => {
    const report: Report = {
      ...sample,
      findings: [
        { ...finding, why: 'x'.repeat(600_000) },
        { ...finding, fingerprint: 'second', why: 'y'.repeat(600_000) },
      ],
    };
    const short = withinLimit(report);
    expect(short.findings).toHaveLength(1);
    expect(short.leftOut).toEqual({ findings: 1 });
  });

  it('text and Markdown tell it too', () => {
    const short = withinLimit(large(3_000));
    expect(formatText(short, { verbose: true })).toMatch(/leaves out/);
    expect(formatMarkdown(short)).toMatch(/leaves out/);
  });
});
