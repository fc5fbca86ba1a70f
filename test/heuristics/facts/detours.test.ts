import { describe, expect, test } from 'vitest';
import type { CapturePoint } from '../../../src/flows/evidence/evidence.ts';
import { detoursOf } from '../../../src/heuristics/facts/detours.ts';
import { capture, connection, datagram, type EvidenceParts, echo, evidence, point } from '../../support/evidence.ts';
import { counted } from '../../support/tunnel-items.ts';

type Parts = NonNullable<Parameters<typeof connection>[0]>;
const [GATE, IN, OUT] = ['02:00:00:00:00:0e', '02:00:00:00:00:01', '02:00:00:00:00:02'];
const [CLIENT, SERVER] = ['192.0.2.9:40000', '10.0.0.5:80'];
const host = [point({ host: 'a', role: 'host-nic' }), point({ host: 'a', role: 'host-nic' })];
/** A SYN with number 1000 that comes in at the first interface. */
const request = (some: Parts = {}) =>
  connection({
    client: CLIENT,
    server: SERVER,
    syn: [0],
    ...some,
    toServer: { sourceMacs: counted(GATE), destinationMacs: counted(IN), ...some.toServer },
  });
/** Its SYN-ACK, which leaves by the second. */
const reply = (some: Parts = {}) =>
  connection({
    client: CLIENT,
    server: SERVER,
    point: 1,
    synAck: [0.001],
    synAckAcks: 1001,
    ...some,
    toClient: { sourceMacs: counted(OUT), destinationMacs: counted(GATE), ...some.toClient },
  });
const told = (parts: EvidenceParts): string[] =>
  detoursOf(evidence({ points: host, ...parts })).map(
    ({ protocol, inPoint, outPoint, client, server, replySource, requests, replies, conversations, goesOn }) =>
      `${protocol} ${client.address}:${client.port} ${inPoint}>${server.address}:${server.port}>${outPoint} from ${replySource}: ${requests.map(({ time }) => time)} ${replies.map(({ time }) => time)} of ${conversations}${goesOn ? ', goes on' : ''}`,
  );
const found = ['tcp 192.0.2.9:40000 0>10.0.0.5:80>1 from 10.0.0.5: 0 0.001 of 0,1'];

describe('a request and its reply use two interfaces', () => {
  test.each<[name: string, asked: Parts, answered: Parts, isFound: boolean]>([
    ['so', {}, {}, true],
    ['the reply is about another SYN', {}, { synAckAcks: 1002 }, false],
    ['numbers wrap', { toServer: { iss: 2 ** 32 - 1 } }, { synAckAcks: 0 }, true],
    ['the number of the SYN is unknown', { toServer: { iss: null } }, {}, false],
    ['no SYN', { syn: [], toServer: { iss: 1000, packets: 1 } }, {}, false],
    ['the first interface shows answers', { toClient: { packets: 1 } }, {}, false],
    ['what the reply acknowledges is unknown', {}, { synAckAcks: null }, false],
    ['no SYN-ACK', {}, { synAck: [], toClient: { packets: 1 } }, false],
    ['the second interface shows requests', {}, { toServer: { packets: 1 } }, false],
    ['another client', {}, { client: '192.0.2.8:40000' }, false],
    ['another port of the client', {}, { client: '192.0.2.9:40001' }, false],
    ['one interface', {}, { point: 0 }, false],
    ['two interfaces of a bond have one MAC', {}, { toClient: { sourceMacs: counted(IN) } }, false],
  ])('%s', (_, asked, answered, isFound) => {
    expect(told({ connections: [request(asked), reply(answered)] })).toEqual(isFound ? found : []);
  });
  test('from another address of the host', () =>
    expect(told({ connections: [request(), reply({ server: '10.0.1.5:80' })] })).toEqual([
      found[0].replace('from 10.0.0.5', 'from 10.0.1.5'),
    ]));
  test('of two replies the one by another interface', () =>
    expect(told({ connections: [request(), reply({ point: 0 }), reply()] })).toEqual(found));
  test('the client goes on', () => {
    const third = point({ host: 'b' });
    const seen = connection({ client: CLIENT, server: SERVER, point: 2 }, { established: true });
    const asked = request();
    expect(
      told({ points: [...host, third], connections: [asked, reply(), seen], paths: [{ of: [asked, seen] }] }),
    ).toEqual([`${found[0]}, goes on`]);
  });
  test('one point has one interface', () =>
    expect(told({ points: host.slice(1), connections: [request(), reply({ point: 0 })] })).toEqual([]));

  const apart = { captures: [capture(), capture()] };
  const two = (a: Partial<CapturePoint>, b: Partial<CapturePoint>) => [point(a), point({ capture: 1, ...b })];
  test.each<[name: string, points: CapturePoint[], answered: Parts, isFound: boolean]>([
    ['one host', two({ host: 'a' }, { host: 'a' }), {}, true],
    ['two hosts', two({ host: 'a' }, { host: 'b' }), {}, false],
    ['two hosts in one file', two({ host: 'a' }, { host: 'b', capture: 0 }), {}, false],
    ['unknown hosts in one file', two({}, { capture: 0 }), { toClient: { destinationMacs: [] } }, true],
    ['unknown hosts, and one neighbour', two({}, {}), {}, true],
    [
      'unknown hosts, and two neighbours',
      two({}, {}),
      { toClient: { destinationMacs: counted('02:00:00:00:00:0f') } },
      false,
    ],
    ['one is unknown', two({ host: 'a' }, {}), { toClient: { destinationMacs: counted('02:00:00:00:00:0f') } }, false],
    ['one is unknown, and one neighbour', two({}, { host: 'a' }), {}, true],
    ['a veth', two({ host: 'a', role: 'pod-veth' }, { host: 'a' }), {}, false],
    ['a bridge', two({ host: 'a' }, { host: 'a', role: 'bridge' }), {}, false],
    ['all interfaces', two({ host: 'a' }, { host: 'a', role: 'any' }), {}, false],
    ['a tunnel device, and nothing in a tunnel', two({ host: 'a', role: 'tunnel-device' }, { host: 'a' }), {}, true],
    [
      'a tunnel device, and the reply in a tunnel',
      two({ host: 'a', role: 'tunnel-device' }, { host: 'a' }),
      { encapsulation: ['vxlan'] },
      false,
    ],
    [
      'no tunnel device, and the reply in a tunnel',
      two({ host: 'a' }, { host: 'a' }),
      { encapsulation: ['vxlan'] },
      true,
    ],
    ['the reply leaves by a tunnel device', two({ host: 'a' }, { host: 'a', role: 'tunnel-device' }), {}, true],
  ])('where: %s', (_, points, answered, isFound) => {
    expect(told({ points, ...apart, connections: [request(), reply(answered)] })).toEqual(isFound ? found : []);
  });
  test('what comes in a tunnel leaves plain by its device', () => {
    const points = two({ host: 'a' }, { host: 'a', role: 'tunnel-device' });
    const connections = [request({ encapsulation: ['vxlan'] }), reply()];
    expect(told({ points, ...apart, connections })).toEqual([]);
    expect(told({ points: two({ host: 'a' }, { host: 'a' }), ...apart, connections })).toEqual(found);
  });
});

