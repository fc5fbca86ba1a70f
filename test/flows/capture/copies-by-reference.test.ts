import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressBook } from '../../../src/decode/address-book.ts';
import { PacketDecoder } from '../../../src/decode/decode-packet.ts';
import { Copies } from '../../../src/flows/capture/copies.ts';
import type { PacketLoop } from '../../../src/flows/evidence/evidence.ts';
import { DEFAULT_LIMITS } from '../../../src/flows/limits.ts';
import { payloadHash } from '../../../src/flows/rows/payload-hash.ts';
import { NOTHING_SEEN } from '../../../src/flows/trackers/observation.ts';
import { recordOf } from '../../support/capture-bytes.ts';
import { ethernet, icmp, ipv4, type LayerOfFrame, type Payload, tcp, udp } from '../../support/frames.ts';
import { isLong } from '../../support/long-run.ts';

/** Copies and loops by the table in the docstring of `Copies`, with a list of all packets. */

const KINDS = [
  'data',
  'ack',
  'syn',
  'syn-ack',
  'fin',
  'reset',
  'stamped',
  'datagram',
  'dns',
  'ping',
  'unreachable',
] as const;
type Kind = (typeof KINDS)[number];
/** A sender sends it once: what is equal within a millisecond was captured twice. */
const SENT_ONCE: ReadonlySet<Kind> = new Set(['data', 'syn', 'fin', 'stamped', 'dns', 'ping']);

const drawnPacket = fc.record({
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Kind>('data') },
    { weight: 5, arbitrary: fc.constantFrom(...KINDS) },
  ),
  side: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
  id: fc.constantFrom(0, 0, 7),
  number: fc.constantFrom(1, 1, 1, 2),
  mac: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
  ttl: fc.constantFrom(60, 60, 60, 59, 58, 57),
  gap: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(0.0002, 0.0009) },
    { weight: 3, arbitrary: fc.constantFrom(0.0011, 0.004, 0.006, 0.049, 0.051, 0.9, 1.1) },
  ),
});
type Drawn = typeof drawnPacket extends fc.Arbitrary<infer T> ? T : never;

function layerOf({ kind, side, number }: Drawn): Payload {
  const ports = side === 0 ? { sourcePort: 40_000, destinationPort: 80 } : { sourcePort: 80, destinationPort: 40_000 };
  const segment = (flags: string, payload = '', some: object = {}): LayerOfFrame =>
    tcp({ ...ports, seq: number, flags, ...some }, payload);
  if (kind === 'data') return segment('.', 'data');
  if (kind === 'ack') return segment('.');
  if (kind === 'syn') return segment('S');
  if (kind === 'syn-ack') return segment('S.');
  if (kind === 'fin') return segment('F.');
  if (kind === 'reset') return segment('R');
  if (kind === 'stamped') return segment('.', 'data', { timestamps: [5, 6] });
  if (kind === 'datagram') return udp(ports, `text ${number}`);
  if (kind === 'dns')
    return udp(side === 0 ? { ...ports, destinationPort: 53 } : { ...ports, sourcePort: 53 }, `query ${number}`);
  return icmp({ type: kind === 'ping' ? 8 : 3, id: 1, sequence: number }, `data ${number}`);
}

const frameOf = (one: Drawn): Payload => {
  const [source, destination] = one.side === 0 ? ['192.0.2.1', '192.0.2.2'] : ['192.0.2.2', '192.0.2.1'];
  return ethernet(
    { source: `02:00:00:00:00:0${one.mac}` },
    ipv4({ source, destination, id: one.id, ttl: one.ttl }, layerOf(one)),
  );
};

interface Known extends Drawn {
  packet: number;
  time: number;
  isCopy: boolean;
  times: number;
  rises: number;
  passes: number;
  previous: Known | null;
  loop: PacketLoop | null;
}

class Reference {
  readonly all: Known[] = [];
  readonly loops: PacketLoop[] = [];

  take(drawn: Drawn, packet: number, time: number, most: number): Known {
    const isSamePacket = (one: Known) =>
      one.kind === drawn.kind && one.side === drawn.side && one.id === drawn.id && one.number === drawn.number;
    const earlier = this.all.findLast(isSamePacket);
    const isCopy = earlier !== undefined && this.#isSame(earlier, drawn, time);
    const known: Known = { ...drawn, packet, time, isCopy, times: 1, rises: 0, passes: 1, previous: null, loop: null };
    if (isCopy) this.#again(known, earlier, most);
    this.all.push(known);
    return known;
  }

