import { describe, expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import type { DnsMessage } from '../../../src/decode/messages/dns-message.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { CompactLookup } from '../../../src/flows/compact/compact-lookup.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/flows/limits.ts';
import { roomFor } from '../../../src/flows/tables/capture-room.ts';
import { DnsTracker } from '../../../src/flows/trackers/dns-tracker.ts';
import type { DnsSighting } from '../../../src/flows/trackers/open-lookup.ts';

const [CLIENT, SERVER, OTHER] = [0x0a000001, 0x0a000002, 0x0a000003];
const packetOf = (some: Partial<Packet>): Packet => Object.assign(new Packet(new AddressBook()), some);
const fullRoom = (name: 'lookup', left: number) => {
  const { others } = roomFor({ flowBytes: 2 ** 30, otherBytes: 2 ** 30 });
  others.take(name, others.left(name) - left);
  return others;
};

/** A query, or a response where `reply`; all else as usual. */
interface Given extends Partial<Pick<DnsMessage, 'id' | 'name' | 'type' | 'rcode' | 'truncated' | 'extendedError'>> {
  at: number;
  reply?: boolean;
  port?: number;
  client?: number;
  server?: number;
  serverPort?: number;
  sighting?: Partial<DnsSighting>;
}
function dnsOf(
  given: readonly Given[],
  limits: Partial<Limits> = {},
  tracker = new DnsTracker({ ...DEFAULT_LIMITS, ...limits }),
) {
  for (const [nth, one] of given.entries()) {
    const {
      at,
      reply = false,
      port = 4000,
      client = CLIENT,
      server = SERVER,
      serverPort = 53,
      sighting,
      ...rest
    } = one;
    const [mine, peer] = reply ? [server, client] : [client, server];
    const packet = packetOf({
      number: nth + 1,
      source: mine,
      destination: peer,
      sourcePort: reply ? serverPort : port,
      destinationPort: reply ? port : serverPort,
      l3Length: 100 + nth,
    });
    const message = { id: 7, name: 'a.test', type: 1, rcode: 0, truncated: false, answers: 1, addresses: [], ...rest };
    tracker.onMessage(packet, { isResponse: reply, ...message } as unknown as DnsMessage, {
      point: 0,
      time: at,
      encapsulation: 0,
      flow: 50 + nth,
      transport: 'udp',
      ...sighting,
    });
  }
  return tracker;
}
/** Queries and responses of each exchange by number: "1,2 3". */
const words = (given: readonly Given[], limits: Partial<Limits> = {}) =>
  dnsOf(given, limits).exchanges.map(
    ({ queries, responses }) =>
      `${queries.map(({ packet }) => packet).join()} ${responses.map(({ packet }) => packet).join()}`,
  );
const [query, reply] = [
  (at: number, some = {}) => ({ at, ...some }),
  (at: number, some = {}) => ({ at, reply: true, ...some }),
];

describe('lookups', () => {
  test.each<[string, Given[], string[]]>([
    ['a query again within 150 s while there is no answer', [query(0), query(149), query(298)], ['1,2,3 ']],
    ['a query after 150 s is another lookup', [query(0), query(150)], ['1 ', '2 ']],
    ['after an answer, within 15 s of the first query', [query(0), reply(1), query(14)], ['1,3 2']],
    ['after an answer, 15 s behind the first query', [query(0), reply(1), query(15)], ['1 2', '3 ']],
    ['the first query counts, not the last', [query(0), query(14), reply(14.5), query(15)], ['1,2 3', '4 ']],
    ['an answer within 150 s of the last query', [query(0), query(100), reply(249)], ['1,2 3']],
    ['an answer after 150 s', [query(0), reply(150)], ['1 ']],
    ['a second answer within 30 s of the first', [query(0), reply(100), reply(129)], ['1 2,3']],
    ['a second answer after 30 s', [query(0), reply(100), reply(130)], ['1 2']],
    ['of another server within 30 s', [query(0), reply(29, { server: OTHER })], ['1 2']],
    ['of another server after 30 s', [query(0), reply(30, { server: OTHER })], ['1 ']],
    ['from another port', [query(0), reply(1, { serverPort: 54 })], ['1 2']],
    [
      'of the server that was asked, before one of the same question',
      [query(0), query(1, { server: OTHER }), reply(2)],
      ['1 3', '2 '],
    ],
    [
      'of the latest with the same question where its own awaits no more',
      [query(0), reply(1), query(40, { server: OTHER }), reply(41)],
      ['1 2', '3 4'],
    ],
    ['late, when others were closed', [query(0), query(100, { id: 8 }), reply(140)], ['1 3', '2 ']],
    ['too late, when others were closed', [query(0), query(149, { id: 8 }), reply(151)], ['1 ', '2 ']],
    ['a query late, when others were closed', [query(0), query(100, { id: 8 }), query(140)], ['1,3 ', '2 ']],
    ['without a query', [reply(0)], []],
  ])('%s', (_, given, expected) => {
    expect(words(given)).toEqual(expected);
  });

  test.each<[string, Partial<Given>]>([
    ['id', { id: 8 }],
    ['name', { name: 'b.test' }],
    ['type', { type: 28 }],
    ['port', { port: 4001 }],
    ['client', { client: OTHER }],
    ['point', { sighting: { point: 1 } }],
    ['encapsulation', { sighting: { encapsulation: 1 } }],
    ['transport', { sighting: { transport: 'tcp' } }],
  ])('of another %s are others', (_, some) => {
    expect(words([query(0), query(1, some), reply(2, some), reply(3)])).toEqual(['1 4', '2 3']);
    expect(words([query(0), reply(1, some)])).toEqual(['1 ']);
  });

  test('do not ask for the case of a name, and asked another server are another one', () => {
    expect(words([query(0), query(1, { name: 'A.Test' }), reply(2, { name: 'a.TEST' })])).toEqual(['1,2 3']);
    expect(words([query(0), query(1, { server: OTHER })])).toHaveLength(2);
    expect(words([query(0), query(1, { serverPort: 54 })])).toHaveLength(2);
  });

  test('are told whole', () => {
    const extendedError = { code: 9, text: 'no' };
    const { exchanges, total } = dnsOf([
      query(2, { sighting: { point: 3, encapsulation: 1 } }),
      reply(3, { sighting: { point: 3, encapsulation: 1 }, rcode: 2, truncated: true, extendedError }),
      reply(4, { sighting: { point: 3, encapsulation: 1 } }),
    ]);
    const response = { from: { address: '10.0.0.2', port: 53 }, answers: 1, addresses: [] };
    expect([exchanges, total]).toEqual([
      [
        {
          index: 0,
          point: 3,
          flow: 50,
          client: { address: '10.0.0.1', port: 4000 },
          server: { address: '10.0.0.2', port: 53 },
          transport: 'udp',
          id: 7,
          name: 'a.test',
          type: 1,
          queries: [{ packet: 1, time: 2, sourcePort: 4000, l3Length: 100 }],
          queriesTotal: 1,
          responses: [
            { ...response, packet: 2, time: 3, rcode: 2, truncated: true, l3Length: 101, extendedError },
            { ...response, packet: 3, time: 4, rcode: 0, truncated: false, l3Length: 102 },
          ],
          encapsulation: ['vxlan'],
        },
      ],
      1,
    ]);
  });

  test('keep so many packets, and beyond their limit are counted and get no answers of others', () => {
    const limits = { packetsPerItem: 2 };
    const [exchange] = dnsOf(
      [...[0, 1, 2].map((at) => query(at)), ...[3, 4, 5].map((at) => reply(at))],
      limits,
    ).exchanges;
    expect([exchange.queries.length, exchange.queriesTotal, exchange.responses.length]).toEqual([2, 3, 2]);
    for (const [most, kept] of [
      [1, 1],
      [2, 2],
      [3, 2],
    ]) {
      const tracker = dnsOf([query(0), query(1, { id: 8 })], { dnsExchanges: most });
      expect([tracker.total, tracker.exchanges.length]).toEqual([2, kept]);
    }
    // The same question found no room the second time: its answer is not that of the first.
    const late = dnsOf([query(0), reply(1), query(20), reply(21)], { dnsExchanges: 1 });
    expect([late.total, late.exchanges[0].responses.length]).toEqual([2, 1]);
    const room = fullRoom('lookup', 1);
    const few = dnsOf([query(0), query(1, { id: 8 })], {}, new DnsTracker(DEFAULT_LIMITS, room));
    expect([few.total, few.exchanges.length, room.left('lookup')]).toEqual([2, 1, 0]);
    few.thin(0);
    expect(few.exchanges.length).toBe(1);
  });

  test('that are left out stay known: what follows them begins no other lookup', () => {
    const tracker = dnsOf([query(0), reply(0.01), query(1, { id: 8 }), query(2, { id: 9 }), reply(2.01, { id: 9 })]);
    tracker.thin(0);
    const left = () => tracker.exchanges.map(({ id, queriesTotal }) => `${id}:${queriesTotal}`).join();
    // The port is that of the lookup without an answer, so all three belong to it.
    expect(left()).toBe('7:1,8:1,9:1');
    const apart = dnsOf([query(0), reply(0.01), query(1, { id: 8, name: 'b.test', port: 4001 })]);
    apart.thin(0);
    expect(apart.exchanges.map(({ id }) => id)).toEqual([8]);
    dnsOf([query(3), reply(3.01), query(4, { id: 8, name: 'b.test', port: 4001 })], {}, apart);
    expect([apart.total, apart.exchanges.map(({ id, queriesTotal }) => `${id}:${queriesTotal}`)]).toEqual([2, ['8:2']]);
    // After 15 s the same question is another lookup.
    dnsOf([query(15)], {}, apart);
    expect([apart.total, apart.exchanges.map(({ id }) => id)]).toEqual([3, [8, 7]]);
  });

  test('beyond the first ones of a digest do not come back as records', () => {
    const tracker = dnsOf([query(0), reply(0.01), query(1, { id: 8 }), query(2, { id: 9 }), reply(2.01, { id: 9 })]);
    tracker.keepFirst(2);
    expect(tracker.finishCompact().map((one) => [one instanceof CompactLookup, one.index])).toEqual([
      [true, 0],
      [false, 1],
    ]);
  });

  test('that are ordinary become records after 30 s, keep their places, and give back their room', () => {
    const room = fullRoom('lookup', 10);
    const limits = { ...DEFAULT_LIMITS, dnsExchanges: 4 };
    const given = [
      query(0),
      reply(0.01),
      query(1, { id: 8 }),
      query(2, { id: 9 }),
      reply(2.01, { id: 9 }),
      query(3, { id: 10 }),
      reply(3.01, { id: 10, extendedError: { code: 1, text: '' } }),
    ];
    const tracker = dnsOf(given, {}, new DnsTracker(limits, room));
    const left = () => tracker.exchanges.map(({ id }) => id).join();
    tracker.pack(30);
    expect([left(), room.left('lookup')]).toEqual(['7,8,9,10', 6]);
    tracker.pack(30.01);
    expect([left(), room.left('lookup')]).toEqual(['8,9,10', 7]);
    // Records count as exchanges.
    dnsOf([query(40, { id: 11 })], {}, tracker);
    expect([left(), tracker.total]).toEqual(['8,9,10', 5]);
    const all = tracker.finishCompact();
    expect(all.map((one) => [one instanceof CompactLookup ? 'record' : 'object', one.index])).toEqual([
      ['record', 0],
      ['object', 1],
      ['record', 2],
      ['object', 3],
    ]);
    expect(room.left('lookup')).toBe(8);
    tracker.keepFirst(2);
    expect(left()).toBe('8,10');
    tracker.keepFirst(1);
    expect(left()).toBe('8');
  });
});
