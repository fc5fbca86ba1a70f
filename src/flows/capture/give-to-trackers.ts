import { FRAGMENT_LATER, type Packet } from '../../decode/packet.ts';
import { formatMac } from '../compact/link-address.ts';
import { ContentTracker } from '../content/content-tracker.ts';
import { type CapturePoint, TO_CLIENT, TO_SERVER } from '../evidence/evidence.ts';
import type { Limits } from '../limits.ts';
import { mostHandedOn, type roomFor } from '../tables/capture-room.ts';
import { RETRANSMISSION } from '../tcp/segment-kind.ts';
import { TcpTracker } from '../tcp/tcp-tracker.ts';
import {
  ArpTracker,
  NEIGHBOUR_ADVERTISEMENT,
  NEIGHBOUR_SOLICITATION,
  type NeighbourMessage,
  readArp,
  readNeighbour,
} from '../trackers/arp-tracker.ts';
import { isCutSegment, isWithoutPorts } from '../trackers/cut-segment.ts';
import { DatagramTracker } from '../trackers/datagram-tracker.ts';
import { DhcpTracker } from '../trackers/dhcp-tracker.ts';
import { DnsMessages, isDns } from '../trackers/dns-messages.ts';
import { DnsTracker } from '../trackers/dns-tracker.ts';
import { EchoTracker, isEchoReply, isEchoRequest } from '../trackers/echo-tracker.ts';
import { ARP_FLOW, ECHO_FLOW, FlowNumbers, NO_FLOW_IN_ROW, setFlow } from '../trackers/flow-numbers.ts';
import { IcmpErrorTracker } from '../trackers/icmp-error-tracker.ts';
import { keptDatagrams, mostDatagrams } from '../trackers/kept-exchanges.ts';
import { NtpTracker } from '../trackers/ntp-tracker.ts';
import type { Seen } from '../trackers/observation.ts';
import type { CaptureDigest } from './capture-digest.ts';

const ICMP = 1;
const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;
/** Ports below this are assigned to servers (RFC 6335, 6). */
const FIRST_USER_PORT = 1024;

/** The part of a digest that `PacketTrackers` adds. */
type Tracked = Pick<
  CaptureDigest,
  | 'connections'
  | 'connectionsTotal'
  | 'connectionsEvicted'
  | 'openedLeftOut'
  | 'applications'
  | 'dns'
  | 'dnsTotal'
  | 'echoes'
  | 'echoesTotal'
  | 'arp'
  | 'claims'
  | 'leases'
  | 'dhcpClients'
  | 'datagrams'
  | 'datagramsTotal'
  | 'timeServers'
  | 'icmpErrors'
  | 'icmpErrorsTotal'
>;

/** Passes each packet to the tracker of its protocol, and determines its biflow. */
export class PacketTrackers {
  readonly #arp: ArpTracker;
  readonly #dhcp: DhcpTracker;
  readonly #echoes: EchoTracker;
  readonly #dns: DnsTracker;
  readonly #messages: DnsMessages;
  readonly #datagrams: DatagramTracker;
  readonly #icmpErrors: IcmpErrorTracker;
  readonly #ntp: NtpTracker;
  readonly tcp: TcpTracker;
  readonly contents: ContentTracker;
  readonly biflows: FlowNumbers;
  readonly #limits: Limits;
  readonly #formatAddress: (address: number) => string;
  /** Biflows so far: the number of the next one. */
  flowCount = 0;
  /** Number of lookups that the last `thin` kept. */
  #thinned = 0;

  constructor(
    limits: Limits,
    { flows, others }: ReturnType<typeof roomFor>,
    formatAddress: (address: number) => string,
  ) {
    this.#limits = limits;
    this.#formatAddress = formatAddress;
    this.#arp = new ArpTracker(limits, others);
    this.#dhcp = new DhcpTracker(limits);
    this.#echoes = new EchoTracker(limits, others);
    this.#dns = new DnsTracker(limits, others);
    this.#messages = new DnsMessages(this.#dns);
    this.#datagrams = new DatagramTracker(limits, others);
    this.#icmpErrors = new IcmpErrorTracker(limits);
    this.#ntp = new NtpTracker(limits);
    const nextFlow = (): number => this.flowCount++;
    this.biflows = new FlowNumbers(limits.biflows, nextFlow, flows);
    this.tcp = new TcpTracker({
      nextFlow,
      formatAddress,
      formatMac,
      connections: limits.connections,
      unackedSegments: limits.unackedSegments,
      room: flows,
      troubleRoom: others,
    });
    this.contents = new ContentTracker(this.tcp, limits, formatAddress);
  }

