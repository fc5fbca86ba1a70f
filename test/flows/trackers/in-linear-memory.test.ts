import { describe, expect, test } from 'vitest';
import { AddressBook, FIRST_IPV6 } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { ContentTable } from '../../../src/flows/content/content-table.ts';
import { DEFAULT_LIMITS } from '../../../src/flows/limits.ts';
import { roomFor } from '../../../src/flows/tables/capture-room.ts';
import { LinearMemory } from '../../../src/flows/tables/linear-memory.ts';
import { CheckedSenders, NO_SENDER } from '../../../src/flows/trackers/checked-senders.ts';
import { HostTracker } from '../../../src/flows/trackers/host-tracker.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';
import { PacketFates } from '../../../src/flows/trackers/packet-fates.ts';
import { HANDSHAKE, newTracker, trace } from '../tcp/segment-trace.ts';

const linearMemory = (): LinearMemory => new LinearMemory(640);
const upTo = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, nth) => first + nth);

/** Rows that the slots at an address hold: the low bits of a slot are a row plus one. */
function rowsAt(linear: LinearMemory, address: number, mask: number): number[] {
  const slots = linear.view(Int32Array, address, mask + 1);
  return [...slots]
    .filter((slot) => slot !== 0)
    .map((slot) => (slot & mask) - 1)
    .sort((a, b) => a - b);
}

const packet = new Packet(new AddressBook());
const packetOf = (some: Partial<Packet>): Packet =>
  Object.assign(packet, { ipVersion: 4, sourceMacAt: -1, depth: 0, ttl: 64 }, some);

describe('hosts', () => {
  /** Each sends once, to one that never sends. */
  const give = (hosts: HostTracker, nth: number): void =>
    hosts.onPacket(
      packetOf({ source: nth, destination: 1_000_000, bytes: Uint8Array.of(2, 0, 0, 0, 0, nth & 255), sourceMacAt: 0 }),
      { ...NOTHING_SEEN, point: 3, time: nth },
    );

  test.each([2, 254, 255, 256, 600])('%i of them move, and more are counted', (count) => {
    const linear = linearMemory();
    const moved = new HostTracker(DEFAULT_LIMITS);
    const stayed = new HostTracker(DEFAULT_LIMITS);
    for (const nth of upTo(1, count)) for (const hosts of [moved, stayed]) give(hosts, nth);
    moved.moveInto(linear);
    for (const last of [count, count + 600]) {
      for (const nth of upTo(1, last)) for (const hosts of [moved, stayed]) give(hosts, nth);
      const { hosts, hostSlots, hostMask } = moved.places;
      expect(rowsAt(linear, hostSlots, hostMask)).toEqual(upTo(0, last));
      expect(Math.min(hosts, hostSlots)).toBeGreaterThanOrEqual(640);
      // The address is the first number of a record of 88 octets; its place, twice the point, lies at octet 80.
      const address = (row: number) => linear.view(Float64Array, hosts + 88 * row, 1)[0];
      expect([0, 1, 2, last].map(address)).toEqual([1, 1_000_000, 2, last]);
      expect(linear.view(Int32Array, hosts + 88 * last + 80, 1)[0]).toBe(6);
    }
    expect(moved.finish(String)).toEqual(stayed.finish(String));
  });

  test('of both families are told apart, and at each point', () => {
    const hosts = new HostTracker(DEFAULT_LIMITS);
    for (const source of [7, FIRST_IPV6 + 7, 2 ** 31 + 7, FIRST_IPV6 + 2 ** 31 + 7])
      for (const point of [0, 1])
        hosts.onPacket(packetOf({ source, destination: source + 1 }), { ...NOTHING_SEEN, point, time: 1 });
    const told = hosts.finish(String).map(({ point, address, sent, received }) => [point, address, sent, received]);
    expect(told).toHaveLength(16);
    expect(new Set(told.map(String)).size).toBe(16);
    for (const [, , sent, received] of told) expect(Number(sent) + Number(received)).toBe(1);
  });

  test('that find no room are counted, once for each packet', () => {
    const { others } = roomFor({ flowBytes: 2 ** 40, otherBytes: 2 ** 40 });
    const hosts = new HostTracker({ ...DEFAULT_LIMITS, hosts: 3 }, others);
    for (const nth of [1, 2, 3, 3, 1]) give(hosts, nth);
    expect([hosts.leftOut, hosts.finish(String).map(({ address }) => address)]).toEqual([2, ['1', '1000000', '2']]);
  });
});

