import { expect, test } from 'vitest';
import { unopenedConnections } from '../../../src/heuristics/judge/unopened-connections.ts';
import { connection, type EvidenceParts, evidence, icmpError, point, quoted } from '../../support/evidence.ts';

type Some = NonNullable<Parameters<typeof connection>[0]>;

/** Captures run until second 60; a SYN at 59.5 is too late to call it unanswered. */
const EARLY = 0;
const LATE = 59.5;
const counts = (connections: ReturnType<typeof connection>[], parts: EvidenceParts = {}) => {
  const { failed, untold } = unopenedConnections(evidence({ points: [point(), point()], connections, ...parts }));
  return `${failed} failed, ${untold} untold`;
};
const one = (some: Some, established = false) => counts([connection(some, { established })]);
const NONE = '0 failed, 0 untold';
const FAILED = '1 failed, 0 untold';
const UNTOLD = '0 failed, 1 untold';

test.each<[string, Some, string]>([
  ['a SYN without an answer', { syn: [EARLY] }, FAILED],
  ['a SYN at the end', { syn: [LATE] }, UNTOLD],
  ['a SYN a second before the end', { syn: [59] }, FAILED],
  ['a SYN at the end that is reset', { syn: [LATE], toClient: { packets: 1, resets: 1 } }, FAILED],
  ['a SYN at the end, and a packet of the server', { syn: [LATE], toClient: { packets: 1 } }, UNTOLD],
  ['a SYN-ACK at the end', { syn: [LATE], synAck: [LATE] }, UNTOLD],
  [
    'a SYN-ACK at the end, and a reset of the server',
    { syn: [LATE], synAck: [LATE], toClient: { packets: 2, resets: 1 } },
    UNTOLD,
  ],
  ['a SYN-ACK that leads to nothing', { syn: [EARLY], synAck: [EARLY] }, FAILED],
  [
    'a probe, whose client resets the SYN-ACK',
    { syn: [EARLY], synAck: [EARLY], toServer: { packets: 2, resets: 1 } },
    NONE,
  ],
  ['a SYN that its client resets', { syn: [EARLY], toServer: { packets: 2, resets: 1 } }, FAILED],
  ['a SYN-ACK alone', { synAck: [EARLY] }, NONE],
  ['neither', { toServer: { packets: 3 } }, NONE],
])('%s', (_, some, expected) => expect(one(some)).toBe(expected));

test('connections that opened are none of them, and the others are counted', () => {
  expect(one({ syn: [EARLY] }, true)).toBe(NONE);
  const syn = (nth: number, time: number) => connection({ client: `10.244.1.5:${4000 + nth}`, syn: [time] });
  expect(counts([syn(0, EARLY), syn(1, 3), syn(2, LATE), syn(3, LATE), syn(4, LATE)])).toBe('2 failed, 3 untold');
});

test('a SYN that ICMP refuses failed, though the capture ends then', () => {
  const asked = connection({ client: '10.244.1.5:4000', server: '10.244.2.7:80', syn: [LATE] });
  const error = icmpError(LATE + 0.1, {
    quoted: quoted({ protocol: 6, source: '10.244.1.5:4000', destination: '10.244.2.7:80' }),
  });
  expect(counts([asked], { icmpErrors: [error] })).toBe(FAILED);
});

test('one of several points that captured for long enough is enough', () => {
  const at = (index: number) => connection({ point: index, syn: [LATE] });
  const legs = [at(0), at(1)];
  const until = (...ends: number[]) =>
    counts(legs, { points: ends.map((lastTime) => point({ quality: { lastTime } })), paths: [{ of: legs }] });
  expect(until(60, 60)).toBe(UNTOLD);
  expect(until(61, 60)).toBe(FAILED);
  expect(until(60, 61)).toBe(FAILED);
});

test('a probe is told where one point shows the SYN-ACK and one the reset', () => {
  const pair = (first: Some, second: Some) => {
    const legs = [first, second].map((some, at) => connection({ point: at, ...some }));
    return counts(legs, { paths: [{ of: legs }] });
  };
  const reset = { toServer: { packets: 2, resets: 1 } };
  expect(pair({ syn: [EARLY], synAck: [EARLY], ...reset }, { syn: [EARLY] })).toBe(NONE);
  expect(pair({ syn: [EARLY], synAck: [EARLY] }, { syn: [EARLY], ...reset })).toBe(NONE);
  expect(pair({ syn: [EARLY] }, { syn: [EARLY], ...reset })).toBe(FAILED);
  expect(pair({ syn: [LATE] }, { syn: [LATE], toClient: { packets: 1, resets: 1 } })).toBe(FAILED);
  expect(pair({ syn: [LATE], synAck: [LATE] }, { syn: [LATE], toClient: { packets: 1, resets: 1 } })).toBe(UNTOLD);
});