  /** Tracks an IP packet that is not a copy, and sets flow and direction of `seen`. */
  onIp(packet: Packet, encapsulation: number, seen: Seen): void {
    if (packet.fragment === FRAGMENT_LATER) {
      this.#plainFlow(packet, encapsulation, seen);
      return;
    }
    switch (packet.protocol) {
      case TCP:
        this.#onTcp(packet, encapsulation, seen);
        return;
      case UDP:
        this.#onUdp(packet, encapsulation, seen);
        return;
      case ICMP:
      case ICMPV6:
        this.#onIcmp(packet, encapsulation, seen);
        return;
      default:
        this.#plainFlow(packet, encapsulation, seen);
        this.#onDatagram(packet, encapsulation, seen);
    }
  }

  /** Tracks an ARP packet. Returns false when it could not be read. */
  onArp(packet: Packet, encapsulation: number, seen: Seen): boolean {
    const message = readArp(packet);
    if (message !== undefined) this.#onNeighbour(message, packet, encapsulation, seen);
    return message !== undefined;
  }

  /** @param alone whether the capture is compared with no other; then fewer ordinary items are handed on */
  finish(points: readonly CapturePoint[], { alone, compact }: { alone: boolean; compact: boolean }): Tracked {
    const limits = this.#limits;
    const applications = this.contents.finish();
    if (alone) this.#dns.thin(limits.ordinaryExchangesAlone);
    const datagrams = this.#datagrams.finish(this.#formatAddress);
    const telling = alone ? keptDatagrams(datagrams, limits.ordinaryExchangesAlone, this.#dns.exchanges) : datagrams;
    const most = mostHandedOn(
      {
        connection: Math.min(this.tcp.records.length, alone ? limits.keptConnectionsAlone : limits.keptConnections),
        datagram: telling.length,
        lookup: this.#dns.exchanges.length,
        ping: this.#echoes.exchanges.length,
        neighbour: this.#arp.exchanges.length,
      },
      limits.handedOnBytes,
    );
    this.#dns.keepFirst(most.lookup);
    const kept = mostDatagrams(telling, most.datagram, this.#dns.exchanges);
    const { connections, openedLeftOut, total, evicted } = compact
      ? this.tcp.finishCompact(most.connection, limits.keptOrdinary)
      : this.tcp.finish(most.connection);
    this.tcp.countQuality(points);
    return {
      connections,
      connectionsTotal: total,
      connectionsEvicted: evicted,
      openedLeftOut,
      applications,
      dns: compact ? this.#dns.finishCompact() : this.#dns.exchanges,
      dnsTotal: this.#dns.total,
      echoes: this.#echoes.exchanges.slice(0, most.ping),
      echoesTotal: this.#echoes.total,
      arp: this.#arp.exchanges.slice(0, most.neighbour),
      claims: this.#arp.claims(),
      leases: this.#dhcp.leases,
      dhcpClients: this.#dhcp.clients,
      datagrams: compact ? kept : kept.map((flow, index) => flow.toObject(index)),
      datagramsTotal: this.#datagrams.total,
      timeServers: this.#ntp.servers,
      icmpErrors: this.#icmpErrors.errors,
      icmpErrorsTotal: this.#icmpErrors.total,
    };
  }

  /**
   * Removes ordinary lookups beyond those that a capture analysed alone needs. For a capture with others, it turns them
   * into records.
   * @param grown the list is unchanged if it grew by fewer items since the last call
   * @param time of the latest packet
   */
  thin(grown: number, alone: boolean, time: number): void {
    if (this.#dns.exchanges.length < this.#thinned + grown) return;
    if (alone) this.#dns.thin(this.#limits.ordinaryExchangesAlone);
    else this.#dns.pack(time);
    this.#thinned = this.#dns.exchanges.length;
  }

  #onTcp(packet: Packet, encapsulation: number, seen: Seen): void {
    if (packet.transportAt < 0 || !this.tcp.onPacket(packet, seen.point, seen.time, seen.tunnel, encapsulation)) {
      this.#plainFlow(packet, encapsulation, seen);
      if (isCutSegment(packet)) this.#onDatagram(packet, encapsulation, seen);
      return;
    }
    seen.flow = this.tcp.flow;
    seen.direction = this.tcp.direction;
    seen.retransmission = (this.tcp.kinds & RETRANSMISSION) !== 0;
    if (packet.payloadLength > 0 && !this.tcp.contentRead) this.contents.onSegment(packet, seen.time);
    if (seen.retransmission) return;
    if (packet.payloadLength > 0 && isDns(packet))
      this.#messages.onSegment(2 * this.tcp.connection + this.tcp.direction, packet, encapsulation, seen);
  }

  #onUdp(packet: Packet, encapsulation: number, seen: Seen): void {
    this.#plainFlow(packet, encapsulation, seen);
    if (isWithoutPorts(packet)) return;
    this.#onDatagram(packet, encapsulation, seen);
    if (NtpTracker.concerns(packet)) this.#ntp.onPacket(packet, seen);
    if (DhcpTracker.concerns(packet)) this.#dhcp.onPacket(packet, seen);
    if (packet.transportAt >= 0 && isDns(packet)) this.#messages.onDatagram(packet, encapsulation, seen);
  }

  /** Tracks a datagram of DNS whose biflow a core has determined. */
  onTakenDatagram(packet: Packet, encapsulation: number, seen: Seen): void {
    this.#onDatagram(packet, encapsulation, seen);
    this.#messages.onDatagram(packet, encapsulation, seen);
  }

  #onIcmp(packet: Packet, encapsulation: number, seen: Seen): void {
    const { icmpType } = packet;
    const echo = packet.transportAt >= 0 && (isEchoRequest(packet) || isEchoReply(packet));
    if (echo) {
      this.#echoFlow(packet, encapsulation, seen);
      if (seen.flow !== NO_FLOW_IN_ROW) {
        this.#echoes.onPacket(packet, seen.point, seen.time, encapsulation, seen.flow);
      }
      return;
    }
    if (packet.protocol === ICMPV6 && (icmpType === NEIGHBOUR_SOLICITATION || icmpType === NEIGHBOUR_ADVERTISEMENT)) {
      const message = readNeighbour(packet);
      if (message !== undefined) {
        this.#onNeighbour(message, packet, encapsulation, seen);
        return;
      }
    }
    this.#plainFlow(packet, encapsulation, seen);
    if (packet.quotedAt >= 0) this.#icmpErrors.onPacket(packet, seen.point, seen.time, encapsulation);
    else if (!isWithoutPorts(packet)) this.#onDatagram(packet, encapsulation, seen);
  }

