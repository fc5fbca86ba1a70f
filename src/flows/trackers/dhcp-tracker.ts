import {
  BOOT_REPLY,
  DHCP_ACK,
  DHCP_DISCOVER,
  DHCP_NAK,
  DHCP_OFFER,
  DHCP_REQUEST,
  DHCP_SERVER_PORT,
  type DhcpMessage,
  readDhcp,
} from '../../decode/messages/dhcp.ts';
import type { Packet } from '../../decode/packet.ts';
import { formatMac, macAt } from '../compact/link-address.ts';
import type { AddressLease, DhcpClient } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import type { Seen } from './observation.ts';

/** Which addresses DHCP assigned to which machines, and which machines ask for one in vain. */
export class DhcpTracker {
  readonly leases: AddressLease[] = [];
  readonly clients: DhcpClient[] = [];
  readonly #byMac = new Map<string, DhcpClient>();
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Messages to the server or a relay, and from it. */
  static concerns = ({ sourcePort, destinationPort, transportAt }: Packet): boolean =>
    transportAt >= 0 && (sourcePort === DHCP_SERVER_PORT || destinationPort === DHCP_SERVER_PORT);

  onPacket(packet: Packet, { point, time }: Seen): void {
    const message = readDhcp(packet.bytes, packet.payloadAt, packet.payloadEnd);
    if (message === null) return;
    const mac = formatMac(macAt(packet.bytes, message.macAt));
    const client = this.#clientOf(point, mac);
    if (message.op !== BOOT_REPLY) {
      if (client !== null) this.#onRequest(client, message, packet.number, time);
    } else if (packet.sourcePort === DHCP_SERVER_PORT) {
      const server = packet.addresses.format(packet.source);
      if (client !== null) onReply(client, message, server, this.#limits.packetsPerItem);
      this.#noteLease(packet, message, mac, server, point, time);
    }
  }

  #clientOf(point: number, mac: string): DhcpClient | null {
    const key = `${point} ${mac}`;
    let client = this.#byMac.get(key);
    if (client === undefined) {
      if (this.clients.length >= this.#limits.leases) return null;
      client = { point, mac, discovers: [], discoversTotal: 0, requests: 0, offers: 0, acks: 0, naks: 0, servers: [] };
      this.#byMac.set(key, client);
      this.clients.push(client);
    }
    return client;
  }

  #onRequest(client: DhcpClient, { type }: DhcpMessage, packet: number, time: number): void {
    if (type === DHCP_REQUEST) {
      client.requests++;
      forget(client);
    } else if (type === DHCP_DISCOVER) {
      client.discoversTotal++;
      if (client.discovers.length < this.#limits.packetsPerItem) client.discovers.push({ packet, time });
    }
  }

  /** Only an acknowledged lease is stored. An answer to DHCPINFORM assigns no address (RFC 2131, 4.3.5). */
  #noteLease(packet: Packet, message: DhcpMessage, mac: string, server: string, point: number, time: number): void {
    if (message.type !== DHCP_ACK || message.yourAddress === 0 || this.leases.length >= this.#limits.leases) return;
    const address = packet.addresses.format(message.yourAddress);
    this.leases.push({ packet: packet.number, time, point, mac, address, server });
  }
}

function onReply(client: DhcpClient, { type }: DhcpMessage, server: string, most: number): void {
  if (type === DHCP_OFFER) client.offers++;
  else if (type === DHCP_ACK) client.acks++;
  else if (type === DHCP_NAK) client.naks++;
  if (client.servers.length < most && !client.servers.includes(server)) client.servers.push(server);
  if (type !== DHCP_OFFER) forget(client);
}

/** What was asked before got its answer. */
function forget(client: DhcpClient): void {
  client.discovers = [];
  client.discoversTotal = 0;
  client.offers = 0;
}
