import fc from 'fast-check';
import { expect, test } from 'vitest';
import { correlate } from '../../../../src/flows/correlate/correlate.ts';
import { NOTHING_KNOWN } from '../../../../src/flows/evidence/evidence.ts';
import { isLong } from '../../../support/long-run.ts';
import { plainPoint, type SimulatedFlow, simulate, transfer } from '../trace-simulator.ts';

/** Clocks of several hosts on one path: offsets, drifts and the common time are those of the build. */

const host = fc.record({
  offset: fc.constantFrom(0, 0.3, -2.5, 40),
  skewPpm: fc.constantFrom(0, 60, -150),
  /** Points of the host on the path. */
  points: fc.integer({ min: 1, max: 2 }),
});

test('offsets and drifts are within the error that is told, and packets have one time', () => {
  fc.assert(
    fc.property(fc.array(host, { minLength: 2, maxLength: 4 }), fc.integer({ min: 1, max: 10_000 }), (hosts, seed) => {
      const path = hosts.flatMap(({ offset, skewPpm, points }, nth) =>
        Array.from({ length: points }, (_, at) =>
          plainPoint(`node${nth + 1}__eth${at}.pcap`, {
            clockOffset: offset,
            skewPpm,
            delay: at === 0 ? 0.0004 : 0.00002,
            hops: at === 0 ? 1 : 0,
          }),
        ),
      );
      const flows: SimulatedFlow[] = [0, 1].map((nth) => ({
        protocol: 'tcp',
        client: `10.0.0.1:${4000 + nth}`,
        server: '10.0.9.9:80',
      }));
      const packets = flows.flatMap((_, flow) =>
        transfer({ flow, seed: seed + flow, start: 1 + flow, segments: 40, burst: 1, seconds: 20 }),
      );
      const digests = simulate(
        flows,
        packets.sort((a, b) => a.time - b.time),
        path,
      );
      const starts = digests.map(({ capture }) => capture.baseSeconds - 1_700_000_000 + capture.baseNanoseconds / 1e9);
      const evidence = correlate(digests, { known: NOTHING_KNOWN });
      const [first] = hosts;
      expect(evidence.clocks.map(({ reference, host }) => [reference, host])).toEqual(
        hosts.slice(1).map((_, nth) => ['node1', `node${nth + 2}`]),
      );
      const origin = Math.min(...starts);
      for (const [nth, relation] of evidence.clocks.entries()) {
        const { offset, skewPpm } = hosts[nth + 1];
        const error = relation.errorSeconds ?? expect.fail('no error');
        expect(relation.unknown).toBeNull();
        expect(relation.matches).toBeGreaterThan(40);
        expect(error).toBeLessThan(0.01);
        expect(Math.abs((relation.skewPpm ?? 0) - (skewPpm - first.skewPpm))).toBeLessThan(1);
        // By how much the host is ahead when the clock of the first host shows the earliest start.
        const ahead = offset - first.offset + ((skewPpm - first.skewPpm) / 1e6) * (origin - first.offset);
        expect(Math.abs((relation.offsetSeconds ?? Number.NaN) - ahead)).toBeLessThanOrEqual(
          error + 1e-6 + 1e-4 * Math.abs(ahead),
        );
      }
      // The first packet of a capture left its host at a known time: on the common clock all captures agree on that.
      const common = evidence.points.map(
        ({ timeShift }, point) =>
          timeShift - evidence.points[0].timeShift - (firstSeen(path, point) - firstSeen(path, 0)),
      );
      const worst = Math.max(...evidence.clocks.map(({ errorSeconds }) => errorSeconds ?? 0));
      for (const difference of common) expect(Math.abs(difference)).toBeLessThanOrEqual(worst + 0.02);
    }),
    { seed: 57, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 50 : 20)) },
  );
});

/** When the first packet of all, a SYN, passes a point, by true time. */
const firstSeen = (path: readonly { delay: number }[], point: number): number =>
  1 + path.slice(0, point + 1).reduce((sum, { delay }) => sum + delay, 0);
