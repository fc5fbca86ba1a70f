import { describe, expect, test } from 'vitest';
import type { Connection } from '../../../../src/flows/evidence/evidence.ts';
import {
  deadUpstreamOf,
  failsToConnect,
  isPassedOn,
  upstreamOf,
} from '../../../../src/heuristics/facts/application/upstream.ts';
import { applicationError, applicationFacts, tlsFacts } from '../../../support/application-items.ts';
import { endedConnection, ending } from '../../../support/ending-items.ts';
import { connection, type EvidenceParts, evidence, point, ref } from '../../../support/evidence.ts';
import { turn } from '../../../support/segment-items.ts';

const PROXY = '10.244.2.7';
type Parts = Parameters<typeof connection>[0];
/** A connection of the proxy to its backend that was answered from 3 s to 5 s. */
const answered = (some: Parts = {}) =>
  connection(
    {
      client: `${PROXY}:4000`,
      server: '10.244.3.9:8080',
      syn: [2],
      synAck: [2.001],
      last: 5,
      ...some,
      toServer: { payloadOctets: 10, ...some?.toServer },
      toClient: { payloadOctets: 10, first: ref(3), last: ref(5), ...some?.toClient },
    },
    { established: true },
  );
const silent = (time: number, some: Parts = {}) =>
  connection({ client: `${PROXY}:${4000 + time}`, server: '10.244.3.9:8080', syn: [time, time + 1], ...some });
const facts = (some: Parameters<typeof applicationFacts>[0]): Partial<Connection> => ({
  application: applicationFacts(some),
});
const error = (some: Parameters<typeof applicationError>[0]) =>
  facts({ messages: [applicationError({ at: 4, ...some })] });
const alert = { ...ref(4), direction: 1, level: 2, description: 40 } as unknown as NonNullable<
  ReturnType<typeof tlsFacts>['alert']
>;

describe('what a server did as a client meanwhile', () => {
  const state = (connections: Connection[], from = 3, to = 5, parts: EvidenceParts = {}) =>
    upstreamOf(evidence({ connections, ...parts }), PROXY, from, to).state;
  test.each<[name: string, connections: Connection[], expected: string]>([
    ['it asks nobody', [answered({ client: '10.244.1.5:1' })], 'unseen'],
    ['it was answered', [answered()], 'answered'],
    ['at the last moment', [answered({ toClient: { first: ref(5) } })], 'answered'],
    ['at the first moment', [answered({ toClient: { first: ref(2), last: ref(3) } })], 'answered'],
    ['it was answered later', [answered({ last: 9, toClient: { first: ref(5.1), last: ref(6) } })], 'idle'],
    ['it was answered before', [answered({ toClient: { first: ref(1), last: ref(2.9) } })], 'idle'],
    ['its connection ended before', [answered({ last: 2.9 })], 'idle'],
    ['its connection ended right then', [answered({ last: 3 })], 'answered'],
    ['its connection began later', [silent(6)], 'idle'],
    ['its connection began right then, in vain', [silent(5, { syn: [5, 6, 8] })], 'failed'],
    ['it got no answer to what it asked', [answered({ toClient: { payloadOctets: 0 } })], 'failed'],
    ['it asked nothing', [answered({ toServer: { payloadOctets: 0 }, toClient: { payloadOctets: 0 } })], 'idle'],
    ['a later request has no answer', [answered({ slowTurns: [turn(4, 56, { response: null })] })], 'failed'],
    ['a request of before has no answer', [answered({ slowTurns: [turn(2.9, 57, { response: null })] })], 'answered'],
    ['a request of later has no answer', [answered({ slowTurns: [turn(5.1, 54, { response: null })] })], 'answered'],
    ['a slow answer', [answered({ slowTurns: [turn(4, 0.5)] })], 'answered'],
    ['status 500', [answered(error({ code: '500' }))], 'failed'],
    ['status 499', [answered(error({ code: '499' }))], 'answered'],
    ['a stream was reset', [answered(error({ kind: 'stream-reset', code: '7' }))], 'failed'],
    ['status 500 before', [answered(error({ code: '500', at: 2.9 }))], 'answered'],
    ['status 500 later', [answered(error({ code: '500', at: 5.1 }))], 'answered'],
    ['a failed handshake of TLS', [answered(facts({ tls: tlsFacts({ alert }) }))], 'failed'],
    ['an alert after the handshake', [answered(facts({ tls: tlsFacts({ alert, established: true }) }))], 'answered'],
    ['a handshake that was not finished', [answered(facts({ tls: tlsFacts() }))], 'answered'],
    ['one of two fails', [answered(), silent(3)], 'failed'],
  ])('%s', (_, connections, expected) => expect(state(connections)).toBe(expected));
  test('on the common clock', () => {
    const parts = { points: [point({ timeShift: 100 })] };
    expect([state([answered()], 103, 105, parts), state([answered()], 3, 5, parts)]).toEqual(['answered', 'idle']);
  });
  test('names the server and the conversation', () =>
    expect(upstreamOf(evidence({ connections: [answered()] }), PROXY, 3, 5)).toEqual({
      state: 'answered',
      server: '10.244.3.9:8080',
      conversation: 0,
    }));
});