describe('senders of verified packets', () => {
  const bytes = (nth: number): Uint8Array => Uint8Array.of(9, 0x82, nth & 1, 0xf0, 0, nth >> 8, nth & 255);
  const mac = (nth: number): string =>
    [...bytes(nth).subarray(1)].map((octet) => octet.toString(16).padStart(2, '0')).join(':');

  test.each([1, 63, 64, 65, 300])('%i of them move, and more are told apart', (count) => {
    const linear = linearMemory();
    const senders = new CheckedSenders(1000);
    const find = (nth: number) => senders.find(packetOf({ bytes: bytes(nth), sourceMacAt: 1 }), nth % 3);
    expect(upTo(1, count).map(find)).toEqual(upTo(0, count - 1));
    senders.moveInto(linear);
    for (const last of [count, count + 500]) {
      expect(upTo(1, last).map(find)).toEqual(upTo(0, last - 1));
      const { senders: at, senderSlots, senderMask } = senders.places;
      expect(Math.min(at, senderSlots)).toBeGreaterThanOrEqual(640);
      expect(rowsAt(linear, senderSlots, senderMask)).toEqual(upTo(0, last - 1));
      for (const nth of [1, count, last]) {
        expect([senders.macOf(nth - 1), senders.pointOf(nth - 1)]).toEqual([mac(nth), nth % 3]);
        // A record of 32 octets: the upper two octets of the address, the other four, the point.
        const record = linear.view(Int32Array, at + 32 * (nth - 1), 3);
        expect([...record]).toEqual([0x8200 + (nth & 1), (0xf0000000 + nth) | 0, nth % 3]);
      }
    }
  });

  test('are told apart by each part of their address and by the point, also without one', () => {
    const senders = new CheckedSenders(6);
    const address = (...octets: number[]) => ({ bytes: Uint8Array.from(octets), sourceMacAt: 0 });
    const given: [Partial<Packet>, number][] = [
      [address(1, 2, 3, 4, 5, 6), 0],
      [address(1, 2, 3, 4, 5, 7), 0],
      [address(1, 3, 3, 4, 5, 6), 0],
      [address(1, 2, 3, 4, 5, 6), 1],
      [{ sourceMacAt: -1 }, 0],
      [{ sourceMacAt: -1 }, 1],
      [address(9, 9, 9, 9, 9, 9), 1],
    ];
    for (let time = 0; time < 2; time++)
      expect(given.map(([some, point]) => senders.find(packetOf(some), point))).toEqual([0, 1, 2, 3, 4, 5, NO_SENDER]);
    expect([senders.macOf(0), senders.macOf(4), senders.pointOf(5)]).toEqual(['01:02:03:04:05:06', null, 1]);
    // Only those of whom something is known are told.
    expect(senders.finish()).toEqual([]);
    senders.records.setRightAnswered(0, 2);
    senders.records.setWrong(32, 1);
    senders.records.setWrongAnswered(64, 1);
    senders.records.setData(96, 5);
    expect(senders.finish()).toEqual([
      { point: 0, mac: '01:02:03:04:05:06', rightAnswered: 2, wrong: 0, wrongAnswered: 0 },
      { point: 0, mac: '01:02:03:04:05:07', rightAnswered: 0, wrong: 1, wrongAnswered: 0 },
    ]);
  });

  test('are fewer than their number has values, whatever is asked for', () => {
    const senders = new CheckedSenders(100_000);
    const find = (nth: number) =>
      senders.find(packetOf({ bytes: Uint8Array.of(0, 0, 0, 0, nth >> 8, nth & 255), sourceMacAt: 0 }), nth >> 16);
    for (let nth = 0; nth < NO_SENDER; nth++) if (find(nth) !== nth) expect(find(nth)).toBe(nth);
    expect([NO_SENDER, find(NO_SENDER), find(NO_SENDER - 1)]).toEqual([65_535, 65_535, 65_534]);
  });
});

