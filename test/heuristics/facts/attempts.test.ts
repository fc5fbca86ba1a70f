import { describe, expect, test } from 'vitest';
import type { IcmpError, TcpDirection } from '../../../src/flows/evidence/evidence.ts';
import {
  type Attempt,
  attemptsOf,
  endpointText,
  withoutTranslatedCopies,
} from '../../../src/heuristics/facts/attempts.ts';
import {
  capture,
  connection,
  type EvidenceParts,
  evidence,
  icmpError,
  point,
  quoted,
  ref,
  reset,
} from '../../support/evidence.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const [CLIENT, SERVER] = ['10.244.1.5:40000', '10.244.2.7:80'];
const points = [point(), point({ capture: 1 })];
const captures = [capture(), capture()];
const text = ({ conversation, connection: { point: at }, outcome, error }: Attempt) =>
  `${conversation.index} at ${at} ${outcome}${error === null ? '' : ` by ${error.from}`}`;
const told = (parts: EvidenceParts) => attemptsOf(evidence({ points, captures, ...parts })).map(text);

describe('how an attempt ended', () => {
  const rejected = (some: Partial<IcmpError> = {}, quotes: Partial<Parameters<typeof quoted>[0]> = {}) =>
    icmpError(1, {
      from: '10.0.0.1',
      quoted: quoted({ protocol: 6, source: CLIENT, destination: SERVER, ...quotes }),
      ...some,
    });
  const asked = (some: Parts = {}) => connection({ client: CLIENT, server: SERVER, syn: [0], ...some });
  test.each<[name: string, some: Parts, errors: IcmpError[], expected: string]>([
    ['nothing came', {}, [], 'silent'],
    ['a SYN-ACK', { synAck: [1] }, [], 'answered'],
    ['a SYN-ACK and a reset', { synAck: [1], resets: [reset(2, 1)] }, [], 'answered'],
    ['a reset', { resets: [reset(1, 1)] }, [], 'refused'],
    ['a reset of the client', { resets: [reset(1, 0)] }, [], 'silent'],
    ['more than a reset', { resets: [reset(1, 1)], toClient: { packets: 2 } }, [], 'answered'],
    ['no SYN, and packets of the server', { syn: [], toClient: { packets: 1 } }, [], 'answered'],
    ['no SYN, and nothing of the server', { syn: [], toServer: { packets: 3 } }, [], 'unknown'],
    ['an error', {}, [rejected()], 'rejected by 10.0.0.1'],
    ['a reset and an error', { resets: [reset(1, 1)] }, [rejected()], 'refused by 10.0.0.1'],
    ['the first of two errors', {}, [rejected(), rejected({ from: '10.0.0.2' })], 'rejected by 10.0.0.1'],
    ['an error of another point', {}, [rejected({ point: 1 })], 'silent'],
    ['an error without a packet', {}, [rejected({ quoted: null })], 'silent'],
    ['of another protocol', {}, [rejected({}, { protocol: 17 })], 'silent'],
    ['about another client', {}, [rejected({}, { source: '10.244.1.6:40000' })], 'silent'],
    ['about another port', {}, [rejected({}, { source: '10.244.1.5:40001' })], 'silent'],
    ['about another server', {}, [rejected({}, { destination: '10.244.2.8:80' })], 'silent'],
    ['about another port of the server', {}, [rejected({}, { destination: '10.244.2.7:81' })], 'silent'],
    ['a source quench', {}, [rejected({ type: 4 })], 'silent'],
    ['a redirect', {}, [rejected({ type: 5 })], 'silent'],
    ['another type', {}, [rejected({ type: 6 })], 'rejected by 10.0.0.1'],
    ['type 4 of ICMPv6', {}, [rejected({ version: 6, type: 4 })], 'rejected by 10.0.0.1'],
    ['the client goes on', { handshakeAck: ref(1) }, [], 'answered'],
  ])('%s', (_, some, errors, expected) => {
    expect(told({ connections: [asked(some)], icmpErrors: errors })).toEqual([`0 at 0 ${expected}`]);
  });
  test('as seen nearest to the client, with an error of any point', () => {
    const of = [asked(), asked({ point: 1, synAck: [1] })];
    expect(told({ connections: of, paths: [{ of }], icmpErrors: [rejected({ point: 1 })] })).toEqual([
      '0 at 0 rejected by 10.0.0.1',
    ]);
  });
  test('replies that were captured apart are no attempt of their own', () => {
    const replies = connection({ client: CLIENT, server: SERVER, point: 1, synAck: [1], synAckAcks: 1001 });
    expect(told({ connections: [asked(), replies] })).toEqual(['0 at 0 silent']);
    expect(told({ connections: [asked(), { ...replies, synAckAcks: 1002 }] })).toEqual([
      '0 at 0 silent',
      '1 at 1 answered',
    ]);
    const goesOn = asked({ toServer: { packets: 2, ackHigh: 5001 } });
    expect(told({ connections: [goesOn, replies] })).toEqual(['0 at 0 answered']);
  });
});

describe('a connection that one point shows before and after its translation', () => {
  const shown = (server: string, at: number, some: Partial<TcpDirection> = {}, rest: Parts = {}) =>
    connection({ client: CLIENT, server, syn: [at], ...rest, toServer: { iss: 77, tsFirst: 5, ...some } });
  const kept = (...connections: ReturnType<typeof connection>[]) => {
    const attempts = attemptsOf(evidence({ points, captures, connections }));
    const found = withoutTranslatedCopies(attempts);
    expect(withoutTranslatedCopies(attempts)).toBe(found);
    return found.map(({ conversation }) => conversation.index);
  };
  const [service, pod] = ['10.96.0.20:80', '10.244.2.7:8080'];
  test('counts once', () => {
    expect(kept(shown(service, 0), shown(pod, 0.01))).toEqual([0]);
    expect(kept(shown(pod, 0.01), shown(service, 0))).toEqual([1]);
    expect(kept(shown(service, 0), shown(pod, 0.05))).toEqual([0]);
    expect(kept(shown(service, 0), shown('10.96.0.20:81', 0.01))).toEqual([0]);
    expect(kept(shown(service, 0), shown('10.96.0.21:80', 0.01))).toEqual([0]);
  });
  test.each<[name: string, other: ReturnType<typeof connection>]>([
    ['later', shown(pod, 0.051)],
    ['with another number', shown(pod, 0.01, { iss: 78 })],
    ['with another time stamp', shown(pod, 0.01, { tsFirst: 6 })],
    ['at another point', shown(pod, 0.01, {}, { point: 1 })],
    ['to the same server', shown(service, 0.01, {}, { client: '10.244.1.5:40001' })],
    ['without a SYN', shown(pod, 0, {}, { syn: [] })],
  ])('or is another one: %s', (_, other) => expect(kept(shown(service, 0), other)).toEqual([0, 1]));
  test('without time stamps, or numbers, nothing tells', () => {
    expect(kept(shown(service, 0, { tsFirst: null }), shown(pod, 0.01, { tsFirst: null }))).toEqual([0, 1]);
    expect(kept(shown(service, 0, { iss: null }), shown(pod, 0.01, { iss: null }))).toEqual([0, 1]);
    expect(kept(shown(service, 0, { iss: 0 }), shown(pod, 0.01, { iss: null }))).toEqual([0]);
  });
});

test('an endpoint as text', () => {
  expect(endpointText({ address: '10.1.2.3', port: 80 })).toBe('10.1.2.3:80');
  expect(endpointText({ address: 'fd00::1', port: 80 })).toBe('[fd00::1]:80');
});
