import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { Packet } from '../../../src/decode/packet.ts';
import { ConnectionTable } from '../../../src/flows/tcp/connection-table.ts';
import { RECORD_BYTES } from '../../../src/flows/tcp/record-marks.ts';
import type { TcpTracker } from '../../../src/flows/tcp/tcp-tracker.ts';
import { CLIENT, newTracker, SERVER } from './segment-trace.ts';

/** `usual` most of the time, else something else. */
const mostly = <T>(usual: T, other: fc.Arbitrary<T>, weight = 30): fc.Arbitrary<T> =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });

/** What one segment of a conversation does otherwise than the last one of its sender; mostly nothing. */
const step = fc.record({
  fromClient: fc.boolean(),
  length: fc.constantFrom(0, 0, 1, 100, 1000, 1460, 2000),
  flags: mostly(16, fc.constantFrom(2, 18, 24, 17, 4, 20, 0, 48)),
  seqStep: mostly(0, fc.constantFrom(-2000, -100, -1, 1, 100, 3000, 0x68000000)),
  ackStep: mostly(0, fc.constantFrom(-1000, -100, -1, 1, 100)),
  /** Repeats the sender's last acknowledgement. */
  oldAck: mostly(false, fc.boolean(), 3),
  window: mostly(500, fc.constantFrom(0, 1, 400, 65535)),
  sack: mostly(0, fc.constantFrom(100, 1000)),
  ttl: mostly(64, fc.constantFrom(63, 1)),
  tunnel: mostly(3, fc.constantFrom(-1, 4)),
  mac: mostly(1, fc.nat(3)),
  noMac: mostly(false, fc.boolean()),
  timestamps: mostly(true, fc.constant(false)),
  dontFragment: mostly(false, fc.constant(true)),
  ipId: mostly(-1, fc.nat(65535)),
  pause: mostly(0.001, fc.constantFrom(0, 0.05, 0.3, 1, 2, -0.5)),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const USUAL: Step = {
  fromClient: true,
  length: 0,
  flags: 16,
  seqStep: 0,
  ackStep: 0,
  oldAck: false,
  window: 500,
  sack: 0,
  ttl: 64,
  tunnel: 3,
  mac: 1,
  noMac: false,
  timestamps: true,
  dontFragment: false,
  ipId: -1,
  pause: 0.001,
};
const HANDSHAKE: readonly Step[] = [{ ...USUAL, flags: 2 }, { ...USUAL, flags: 18, fromClient: false }, USUAL];

/** Plays the conversation for both trackers; after each segment they have to tell the same. */
function play(steps: readonly Step[], iss: number, shift: number, trackers: readonly [TcpTracker, TcpTracker]): void {
  const packet = new Packet(new AddressBook());
  Object.assign(packet, { ipVersion: 4, protocol: 6, transportAt: 34, bytes: new Uint8Array(14) });
  const next = [iss, (iss + 77_777) >>> 0];
  const acked = [0, 0];
  let time = 0;
  for (const [index, one] of steps.entries()) {
    time += one.pause;
    const me = one.fromClient ? 0 : 1;
    const octets = one.length + ((one.flags & 3) !== 0 ? 1 : 0);
    const seq = (next[me] + one.seqStep) >>> 0;
    const ack = one.oldAck ? acked[me] : (next[1 - me] + one.ackStep) >>> 0;
    if (((seq + octets - next[me]) | 0) > 0) next[me] = (seq + octets) >>> 0;
    acked[me] = ack;
    packet.bytes.fill(one.mac);
    Object.assign(packet, {
      number: index + 1,
      source: me === 0 ? CLIENT : SERVER,
      destination: me === 0 ? SERVER : CLIENT,
      sourcePort: me === 0 ? 40000 : 80,
      destinationPort: me === 0 ? 80 : 40000,
      destinationMacAt: one.noMac ? -1 : 0,
      sourceMacAt: one.noMac ? -1 : 6,
      ttl: one.ttl,
      ipId: one.ipId < 0 ? (index + 1) & 0xffff : one.ipId,
      dontFragment: one.dontFragment,
      l3Length: 52 + one.length,
      payloadLength: one.length,
      tcpSeq: seq,
      tcpAck: ack,
      tcpFlags: one.flags,
      tcpWindow: one.window,
      tcpMss: (one.flags & 2) !== 0 ? 1460 : -1,
      tcpWindowScale: (one.flags & 2) !== 0 ? shift : -1,
      tcpSackPermitted: true,
      tcpHasTimestamps: one.timestamps,
      tcpTsValue: (0xfffffff0 + index) >>> 0,
      tcpSackCount: one.sack > 0 ? 1 : 0,
    });
    packet.tcpSack[0] = (ack + one.sack) >>> 0;
    packet.tcpSack[1] = (ack + 2 * one.sack) >>> 0;
    const told = trackers.map((tracker) => {
      tracker.onPacket(packet, 5, time, one.tunnel, 0);
      return [tracker.flow, tracker.direction, tracker.kinds];
    });
    if (String(told[0]) !== String(told[1])) expect({ index, told: told[0] }).toEqual({ index, told: told[1] });
  }
}

/** All bytes of all records. */
function recordsOf({ records }: TcpTracker): number[][] {
  return Array.from({ length: records.length }, (_, connection) => {
    const at = ConnectionTable.placeOf(connection);
    return [...records.blockOf(connection).bytesAt(at, RECORD_BYTES)];
  });
}

test('an ordinary segment changes the same state on the fast path as on the general one', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 150 }),
      fc.nat(0xffffffff),
      fc.constantFrom(-1, 0, 1, 14),
      fc.boolean(),
      (steps, iss, shift, greeted) => {
        const trackers = [newTracker(), newTracker({ ordinaryApart: false })] as const;
        play(greeted ? [...HANDSHAKE, ...steps] : steps, iss, shift, trackers);
        expect(recordsOf(trackers[0])).toEqual(recordsOf(trackers[1]));
        expect(trackers[0].superSegments).toEqual(trackers[1].superSegments);
        expect(trackers[0].finish(100)).toEqual(trackers[1].finish(100));
      },
    ),
    { numRuns: Number(process.env.FC_RUNS ?? 400) },
  );
});
