import { AddressBook } from '../../dist/decode/address-book.js';
import { PacketDecoder } from '../../dist/decode/decode-packet.js';
import { readCapture } from '../../dist/decode/files/capture-source.js';
import { FRAGMENT_LATER } from '../../dist/decode/packet.js';
import { formatMac } from '../../dist/flows/compact/link-address.js';
import { encapsulationOf } from '../../dist/flows/encapsulation.js';
import { TcpTracker } from '../../dist/flows/tcp/tcp-tracker.js';

const TCP = 6;
const NANOSECONDS = 1e9;

/**
 * Kinds of every TCP segment of a capture, frame by frame: bit sets of `segment-kind.ts`, indexed by packet number.
 * For comparison with other programs: the whole file is one point and copies are not merged, as they do it.
 */
export async function classifySegments(source) {
  const sink = new SegmentSink();
  await readCapture(source, sink);
  return { packets: sink.packets, flags: sink.flags.slice(0, sink.packets + 1), shortFrames: sink.shortFrames };
}

class SegmentSink {
  packets = 0;
  /** TCP packets whose IP header claims more octets than the frame had on the wire. */
  shortFrames = 0;
  flags = new Uint16Array(1024);
  #addresses = new AddressBook();
  #decoder = new PacketDecoder(this.#addresses);
  #linkTypes = [];
  #flows = 0;
  #base;
  #tracker = new TcpTracker({
    nextFlow: () => this.#flows++,
    formatAddress: (address) => this.#addresses.format(address),
    formatMac,
    connections: 1_000_000,
    unackedSegments: 1_000_000,
  });

  onInterface({ index, linkType }) {
    this.#linkTypes[index] = linkType;
  }

  onRecord(record) {
    const packet = this.#decoder.decode(record, this.#linkTypes[record.interfaceIndex] ?? 0);
    packet.number = ++this.packets;
    this.#base ??= { seconds: record.seconds, nanoseconds: record.nanoseconds };
    if (this.packets >= this.flags.length) {
      const larger = new Uint16Array(this.flags.length * 2);
      larger.set(this.flags);
      this.flags = larger;
    }
    if (packet.protocol !== TCP || packet.transportAt < 0 || packet.fragment === FRAGMENT_LATER) return;
    const time =
      ((record.seconds - this.#base.seconds) * NANOSECONDS + (record.nanoseconds - this.#base.nanoseconds)) /
      NANOSECONDS;
    if (packet.ipAt - packet.start + packet.l3Length > packet.originalLength) this.shortFrames++;
    if (this.#tracker.onPacket(packet, 0, time, -1, encapsulationOf(packet)))
      this.flags[this.packets] = this.#tracker.kinds;
  }

  onProblem() {
    // A comparison takes what can be read.
  }
}
