import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyze } from '../src/analyze.ts';
import { LINKTYPE_ETHERNET } from '../src/decode/link-types.ts';
import { isUndecided } from '../src/report/formats/undecided.ts';
import type { Report } from '../src/report/model/report.ts';
import { dialogue, type Said } from './support/dialogue.ts';
import type { TimedFrame } from './support/digest-of.ts';
import { bytesOf } from './support/frames.ts';
import { type CaptureSet, filesOf, readSet } from './support/merged-captures.ts';
import { SHARED } from './support/shared-captures.ts';

/** The captures began later: the first packets of each are missing. */
const withoutFirst = (set: CaptureSet, share: number): CaptureSet =>
  set.map(({ name, records }) => ({ name, records: records.slice(Math.floor(records.length * share)) }));

const verdictOf = (report: Report): string => report.verdict?.ruleId ?? (isUndecided(report) ? 'undecided' : 'none');

const fileOf = (frames: readonly TimedFrame[]): CaptureSet => [
  {
    name: 'client__eth0.pcap',
    records: frames.map(([time, frame]) => {
      const bytes = bytesOf(frame);
      const whole = Math.floor(time);
      const nanoseconds = Math.round((time - whole) * 1e9);
      const linkType = LINKTYPE_ETHERNET;
      return { seconds: 1_700_000_000 + whole, nanoseconds, bytes, originalLength: bytes.length, linkType };
    }),
  },
];

/** Packets are 1 ms apart in a dialogue; here each takes `seconds`. */
const slower = (frames: readonly TimedFrame[], seconds: number): TimedFrame[] =>
  frames.map(([time, ...rest]) => [time * 1000 * seconds, ...rest]);

describe('a connection whose handshake is missing', () => {
  /** Sixty questions, each answered after 0.1 s, without acknowledgements of their own. */
  const questions = (): TimedFrame[] => {
    const said = Array.from({ length: 60 }, (): Said[] => [
      ['client', 'GET /x HTTP/1.1\r\n\r\n'],
      ['server', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
    ]).flat();
    const frames = dialogue(said, { port: 8080, midStream: true });
    return slower(
      frames.filter((_, at) => at % 2 === 0),
      0.05,
    );
  };

  it('is undecided where a round trip and a slow server look alike', async () => {
    const report = await analyze(filesOf(fileOf(questions())));
    expect(report.findings.filter(({ level }) => level !== 'note')).toEqual([]);
    expect(verdictOf(report)).toBe('undecided');
    expect(report.triage.find(({ class: one }) => one === 'application')).toMatchObject({
      verdict: 'not-assessable',
      code: 'gated',
      because: expect.stringMatching(/chatty-application cannot be judged: a connection at client eth0 began before/),
    });
  });

  it('is OK where nothing is slow', async () => {
    const report = await analyze(filesOf(fileOf(questions().slice(0, 20))));
    expect(verdictOf(report)).toBe('none');
  });

  it('has the client that speaks like one, whatever the ports say', async () => {
    const said: Said[] = [
      ['client', 'GET /x HTTP/1.1\r\n\r\n'],
      ['server', 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n'],
    ];
    const frames = [0, 1, 2, 3].flatMap((at) =>
      dialogue(said, { port: 50_051, clientPort: 34_000 + at, midStream: true, start: at, end: 'client-fin' }),
    );
    const { findings } = await analyze(filesOf(fileOf(frames)));
    expect(findings[0]).toMatchObject({ ruleId: 'http-error', subject: { server: '10.244.2.20:50051' } });
  });
});

describe.skipIf(!existsSync(SHARED))('captures without their first tenth (skipped without ../shared)', () => {
  interface Case {
    id: string;
    scenario: string;
    files: string[];
    accept: string[];
  }
  const folder = join(SHARED, 'field/app');
  const cases: Case[] = existsSync(SHARED) ? JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')).cases : [];

  it('say the same or leave it open, and blame nobody else', { timeout: 120_000 }, async () => {
    const wrong: string[] = [];
    for (const { id, scenario, files, accept } of cases) {
      const set = withoutFirst(await readSet(join(folder, scenario), files), 0.1);
      const verdict = verdictOf(await analyze(filesOf(set)));
      if (!accept.includes(verdict) && (verdict !== 'undecided' || accept.includes('none')))
        wrong.push(`${id}: ${verdict}`);
    }
    expect(wrong).toEqual([]);
  });
});
