/** Draws small traces of one connection, with numbers that do not wrap (`Seen`). */
import fc from 'fast-check';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import type { TcpTracker } from '../../../src/flows/tcp/tcp-tracker.ts';
import { raw, type Seen } from './reference-connection.ts';
import { CLIENT, kindNames, SERVER } from './segment-trace.ts';

const mostly = <T>(usual: T, other: fc.Arbitrary<T>, weight: number): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

/** What one side does: new data, or something else. Times are sums of powers of two, so that they are exact. */
const step = fc.record({
  side: fc.constantFrom<0 | 1>(0, 1),
  what: mostly('go on', fc.constantFrom('fin', 'reset', 'bare reset', 'syn again', 'keep-alive', 'probe'), 14),
  length: fc.constantFrom<number[]>(0, 0, 0, 1, 6, 7, 100, 100, 300, 1000, 1460),
  /** Octets by which it begins behind (below 0: before) the end of what its sender sent. */
  ahead: mostly(0, fc.constantFrom(-1460, -300, -200, -100, -100, -6, -1, 100, 200, 1460), 4),
  /** The same for the acknowledgement and what its peer sent; `null`: as before. */
  acks: fc.oneof(
    { weight: 5, arbitrary: fc.constant<number | null>(0) },
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom<number | null>(-300, -100, 100, 200) },
  ),
  window: mostly(8, fc.constantFrom<number[]>(0, 0, 4, 9), 8),
  sack: fc.oneof(
    { weight: 12, arbitrary: fc.constant<[number, number][]>([]) },
    { weight: 2, arbitrary: fc.constant<[number, number][]>([[100, 300]]) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<[number, number][]>(
        [[-100, 0]],
        [
          [-200, -100],
          [100, 200],
        ],
        [
          [100, 200],
          [100, 400],
        ],
        [
          [200, 400],
          [600, 700],
        ],
        [[3_000_000, 3_000_100]],
        [[-3_000_100, -3_000_000]],
      ),
    },
  ),
  psh: fc.boolean(),
  ttl: mostly(64, fc.constantFrom(63, 62), 20),
  mac: mostly(1, fc.constantFrom(2, 3), 20),
  tunnel: mostly(-1, fc.constantFrom(0, 1, 2), 20),
  dontFragment: mostly(false, fc.constant(true), 20),
  /** Steps of the IP ID of its sender; 0 for an ID of 0. */
  ids: mostly(1, fc.constantFrom(0, -2, 5000), 12),
  pause: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(1 / 1024, 4 / 1024, 8 / 1024) },
    { weight: 2, arbitrary: fc.constantFrom(0, 2 / 1024, 16 / 1024, 24 / 1024, 48 / 1024, 0.25) },
    { weight: 1, arbitrary: fc.constantFrom(0.5, 1, 1.5, 3) },
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const USUAL: Step = {
  side: 0,
  what: 'go on',
  length: 0,
  ahead: 0,
  acks: 0,
  window: 8,
  sack: [],
  psh: false,
  ttl: 64,
  mac: 1,
  tunnel: -1,
  dontFragment: false,
  ids: 1,
  pause: 1 / 1024,
};

const ends = {
  greeted: mostly(true, fc.constant(false), 4),
  /** First numbers: near the wrap, and anywhere. */
  iss: fc.tuple(
    fc.oneof(fc.integer({ min: 0xfffff800, max: 0xffffffff }), fc.integer({ min: 1, max: 0xffffffff })),
    fc.integer({ min: 1, max: 0xffffffff }),
  ),
  scales: fc.tuple(fc.constantFrom(null, 0, 2, 7), fc.constantFrom(null, 0, 2, 7)),
  mss: fc.tuple(fc.constantFrom(null, 536, 1000, 1460), fc.constantFrom(null, 536, 1000, 1460)),
  /** Timestamps say in which order segments were sent; `again` is what a copy has. */
  stamps: fc.constantFrom('none', 'rising', 'same'),
  idsOf: fc.constantFrom('counter', 'none'),
  roundTrip: fc.constantFrom(2 / 1024, 16 / 1024, 64 / 1024),
};
export const drawn = fc.record({ ...ends, steps: fc.array(step, { minLength: 2, maxLength: 45 }) });
export type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never;