describe('fates of packets', () => {
  /** A SYN of each biflow, of which only the state is asked. */
  const give = (fates: PacketFates, flow: number): void =>
    fates.onPacket(
      packetOf({ protocol: 6, tcpFlags: 2, tcpSeq: 1000 + flow, transportAt: 20, bytes: new Uint8Array(40), end: 40 }),
      { ...NOTHING_SEEN, flow },
    );

  test.each([1, 254, 255, 256])('%i biflows move, and more come', (count) => {
    const linear = linearMemory();
    const fates = new PacketFates({ ...DEFAULT_LIMITS, checkedFlows: 900, checkedFirstData: 77 });
    for (let flow = 0; flow < count; flow++) give(fates, flow);
    fates.moveInto(linear);
    for (let last = count; last <= 1001; last += 500) {
      for (let flow = 0; flow < last; flow++) give(fates, flow);
      const { fates: states, fateRows, expected, fateSenders, fateFlows, firstData, senders } = fates.places;
      expect([fateFlows, firstData, Math.min(states, expected, fateSenders, senders) >= 640]).toEqual([900, 77, true]);
      const known = Math.min(900, last);
      expect(fateRows).toBeGreaterThanOrEqual(2 * known);
      const state = linear.view(Uint8Array, states, fateRows);
      const acks = linear.view(Uint32Array, expected, fateRows);
      const sender = linear.view(Uint16Array, fateSenders, fateRows);
      // Of each biflow the row of the client waits for what follows the SYN; that of the server is untouched.
      for (let flow = 0; flow < known; flow++)
        if (acks[2 * flow] !== 1001 + flow || (state[2 * flow] & 4) === 0 || sender[2 * flow] !== 0)
          expect([flow, acks[2 * flow], state[2 * flow]]).toEqual([flow, 1001 + flow, 4]);
      expect(state.filter((one, row) => row % 2 === 1 && one !== 0)).toEqual(new Uint8Array());
      expect(state.subarray(2 * known).some((one) => one !== 0)).toBe(false);
    }
  });
});

describe('records of contents', () => {
  test.each([1, 64, 65, 200])('%i of them move, and more are added', (count) => {
    const linear = linearMemory();
    const table = new ContentTable(1000);
    const evicted: number[] = [];
    const text = (connection: number) => Uint8Array.from({ length: 3 }, (_, at) => (connection + at) & 255);
    const add = (connection: number) => {
      const at = table.add(connection, (one) => evicted.push(one));
      table.setText(at, text(connection), 0, 3);
    };
    // Every third connection has a record.
    for (const nth of upTo(1, count)) add(3 * nth);
    table.moveInto(linear);
    for (const last of [count, count + 500]) {
      for (let nth = 1; nth <= last; nth++) if (table.find(3 * nth) < 0) add(3 * nth);
      const { contents, contentPlaces, contentRows } = table.places;
      expect(contentRows).toBeGreaterThan(3 * last);
      const places = linear.view(Uint32Array, contentPlaces, contentRows);
      expect(Math.min(contents, contentPlaces)).toBeGreaterThanOrEqual(640);
      for (const nth of upTo(1, last)) {
        const at = table.find(3 * nth);
        // A record of 192 octets begins with the number of its connection.
        const told = [places[3 * nth], at, linear.view(Uint32Array, contents + at, 1)[0], table.find(3 * nth - 1)];
        if (String(told) !== String([nth, 192 * (nth - 1), 3 * nth, -1])) expect(told).toEqual([nth]);
        expect(table.textOf(at)).toEqual(text(3 * nth));
      }
      expect(table.find(1_000_000)).toBe(-1);
    }
    expect(evicted).toEqual([]);
  });

  test('of which all are taken: the oldest gives way, and what ended is taken first', () => {
    const table = new ContentTable(3);
    const evicted: number[] = [];
    const add = (connection: number) =>
      table.add(connection, (at) => {
        evicted.push(table.records.connection(at));
        table.end(table.records.connection(at));
      });
    expect([10, 20, 30].map(add)).toEqual([0, 192, 384]);
    table.records.setAnswers(192, 5);
    table.end(20);
    expect([table.find(20), add(40), table.records.answers(192), evicted]).toEqual([-1, 192, 0, []]);
    expect([50, 60, 70, 80].map(add)).toEqual([0, 192, 384, 0]);
    expect([evicted, table.find(80), table.find(50)]).toEqual([[10, 40, 30, 50], 0, -1]);
    table.end(50);
    expect(add(90)).toBe(192);
  });

  test('keep 64 octets of a text', () => {
    const table = new ContentTable(3);
    const at = [1, 2].map((connection) => table.add(connection, () => {}));
    const bytes = Uint8Array.from({ length: 100 }, (_, nth) => nth);
    const kept = (octets: number) => {
      for (const one of at) table.setText(one, bytes, one === 0 ? 1 : 2, octets);
      return at.map((one) => [...table.textOf(one)]);
    };
    for (const [octets, most] of [
      [0, 0],
      [1, 1],
      [64, 64],
      [65, 64],
      [2, 2],
    ])
      expect(kept(octets)).toEqual([upTo(1, most), upTo(2, most + 1)]);
  });
});