  #onDatagram(packet: Packet, encapsulation: number, seen: Seen): void {
    if (seen.flow === NO_FLOW_IN_ROW) return;
    const direction = seen.direction === TO_SERVER ? TO_SERVER : TO_CLIENT;
    this.#datagrams.onPacket(packet, seen.point, seen.time, encapsulation, seen.tunnel, seen.flow, direction);
  }

  #plainFlow(packet: Packet, encapsulation: number, seen: Seen): void {
    const { sourcePort, destinationPort } = packet;
    const fromServer = sourcePort < FIRST_USER_PORT && destinationPort >= FIRST_USER_PORT;
    const found = this.biflows.lookup(
      seen.point,
      packet.protocol,
      packet.source,
      sourcePort,
      packet.destination,
      destinationPort,
      encapsulation,
      !fromServer,
    );
    setFlow(seen, found);
  }

  #echoFlow(packet: Packet, encapsulation: number, seen: Seen): void {
    const { source, destination, sourcePort } = packet;
    const request = isEchoRequest(packet);
    const { point } = seen;
    setFlow(
      seen,
      this.biflows.lookup(point, ECHO_FLOW, source, sourcePort, destination, sourcePort, encapsulation, request),
    );
  }

  #onNeighbour(message: NeighbourMessage, packet: Packet, encapsulation: number, seen: Seen): void {
    const { askerNumber, targetNumber } = message;
    setFlow(seen, this.biflows.lookup(seen.point, ARP_FLOW, askerNumber, 0, targetNumber, 0, encapsulation, true));
    seen.direction = message.reply ? TO_CLIENT : TO_SERVER;
    if (seen.flow !== NO_FLOW_IN_ROW) this.#arp.onMessage(message, packet.number, seen.point, seen.time, seen.flow);
  }
}