/** Requests and answers in order, mostly acknowledged at the end, sometimes with one step that is not. */
export const drawnCalm: fc.Arbitrary<Drawn> = fc
  .record({
    ...ends,
    turns: fc.array(
      fc.record({
        length: fc.constantFrom(1, 100, 1460),
        answer: fc.constantFrom(0, 100, 1460),
        pause: fc.constantFrom(1 / 1024, 48 / 1024, 0.25, 2),
      }),
      { minLength: 0, maxLength: 6 },
    ),
    odd: fc.option(fc.tuple(fc.nat(20), step), { freq: 1 }),
    closing: fc.constantFrom<('fin' | 'reset')[]>([], [], ['fin'], ['fin', 'fin'], ['fin', 'fin'], ['reset']),
    isAcked: mostly(true, fc.constant(false), 4),
  })
  .map(({ turns, odd, closing, isAcked, ...rest }) => {
    const steps = turns.flatMap(({ length, answer, pause }): Step[] => [
      { ...USUAL, length, pause },
      { ...USUAL, side: 1, length: answer },
      USUAL,
    ]);
    for (const [nth, what] of closing.entries()) steps.push({ ...USUAL, side: nth as 0 | 1, what });
    if (isAcked) steps.push(USUAL, { ...USUAL, side: 1, window: 9 });
    if (odd !== null) steps.splice(odd[0], 0, odd[1]);
    return { ...rest, steps };
  });

/** A large transfer: flights of several segments, acknowledged at once or in parts, with pauses and a window that shuts. */
const flight = fc.record({
  segments: fc.integer({ min: 1, max: 4 }),
  length: fc.constantFrom(1460, 5840, 14_600),
  /** Octets that the acknowledgement leaves out. */
  short: mostly(0, fc.constantFrom(1460, 5840), 3),
  window: fc.constantFrom(8, 16, 30, 60),
  wait: fc.constantFrom(4 / 1024, 16 / 1024, 64 / 1024),
  pause: fc.constantFrom(1 / 1024, 1 / 1024, 24 / 1024, 0.25, 0.5),
  asks: mostly(false, fc.constant(true), 12),
});

export const drawnTransfer: fc.Arbitrary<Drawn> = fc
  .record({ ...ends, sender: fc.constantFrom<0 | 1>(0, 1), flights: fc.array(flight, { minLength: 6, maxLength: 20 }) })
  .map(({ sender, flights, ...rest }) => ({
    ...rest,
    steps: flights.flatMap(({ segments, length, short, window, wait, pause, asks }): Step[] => {
      const peer = { ...USUAL, side: (1 - sender) as 0 | 1, pause: wait, acks: 0 - short, window };
      const data = { ...USUAL, side: sender, length };
      const rest = Array.from({ length: segments - 1 }, () => data);
      return [{ ...data, pause }, ...rest, { ...peer, length: asks ? 100 : 0 }];
    }),
  }));

/** The same few steps many times: as often as lists have places, once less, once more, and some more. */
export const drawnAgain: fc.Arbitrary<Drawn> = fc
  .record({
    ...ends,
    cycle: fc.array(step, { minLength: 2, maxLength: 5 }),
    times: fc.constantFrom(7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 34, 63, 64, 65, 70),
  })
  .map(({ cycle, times, ...rest }) => ({ ...rest, steps: Array.from({ length: times }, () => cycle).flat() }));

