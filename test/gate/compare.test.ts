import { describe, expect, test } from 'vitest';
import { compareRecordings, notCompared, type Recording } from '../../src/gate/compare.ts';
import type { TrafficMeasures } from '../../src/gate/traffic-measures.ts';
import { healthyReport, sampleReport } from '../report/sample.ts';

const traffic = (some: Partial<TrafficMeasures> = {}, roundTrips: number[] = []): TrafficMeasures => ({
  packets: 1,
  ends: ['tcp a'],
  dns: { queries: 0, unanswered: 0, seconds: [] },
  tcp: { connections: 0, failed: 0, untold: 0, dataSegments: 0, sentAgain: 0, roundTrips },
  mss: {},
  toldMtu: {},
  ttl: {},
  ...some,
});
const recording = (some: Partial<TrafficMeasures> = {}, roundTrips: number[] = []): Recording => ({
  report: healthyReport(),
  measures: [traffic(some, roundTrips)],
});
const told = (golden: Recording, now: Recording): string[] =>
  compareRecordings(golden, now).map(({ kind, is, text }) => `${is} ${kind}: ${text}`);

describe('a comparison with a golden recording', () => {
  test('the same is no difference', () => {
    const one = { report: sampleReport(), measures: [traffic({ mss: { a: 1 } }, [0.1])] };
    expect(compareRecordings(one, structuredClone(one))).toEqual([]);
  });

  test('findings come and go; notes and symptoms are none', () => {
    const [faulty, fine] = [
      { report: sampleReport(), measures: [] },
      { report: healthyReport(), measures: [] },
    ];
    const findings = (golden: Recording, now: Recording) =>
      compareRecordings(golden, now).filter(({ kind }) => kind === 'finding');
    expect(findings(fine, faulty)).toMatchObject([
      {
        is: 'worse',
        text: expect.stringMatching(/^new error: vxlan-outer-source-mismatch: /),
        finding: { level: 'error' },
      },
    ]);
    expect(findings(faulty, fine)).toMatchObject([{ is: 'better', text: expect.stringMatching(/^gone error: /) }]);
  });

  test('the map of address translation', () => {
    const now = { report: sampleReport(), measures: [] };
    now.report.nat[0].after = '10.233.70.9:5000';
    expect(told({ report: sampleReport(), measures: [] }, now)).toEqual([
      'changed nat: dnat tcp 10.233.0.100:5000 → 10.233.70.9:5000, before 10.233.65.46:5000',
    ]);
  });

  test('an address that one recording has no packet of is no difference', () => {
    const translated = { report: sampleReport(), measures: [traffic({ ends: ['tcp 10.233.0.100:5000'] })] };
    const without = (ends: string[]): Recording => ({
      report: { ...sampleReport(), nat: [] },
      measures: [traffic({ ends })],
    });
    for (const ends of [[], ['tcp 10.233.0.100:80'], ['udp 10.233.0.100:5000']]) {
      expect(told(translated, without(ends))).toEqual([]);
      expect(told(without(ends), translated)).toEqual([]);
    }
    expect(told(translated, without(['tcp 10.233.0.100:5000']))).toEqual([
      'changed nat: dnat tcp 10.233.0.100:5000 → no translation seen, before 10.233.65.46:5000',
    ]);
    expect(told(without(['tcp 10.233.0.100:5000']), translated)).toEqual([
      'changed nat: dnat tcp 10.233.0.100:5000 → 10.233.65.46:5000, before no translation seen',
    ]);
  });

  test('the ephemeral port of a translated source is no difference', () => {
    const snat = (port: number): Recording => {
      const report = healthyReport();
      report.nat = [
        {
          kind: 'snat',
          protocol: 'tcp',
          before: `10.0.0.1:${port}`,
          after: `10.9.0.1:${port + 7}`,
          between: ['p1', 'p1'],
          conversations: 1,
        },
      ];
      return { report, measures: [] };
    };
    expect(told(snat(40_000), snat(41_000))).toEqual([]);
  });

  test.each([
    [{ mss: { a: 1460 } }, { mss: { a: 1410 } }, ['worse mss: the MSS that a offers: 1410, before 1460']],
    [{ mss: { a: 1460 } }, { mss: { b: 1410 } }, []],
    [{}, { toldMtu: { a: 1450 } }, ['worse path-mtu: the path MTU that ICMP tells a: 1450, before none']],
    [{ toldMtu: { a: 1450 } }, {}, ['better path-mtu: the path MTU that ICMP tells a: none, before 1450']],
    [{}, { toldMtu: { b: 1450 } }, []],
    [{ toldMtu: { b: 1450 }, ends: ['tcp b'] }, {}, []],
    [{ ttl: { a: 63 } }, { ttl: { a: 61 } }, ['changed hops: packets of a arrive with TTL 61, before 63: 2 hops more']],
    [{ ttl: { a: 62 } }, { ttl: { a: 63 } }, ['changed hops: packets of a arrive with TTL 63, before 62: 1 hop fewer']],
  ])('%j, then %j', (golden, now, expected) => expect(told(recording(golden), recording(now))).toEqual(expected));

  test('hops of recordings of fewer points are not compared: nearer to the sender there are fewer', () => {
    const oneMore = recording({ ttl: { a: 61 } });
    oneMore.report.points.push({ ...oneMore.report.points[0], id: 'further' });
    expect(told(recording({ ttl: { a: 63 } }), oneMore)).toEqual([]);
    expect(told(oneMore, recording({ ttl: { a: 63 } }))).toEqual([]);
  });

  test('round trips, where they differ by more than luck', () => {
    expect(told(recording({}, [0.01]), recording({}, [0.012]))).toEqual([]);
    expect(told(recording({}, [0.0001]), recording({}, [0.0009]))).toEqual([]);
    expect(told(recording({}, [0.01]), recording({}, [0.02]))).toEqual([
      'worse round-trip: round trips, p50: 20.0 ms, before 10.0 ms',
      'worse round-trip: round trips, p95: 20.0 ms, before 10.0 ms',
    ]);
  });

  test('loss between points', () => {
    const lossy = { report: sampleReport(), measures: [] };
    const less = structuredClone(lossy);
    less.report.paths[0].packets = [
      [100, 99],
      [0, 0],
    ];
    lossy.report.paths[0].packets = [
      [100, 90],
      [0, 0],
    ];
    lossy.report.paths[0].lost = [
      [10, 0],
      [0, 0],
    ];
    less.report.paths[0].lost = [
      [1, 0],
      [0, 0],
    ];
    expect(told(less, lossy)).toEqual(['worse loss: loss between capture points: 10 %, before 1 %']);
  });
});

