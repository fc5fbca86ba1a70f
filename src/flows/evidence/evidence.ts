/**
 * The contract between `flows` and the layers that judge: facts without judgement, as plain serialisable data
 * (DECISIONS.md). Times are seconds since the first packet of their capture, exact to the nanosecond of the file.
 * `point.timeShift` converts them to the common clock. Packet numbers are Wireshark's frame.number. Addresses are text.
 * Every list that can grow is capped; the `…Total` beside it counts everything.
 */
import type { ApplicationUse } from './applications.ts';
import type { CapturePoint, CaptureSummary } from './captures.ts';
import type { CarrierFlow } from './carriers.ts';
import type { CheckedDirection, CheckedSender } from './checksums.ts';
import type { ClockRelation, Conversation, DatagramsLeftOut, NatMapping, PathSummary } from './conversations.ts';
import type {
  AddressClaim,
  AddressLease,
  ArpExchange,
  DatagramFlow,
  DhcpClient,
  DnsExchange,
  EchoExchange,
  IcmpError,
  Probe,
  TimeServer,
} from './exchanges.ts';
import type { KnownCluster } from './known-cluster.ts';
import type { CorrelationNote } from './reasons.ts';
import type { Connection, OpenedConnections } from './tcp.ts';
import type { FragmentedDatagram, HostActivity, PacketLoop, TunnelFlow } from './tunnels.ts';

export * from './applications.ts';
export * from './captures.ts';
export * from './carriers.ts';
export * from './checksums.ts';
export * from './conversations.ts';
export * from './exchanges.ts';
export * from './known-cluster.ts';
export * from './packet-ref.ts';
export * from './reasons.ts';
export * from './series.ts';
export * from './tcp.ts';
export * from './tunnels.ts';
export * from './turns.ts';

/** Everything that heuristics may read. Lists of all captures are joined; `point` indexes are global. */
export interface Evidence {
  captures: CaptureSummary[];
  points: CapturePoint[];
  connections: Connection[];
  connectionsTotal: number;
  connectionsEvicted: number;
  openedLeftOut: OpenedConnections[];
  /** What connections carried, by client and server: all that were read, also those that are not in the list. */
  applications: ApplicationUse[];
  dns: DnsExchange[];
  dnsTotal: number;
  echoes: EchoExchange[];
  echoesTotal: number;
  arp: ArpExchange[];
  claims: AddressClaim[];
  leases: AddressLease[];
  dhcpClients: DhcpClient[];
  datagrams: DatagramFlow[];
  icmpErrors: IcmpError[];
  icmpErrorsTotal: number;
  /** Time servers and their clients. */
  timeServers: TimeServer[];
  probes: Probe[];
  probesTotal: number;
  tunnels: TunnelFlow[];
  hosts: HostActivity[];
  fragments: FragmentedDatagram[];
  fragmentsTotal: number;
  fragmentsIncomplete: number;
  loops: PacketLoop[];
  checked: CheckedDirection[];
  checkedSenders: CheckedSender[];
  carriers: CarrierFlow[];
  /** One for every biflow, including those with a single point (one leg, no hops). */
  conversations: Conversation[];
  /** Packets of ordinary conversations that `dropOrdinary` left out, by hop. Loss rates include them. */
  hopsLeftOut: { from: number; to: number; packets: number }[];
  /** The same for datagram flows, by hop, direction and the addresses of both ends. */
  datagramsLeftOut: DatagramsLeftOut[];
  /** Answered UDP flows, and answered DNS lookups, that `dropOrdinary` left out, by point. */
  answeredLeftOut: { point: number; udp: number; lookups: number }[];
  nat: NatMapping[];
  clocks: ClockRelation[];
  paths: PathSummary[];
  /** What correlation assumed or could not resolve: contradictions, presumed capture times, guessed order. */
  notes: CorrelationNote[];
  /** What the user specified (options, inventory). */
  known: KnownCluster;
}