/** The segments of a draw, in order. Windows of steps are in units of 1000 octets, without their scale. */
export function segmentsOf({ steps, greeted, iss, scales, mss, stamps, idsOf, roundTrip }: Drawn): Seen[] {
  const next: [number, number] = [iss[0], iss[1]];
  const acked: [number, number] = [iss[1], iss[0]];
  const ids = [100, 65_500];
  const all: Seen[] = [];
  let time = 4;
  const send = (one: Step, flags: Partial<Seen>): void => {
    time += one.pause;
    const { side } = one;
    ids[side] = (ids[side] + one.ids + 65_536) % 65_536 || 1;
    const acks = one.acks === null ? acked[side] : next[1 - side] + one.acks;
    const s: Seen = {
      number: all.length + 1,
      time,
      side,
      syn: false,
      fin: false,
      rst: false,
      psh: one.psh,
      seq: next[side] + one.ahead,
      ack: acks,
      length: one.length,
      window: one.window * 1000,
      mss: null,
      scale: null,
      timestamp: stamps === 'none' ? null : stamps === 'same' ? 77 : 1000 + Math.floor(time * 256),
      sack: one.sack.map(([left, right]) => [acks + left, acks + right]),
      ttl: one.ttl,
      ipId: idsOf === 'none' || one.ids === 0 ? 0 : ids[side],
      dontFragment: one.dontFragment,
      mac: one.mac,
      tunnel: one.tunnel,
      ...flags,
    };
    all.push(s);
    next[side] = Math.max(next[side], s.rst ? 0 : s.seq + s.length + (s.syn || s.fin ? 1 : 0));
    if (s.ack !== null) acked[side] = s.ack;
  };
  const syn = (side: 0 | 1) => ({
    syn: true,
    length: 0,
    sack: [],
    mss: mss[side],
    scale: scales[side],
    seq: iss[side],
  });
  if (greeted) {
    send({ ...USUAL, pause: 0 }, { ...syn(0), ack: null });
    send({ ...USUAL, side: 1, pause: roundTrip / 2 }, syn(1));
    send({ ...USUAL, pause: roundTrip / 2 }, {});
  } else send(USUAL, {});
  for (const one of steps)
    if (one.what === 'go on') send(one, {});
    else if (one.what === 'fin') send(one, { fin: true });
    else if (one.what === 'reset') send(one, { rst: true, psh: false, length: 0, sack: [] });
    else if (one.what === 'bare reset') send(one, { rst: true, psh: false, length: 0, sack: [], ack: null });
    else if (one.what === 'keep-alive')
      send({ ...one, ahead: -1, length: one.length % 2 === 1 ? 1 : 0, acks: null }, { sack: [] });
    else if (one.what === 'probe') send({ ...one, ahead: 0, length: 1 }, { sack: [] });
    else if (greeted) send(one, { ...syn(one.side), ...(one.side === 0 ? { ack: null } : { ack: iss[0] + 1 }) });
  return all;
}

/** Gives the segments to a tracker. @returns the kinds of each */
export function play(segments: readonly Seen[], tracker: TcpTracker): string[] {
  const packet = new Packet(new AddressBook());
  return segments.map((s) => {
    fill(packet, s);
    tracker.onPacket(packet, 0, s.time, s.tunnel, 0);
    return kindNames(tracker.kinds);
  });
}

export function fill(packet: Packet, s: Seen): void {
  const ends = [CLIENT, SERVER];
  const ports = [40_000, 80];
  Object.assign(packet, {
    number: s.number,
    ipVersion: 4,
    protocol: 6,
    transportAt: 34,
    ipAt: 14,
    bytes: new Uint8Array(14).fill(s.mac),
    sourceMacAt: 6,
    destinationMacAt: 0,
    originalLength: 65_535,
    source: ends[s.side],
    destination: ends[1 - s.side],
    sourcePort: ports[s.side],
    destinationPort: ports[1 - s.side],
    ttl: s.ttl,
    ipId: s.ipId,
    dontFragment: s.dontFragment,
    l3Length: 40 + s.length,
    payloadLength: s.length,
    tcpSeq: raw(s.seq),
    tcpAck: raw(s.ack ?? 0),
    tcpFlags: (s.fin ? 1 : 0) | (s.syn ? 2 : 0) | (s.rst ? 4 : 0) | (s.psh ? 8 : 0) | (s.ack === null ? 0 : 16),
    tcpWindow: s.window,
    tcpMss: s.mss ?? -1,
    tcpWindowScale: s.scale ?? -1,
    tcpSackPermitted: s.syn,
    tcpHasTimestamps: s.timestamp !== null,
    tcpTsValue: raw(s.timestamp ?? 0),
    tcpSackCount: s.sack.length,
  });
  packet.tcpSack.set(s.sack.flat().map(raw));
}