describe('datagrams and echoes', () => {
  const asks = (some: Parameters<typeof datagram>[0] = {}) =>
    datagram({ client: CLIENT, server: SERVER, sent: [0], ...some });
  const answers = (some: Parameters<typeof datagram>[0] = {}) =>
    datagram({ client: SERVER, server: CLIENT, point: 1, sent: [0.001], ...some });
  const udp = found[0].replace('tcp', 'udp');
  const of = (...datagrams: ReturnType<typeof datagram>[]) => told({ datagrams });
  test('the sender of replies is taken for a client', () => expect(of(asks(), answers())).toContain(udp));
  test('or it is not', () => {
    const back = { client: CLIENT, server: SERVER, sent: [], back: [0.001] };
    expect(of(asks(), answers(back))).toEqual([udp]);
    expect(of(asks(), answers({ ...back, sent: [0] }))).toEqual([]);
  });
  test.each<[name: string, asked: Parameters<typeof datagram>[0], answered: Parameters<typeof datagram>[0]]>([
    ['answered at the first', { back: [0.1] }, {}],
    ['nothing was asked', { packets: [0, 0] }, {}],
    ['both ways at the second', {}, { back: [0.1] }],
    ['another port', {}, { client: '10.0.0.5:81' }],
    ['another client', {}, { server: '192.0.2.8:40000' }],
    ['another protocol', {}, { protocol: 132 }],
    ['at one point', {}, { point: 0 }],
  ])('not: %s', (_, asked, answered) => expect(of(asks(asked), answers(answered))).toEqual([]));
  const ping = (some: Parameters<typeof echo>[0] = {}) =>
    echo({ source: '192.0.2.9', destination: '10.0.0.5', request: 0, reply: null, ...some });
  const pong = (some: Parameters<typeof echo>[0] = {}) => ping({ point: 1, request: null, reply: 0.001, ...some });
  const icmp = found[0].replace('tcp', 'icmp').replace(':40000', ':0').replace(':80', ':0');
  test('an echo', () => expect(told({ echoes: [ping(), pong()] })).toEqual([icmp]));
  test.each<[name: string, asked: Parameters<typeof echo>[0], answered: Parameters<typeof echo>[0]]>([
    ['answered at the first', { reply: 0.1 }, {}],
    ['asked at the second', {}, { request: 0 }],
    ['another number', {}, { sequence: 2 }],
    ['another id', {}, { id: 2 }],
    ['another source', {}, { source: '192.0.2.8' }],
    ['another destination', {}, { destination: '10.0.0.6' }],
    ['at one point', {}, { point: 0 }],
  ])('no echo: %s', (_, asked, answered) => expect(told({ echoes: [ping(asked), pong(answered)] })).toEqual([]));
});