describe('a backend that was found dead', () => {
  const dead = (connections: Connection[], time = 10, parts: EvidenceParts = {}) =>
    deadUpstreamOf(evidence({ connections, ...parts }), PROXY, time) !== null;
  test.each<[name: string, connections: Connection[], time: number, expected: boolean]>([
    ['two attempts before', [silent(1), silent(3)], 10, true],
    ['the second one at that moment', [silent(1), silent(3)], 3, true],
    ['the second one later', [silent(1), silent(3)], 2.9, false],
    ['one attempt', [silent(1)], 10, false],
    ['another one is taken', [silent(1), silent(3), answered()], 10, false],
    [
      'another one is taken later',
      [silent(1), silent(3), answered({ syn: [20], synAck: [20.1], last: 21 })],
      10,
      false,
    ],
  ])('%s', (_, connections, time, expected) => expect(dead(connections, time)).toBe(expected));
  test('on the common clock', () =>
    expect(dead([silent(1), silent(3)], 10, { points: [point({ timeShift: 8 })] })).toBe(false));
});

describe('time that is spent with connections that nobody takes', () => {
  const fails = (connections: Connection[], from: number, to: number, share = 0.5) =>
    failsToConnect(evidence({ connections }), PROXY, from, to, share);
  test.each<[name: string, connections: Connection[], from: number, to: number, expected: boolean]>([
    ['half of the time', [silent(5)], 0, 10, true],
    ['less than half', [silent(5)], 0, 9.9, false],
    ['from the begin on', [silent(5)], 5, 10, true],
    ['the first of two counts', [silent(5), silent(8)], 0, 10, true],
    ['begun before', [silent(5)], 5.1, 10, false],
    ['begun later', [silent(5)], 0, 4.9, false],
    ['one of them is taken', [silent(1), answered()], 0, 10, false],
    ['none', [], 0, 10, false],
  ])('%s', (_, connections, from, to, expected) => expect(fails(connections, from, to)).toBe(expected));
});

describe('an error that is passed on', () => {
  const ended = endedConnection(1, ending(4), { client: `${PROXY}:4000`, server: '10.244.3.9:8080' });
  const told = (at: number, some: Partial<Connection> & { code?: string } = {}) => {
    const { code = '502', ...rest } = some;
    return {
      ...connection(
        { client: '10.244.1.5:1', server: `${PROXY}:80`, syn: [1], ...error({ code, at }) },
        { established: true },
      ),
      ...rest,
    };
  };
  const passed = (other: Connection, one = ended, parts: EvidenceParts = {}) =>
    isPassedOn(evidence({ connections: [one, other], ...parts }), one);
  test.each<[name: string, other: Connection, expected: boolean]>([
    ['at once', told(4), true],
    ['within a hundredth of a second', told(4.0099), true],
    ['later', told(4.02), false],
    ['before', told(3.99), false],
    ['no error of a server', told(4, { code: '404' }), false],
    ['by another server', told(4, { server: { address: '10.244.2.8', port: 80 } }), false],
  ])('%s', (_, other, expected) => expect(passed(other)).toBe(expected));
  test('a connection that goes on passes nothing on', () =>
    expect(passed(told(4), { ...ended, end: null })).toBe(false));
  test('on the common clock', () => {
    const points = [point(), point({ name: 'b', capture: 0, timeShift: -100 })];
    expect(passed({ ...told(104), point: 1 }, ended, { points })).toBe(true);
    expect(passed({ ...told(4), point: 1 }, ended, { points })).toBe(false);
  });
});
