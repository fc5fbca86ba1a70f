import { expect, test } from 'vitest';
import type { IcmpError } from '../../../../src/flows/evidence/evidence.ts';
import { hadToShrink, isHopeless, tellsDuplicates } from '../../../../src/heuristics/facts/tcp/like-loss.ts';
import { connection, evidence, icmpError, quoted, tcpDirection } from '../../../support/evidence.ts';
import { repeat } from '../../../support/segment-items.ts';

const about = (source: string, destination: string) => quoted({ protocol: 6, source, destination });
test.each<[string, Partial<IcmpError>, boolean]>([
  ['too big', {}, true],
  ['of the other direction', { quoted: about('10.244.2.7:80', '10.244.1.5:40000') }, true],
  ['port unreachable', { code: 3 }, false],
  ['another type with that code', { type: 11 }, false],
  ['too big over IPv6', { version: 6, type: 2, code: 0 }, true],
  ['another type over IPv6', { version: 6, type: 3, code: 4 }, false],
  ['without the packet', { quoted: null }, false],
  ['another client', { quoted: about('10.244.1.6:40000', '10.244.2.7:80') }, false],
  ['another port of the client', { quoted: about('10.244.1.5:40001', '10.244.2.7:80') }, false],
  ['another server', { quoted: about('10.244.1.5:40000', '10.244.2.8:80') }, false],
  ['another port of the server', { quoted: about('10.244.1.5:40000', '10.244.2.7:81') }, false],
])('ICMP about the conversation: %s', (_, some, expected) => {
  const error = icmpError(1, { code: 4, quoted: about('10.244.1.5:40000', '10.244.2.7:80'), ...some });
  const all = evidence({ connections: [connection({ syn: [0] })], icmpErrors: [error] });
  expect(hadToShrink(all, all.conversations[0])).toBe(expected);
});

test.each([
  ['half of the repetitions never got through', 4, [repeat({ sendings: 3 })], true],
  ['less than half', 5, [repeat({ sendings: 3 })], false],
  ['two ranges together', 8, [repeat({ sendings: 3 }), repeat({ sendings: 3 })], true],
  ['a range that got through', 4, [repeat({ sendings: 3, ackedTime: 9 })], false],
])('most repetitions are of octets that never got through: %s', (_, resentSegments, repeats, expected) => {
  expect(isHopeless(tcpDirection({ resentSegments, repeats }))).toBe(expected);
});

test('the receiver tells duplicates of the direction', () => {
  const one = connection({ toClient: { duplicateSacks: 1 } });
  expect([tellsDuplicates(one, 0), tellsDuplicates(one, 1)]).toEqual([true, false]);
});