describe('what a comparison does not cover', () => {
  test('nothing is left out of two recordings of the same places', () => {
    expect(notCompared(recording({ ttl: { a: 63 } }), recording({ ttl: { a: 61, b: 63 } }))).toEqual([]);
  });

  test('other addresses, other points, and a class that was judged and is no longer', () => {
    const [golden, now] = [recording({ ttl: { a: 63 } }), recording({ ttl: { b: 63 } })];
    now.report.points.push({ ...now.report.points[0], id: 'further' });
    const judged = golden.report.triage.find(({ verdict }) => verdict === 'ok');
    if (judged === undefined) throw new Error('no class is judged');
    now.report.triage = now.report.triage.map((row) =>
      row.class === judged.class ? { ...row, verdict: 'not-assessable', code: 'no-dns', because: 'no packets' } : row,
    );
    const [here, more] = [golden.report.points.length, golden.report.points.length + 1];
    expect(notCompared(golden, now)).toEqual([
      `${judged.class} is judged in the golden recording, and not in this one: no packets`,
      'no address is in both recordings: nat, mss, path-mtu and hops are not compared',
      `hops are not compared: ${here} capture points in the golden recording, ${more} in this one`,
    ]);
    // Its trouble follows from another fault: it was looked at.
    now.report.triage = now.report.triage.map((row) =>
      row.class === judged.class ? { ...row, code: 'explained' } : row,
    );
    expect(notCompared(golden, now)).toHaveLength(2);
  });
});
