import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { analyze, formatMarkdown, formatText, type OwnRule } from '../../src/index.ts';
import { inTurns, untilStopped } from '../../src/pipeline/in-turns.ts';
import { fitsClosed } from '../contract/schemas.mjs';

const CAPTURE = 'test/pcaps/case-1/node1__enp26s0f0.pcap';
const bytes = readFileSync(CAPTURE);

/** A capture whose reading is stopped after `length` octets. */
async function stoppedAfter(length: number, control: AbortController, others: string[] = []) {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, length);
    control.abort('SIGINT');
    await new Promise(() => {});
  }
  return analyze([{ name: 'first.pcap', data: chunks() }, ...others], { stop: control.signal });
}

/** Milliseconds of the clock that work reads: time passes where a test says so, however busy the machine is. */
let now = 0;
beforeEach(() => {
  now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  vi.spyOn(process, 'cpuUsage').mockImplementation(() => ({ user: 1000 * now, system: 0 }));
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('an analysis that is stopped', () => {
  test('tells what is known, which captures it rests on, and fits the schema', async () => {
    const report = await stoppedAfter(2000, new AbortController(), [CAPTURE, 'not/even/there.pcap']);
    expect(report.partial).toEqual({ because: 'SIGINT', whole: 0, inPart: 1, unread: 2, compared: true });
    expect(report.captures).toMatchObject([{ path: 'first.pcap', partial: true, truncated: false, problems: [] }]);
    expect(report.captures[0].packets).toBeGreaterThan(2);
    expect(report.unseen.slice(0, 3)).toEqual([
      `first.pcap was read in part, up to packet ${report.captures[0].packets}: stopped by SIGINT`,
      'not/even/there.pcap was not read: stopped by SIGINT',
      `${CAPTURE} was not read: stopped by SIGINT`,
    ]);
    expect(fitsClosed(report), JSON.stringify(fitsClosed.errors)).toBe(true);
    expect(formatText(report)).toMatch(
      /^PARTIAL {2}Stopped by SIGINT: 0 captures read to the end, 1 in part, 2 not at/,
    );
    expect(formatText(report, { brief: true })).toMatch(/^PARTIAL/);
    expect(formatMarkdown(report)).toContain('**Partial.** Stopped by SIGINT');
  });

  test('while captures are compared: the comparison ends within its time, and the captures stand side by side', async () => {
    const control = new AbortController();
    function* endless(): Generator<undefined, string> {
      for (;;) {
        control.abort('SIGINT');
        now += 30;
        yield;
      }
    }
    expect(await untilStopped(endless(), { stop: control.signal })).toBeNull();
    expect(now).toBeGreaterThan(100);
    expect(now).toBeLessThan(200);
    function* short(): Generator<undefined, string> {
      now += 30;
      yield;
      return 'compared';
    }
    expect(await untilStopped(short(), { stop: control.signal })).toBe('compared');
    await expect(inTurns(endless(), control.signal)).rejects.toBe('SIGINT');
  });

  test('while rules are asked: the rest of them is left out after its time, and says so', async () => {
    const control = new AbortController();
    const rule = (id: OwnRule['id'], milliseconds: number): OwnRule => ({
      id,
      class: 'tcp',
      level: 'error',
      summary: 'Takes its time',
      detect() {
        control.abort('SIGTERM');
        now += milliseconds;
        return [];
      },
    });
    const ownRules = [rule('x/first', 500), rule('x/second', 200), rule('x/third', 200), rule('x/fourth', 0)];
    const report = await analyze(CAPTURE, { ownRules, stop: control.signal });
    const own = report.rules.filter(({ ruleId }) => ruleId.startsWith('x/'));
    expect(own.map(({ ruleId, status }) => `${ruleId} ${status}`)).toEqual([
      'x/first ran',
      'x/fourth stopped',
      'x/second ran',
      'x/third ran',
    ]);
    expect(report.partial).toEqual({ because: 'SIGTERM', whole: 1, inPart: 0, unread: 0, compared: true });
    expect(report.unseen.join('\n')).toMatch(/\d+ rules? (was|were) not asked: stopped by SIGTERM/);
    expect(fitsClosed(report), JSON.stringify(fitsClosed.errors)).toBe(true);
  });

  test('is not said to be OK', async () => {
    const partial = { because: 'SIGINT', whole: 2, inPart: 0, unread: 0, compared: false };
    const report = { ...(await analyze('test/pcaps/healthy-dns/node1__cni0.pcap')), partial };
    expect(report.verdict).toBeNull();
    expect(formatText(report)).toMatch(
      /^PARTIAL {2}Stopped by SIGINT: 2 captures read to the end, not all compared[\s\S]*?\nUNDECIDED {2}No fault found so far/,
    );
    expect(formatText(report)).not.toMatch(/^OK /m);
    expect(formatMarkdown(report)).toContain('**Undecided.**');
  });

  test('before anything is known is an error', async () => {
    await expect(stoppedAfter(10, new AbortController())).rejects.toMatchObject({ code: 'stopped' });
    const control = new AbortController();
    control.abort();
    await expect(analyze(CAPTURE, { stop: control.signal })).rejects.toMatchObject({ code: 'stopped' });
  });

  test('after it is over changes nothing', async () => {
    const control = new AbortController();
    const report = await analyze(CAPTURE, { stop: control.signal });
    control.abort();
    expect(report).toEqual(await analyze(CAPTURE));
    expect(report.partial).toBeUndefined();
  });

  test('exports no missing packets', async () => {
    const control = new AbortController();
    let told = 0;
    const onProgress = () => control.abort('SIGTERM');
    const files = ['a', 'b'].map((name) => ({
      name: `${name}.pcap`,
      data: new Uint8Array(Buffer.concat([bytes, ...Array.from({ length: 20 }, () => bytes.subarray(24))])),
    }));
    const report = await analyze(files, { stop: control.signal, onProgress, onMissing: () => void told++ });
    expect(told).toBe(0);
    expect(report.partial?.because).toBe('SIGTERM');
  });
});