  #isSame(earlier: Known, { kind, id, mac, ttl }: Drawn, time: number): boolean {
    const apart = time - earlier.time;
    const isOtherLink = mac !== earlier.mac || ttl !== earlier.ttl;
    if (id !== 0) {
      if (kind === 'stamped' || (ttl < earlier.ttl && apart <= 1)) return true;
      return apart <= (isOtherLink ? 0.05 : 0.005);
    }
    if (isOtherLink) return apart <= 0.05;
    if (apart > 0.001) return false;
    const once = this.all.filter((one) => one.id === 0 && SENT_ONCE.has(one.kind));
    const doubled = once.filter((one) => one.isCopy).length;
    if (!SENT_ONCE.has(kind)) return once.length >= 8 && doubled >= 0.4 * once.length;
    const areCopiesRare = this.all.filter((one) => one.isCopy).length < 0.05 * this.all.length;
    const since = this.all.slice(this.all.indexOf(earlier) + 1);
    return !(areCopiesRare && since.some((one) => one.side !== earlier.side && !one.isCopy));
  }

  /** A further pass of a packet: the third with a falling hop limit makes a loop. */
  #again(known: Known, earlier: Known, most: number): void {
    if (known.ttl === earlier.ttl) known.times = earlier.times + 1;
    known.rises = earlier.rises + (known.ttl > earlier.ttl ? 1 : 0);
    const { loop } = earlier;
    known.loop = loop;
    if (loop !== null) loop.rises = known.rises;
    if (known.ttl >= earlier.ttl) return;
    known.passes = earlier.passes + 1;
    known.previous = earlier;
    if (loop !== null) {
      if (known.ttl >= loop.ttls[loop.ttls.length - 1]) return;
      loop.ttls.push(known.ttl);
      loop.packets.push({ packet: known.packet, time: known.time });
    } else if (known.passes === 3 && this.loops.length < most) {
      const passes = [earlier.previous as Known, earlier, known];
      const [source, destination] = known.side === 0 ? ['192.0.2.1', '192.0.2.2'] : ['192.0.2.2', '192.0.2.1'];
      known.loop = {
        point: 0,
        source,
        destination,
        protocol: ['datagram', 'dns'].includes(known.kind) ? 17 : ['ping', 'unreachable'].includes(known.kind) ? 1 : 6,
        ipId: known.id,
        ttls: passes.map(({ ttl }) => ttl),
        packets: passes.map(({ packet, time }) => ({ packet, time })),
        rises: known.rises,
      };
      this.loops.push(known.loop);
    }
  }
}

test('copies and loops are those of the table', () => {
  fc.assert(
    fc.property(fc.array(drawnPacket, { maxLength: 60 }), fc.constantFrom(100, 1), (drawn, loops) => {
      const addresses = new AddressBook();
      const decoder = new PacketDecoder(addresses);
      const copies = new Copies({ ...DEFAULT_LIMITS, loops }, (address) => addresses.format(address));
      const reference = new Reference();
      let time = 0;
      for (const [index, one] of drawn.entries()) {
        time += one.gap;
        const packet = decoder.decode(recordOf(frameOf(one)), 1);
        packet.number = index + 1;
        const isCopy = copies.isCopy(packet, { ...NOTHING_SEEN, time, payloadHash: payloadHash(packet) }, 0);
        // One biflow: whoever speaks is the peer of the other.
        if (!isCopy) copies.setFlow(3, one.side);
        const known = reference.take(one, index + 1, time, loops);
        expect({ packet: index + 1, isCopy, times: copies.times }).toEqual({
          packet: index + 1,
          isCopy: known.isCopy,
          times: known.times,
        });
        expect([copies.flow, copies.direction]).toEqual([3, one.side]);
      }
      expect(copies.loops).toEqual(reference.loops);
    }),
    { seed: 49, numRuns: Number(process.env.FC_RUNS ?? (isLong() ? 800 : 250)) },
  );
});

test('packets go on after those that a core remembered', () => {
  const copies = new Copies(DEFAULT_LIMITS, String);
  copies.takeBack(5, 5, 0);
  expect(copies.nextRow).toBe(5);
  const packet = new PacketDecoder(new AddressBook()).decode(recordOf(ethernet({}, ipv4({ id: 1 }, udp({}, 'x')))), 1);
  copies.isCopy(packet, { ...NOTHING_SEEN }, 0);
  expect(copies.nextRow).toBe(6);
});
