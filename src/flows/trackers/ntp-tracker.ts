import {
  LEAP_UNKNOWN,
  NTP_PORT,
  readNtpAnswer,
  STRATUM_KISS,
  STRATUM_UNSYNCHRONISED,
} from '../../decode/messages/ntp.ts';
import type { Packet } from '../../decode/packet.ts';
import type { TimeServer } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { Seen } from './observation.ts';

/** Answers of time servers (NTP), counted by client and server. Only packets from port 123 get here. */
export class NtpTracker {
  readonly servers: TimeServer[] = [];
  readonly #byEnds = new Map<string, TimeServer>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  static concerns = ({ sourcePort, transportAt }: Packet): boolean => sourcePort === NTP_PORT && transportAt >= 0;

  onPacket(packet: Packet, { point, time, flow }: Seen): void {
    const answer = readNtpAnswer(packet.bytes, packet.payloadAt, packet.payloadEnd);
    if (answer === null) return;
    const key = `${point} ${packet.source} ${packet.destination}`;
    let server = this.#byEnds.get(key);
    if (server === undefined) {
      if (this.servers.length >= this.#limits.timeServers) return;
      server = {
        point,
        flow,
        client: packet.addresses.format(packet.destination),
        server: packet.addresses.format(packet.source),
        answers: 0,
        unsynchronised: 0,
        kisses: 0,
        code: '',
        bad: [],
      };
      this.#byEnds.set(key, server);
      this.servers.push(server);
    }
    server.answers++;
    const isKiss = answer.stratum === STRATUM_KISS;
    const isBad = answer.leap === LEAP_UNKNOWN || isKiss || answer.stratum >= STRATUM_UNSYNCHRONISED;
    if (!isBad) return;
    if (isKiss && answer.reference.length === 4) server.kisses++;
    else server.unsynchronised++;
    if (isKiss) server.code = answer.reference;
    if (server.bad.length < this.#limits.packetsPerItem) server.bad.push({ packet: packet.number, time });
  }
}
