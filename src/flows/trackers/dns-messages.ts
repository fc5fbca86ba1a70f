import { DNS_PORT, type DnsMessage, readDnsMessage } from '../../decode/messages/dns-message.ts';
import { RecentNames } from '../../decode/messages/recent-names.ts';
import type { Packet } from '../../decode/packet.ts';
import { DnsStream } from './dns-stream.ts';
import type { DnsTracker } from './dns-tracker.ts';
import { NO_FLOW_IN_ROW } from './flow-numbers.ts';
import type { Seen } from './observation.ts';
import type { DnsSighting } from './open-lookup.ts';

/** Opcode of a standard query (RFC 1035, 4.1.1). */
const DNS_QUERY = 0;

export const isDns = ({ sourcePort, destinationPort }: Packet): boolean =>
  sourcePort === DNS_PORT || destinationPort === DNS_PORT;

/** Reads the messages of DNS in datagrams and streams, and hands on queries and responses. */
export class DnsMessages {
  readonly #stream = new DnsStream();
  readonly #names = new RecentNames();
  readonly #tracker: DnsTracker;

  constructor(tracker: DnsTracker) {
    this.#tracker = tracker;
  }

  onDatagram(packet: Packet, encapsulation: number, { point, time, flow }: Seen): void {
    const message = readDnsMessage(packet.bytes, packet.payloadAt, packet.payloadEnd, this.#names);
    this.#onMessage(packet, message, { point, time, encapsulation, flow, transport: 'udp' });
  }

  /** @param owner number of the direction of a connection */
  onSegment(owner: number, packet: Packet, encapsulation: number, seen: Seen): void {
    this.#stream.onSegment(owner, packet, (bytes, at, end) =>
      this.#onMessage(packet, readDnsMessage(bytes, at, end, this.#names), {
        ...seen,
        encapsulation,
        transport: 'tcp',
      }),
    );
  }

  #onMessage(packet: Packet, message: DnsMessage | undefined, sighting: DnsSighting): void {
    if (sighting.flow === NO_FLOW_IN_ROW || message === undefined || message.opcode !== DNS_QUERY) return;
    this.#tracker.onMessage(packet, message, sighting);
  }
}