describe('connections', () => {
  test('go on where they move: all that is told of them stays the same', () => {
    const text = `${HANDSHAKE}+0.1 > P. 1:101 ack 1 mac 1:2\n+0.2 < P. 1:2001 ack 101 mac 2:1\n+0.1 > . 101:101 ack 2001`;
    const [moved, stayed] = [newTracker(), newTracker()];
    trace(text, { tracker: moved });
    trace(text, { tracker: stayed });
    moved.moveInto(linearMemory());
    const further = '4 > S 0:0 port 7\n5 < S. 0:0 ack 1 port 7\n6 > P. 101:201 ack 2001\n7 < . 2001:2001 ack 201';
    expect(trace(further, { tracker: moved }).connections).toEqual(trace(further, { tracker: stayed }).connections);
  });

  test('that a core adds are counted, up to the limit, the tables and the budget', () => {
    const { flows } = roomFor({ flowBytes: 32 * 2 ** 20, otherBytes: 2 ** 30 });
    const left = flows.left('connection');
    const tracker = newTracker({ connections: 100_000, room: flows });
    trace(HANDSHAKE, { tracker });
    expect([flows.left('connection'), tracker.newConnections]).toEqual([left - 1, 408]);
    tracker.countAdded(0);
    tracker.countAdded(8);
    expect([flows.left('connection'), tracker.newConnections, tracker.finish(0).total]).toEqual([left - 9, 400, 9]);
    // The bytes of 64 are left to biflows of the same run.
    flows.take('connection', left - 9 - 64 - 5);
    expect(tracker.newConnections).toBe(5);
    flows.take('connection', 6);
    expect(tracker.newConnections).toBe(0);
    const few = newTracker({ connections: 20 });
    trace(HANDSHAKE, { tracker: few });
    expect(few.newConnections).toBe(19);
    few.countAdded(3);
    expect([few.newConnections, few.finish(0).total]).toEqual([16, 4]);
  });

  test('whose segments a core has followed are described and counted', () => {
    const tracker = newTracker();
    trace(`${HANDSHAKE}+0 > . 5:9 ack 1 mac 1:2`, { tracker });
    expect(tracker.kinds).not.toBe(0);
    tracker.setLatest(7, 1);
    expect([tracker.connection, tracker.direction, tracker.kinds]).toEqual([7, 1, 0]);
    for (const [point, segments] of [
      [2, 3],
      [2, 4],
      [1, 0],
      [0, 1],
    ])
      tracker.countSuperSegments(point, segments);
    expect([...tracker.superSegments]).toEqual([
      [2, 7],
      [0, 1],
    ]);
  });

  test('are named by a core by the ports of servers', () => {
    const linear = linearMemory();
    const tracker = newTracker();
    trace('0 > S 0:0 listener 5000', { tracker });
    tracker.moveInto(linear);
    trace('0 > S 0:0 listener 6000 port 9', { tracker });
    const ports = linear.view(Uint8Array, tracker.serverPorts, 65_536);
    expect([...ports.entries()].filter(([, known]) => known !== 0)).toEqual([
      [5000, 1],
      [6000, 1],
    ]);
    expect(tracker.serverPorts).toBeGreaterThanOrEqual(640);
  });
});
