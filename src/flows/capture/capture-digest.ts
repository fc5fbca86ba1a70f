import type { AnyDatagram } from '../compact/compact-datagram.ts';
import type { AnyLookup } from '../compact/compact-lookup.ts';
import type {
  AddressClaim,
  AddressLease,
  ApplicationUse,
  ArpExchange,
  CapturePoint,
  CaptureSummary,
  CarrierFlow,
  CheckedDirection,
  CheckedSender,
  DhcpClient,
  EchoExchange,
  Evidence,
  FragmentedDatagram,
  HostActivity,
  IcmpError,
  OpenedConnections,
  PacketLoop,
  Probe,
  TimeServer,
  TunnelFlow,
} from '../evidence/evidence.ts';
import type { AnyConversation } from '../evidence/ordinary-conversation.ts';
import type { FlowCounts } from '../rows/flow-counts.ts';
import type { SightingTable } from '../rows/sighting-table.ts';
import type { AnyConnection } from '../tcp/compact-connection.ts';

/** Everything that `flows` extracts from one capture. A worker returns this. */
export interface CaptureDigest {
  capture: CaptureSummary;
  points: CapturePoint[];
  connections: AnyConnection[];
  connectionsTotal: number;
  /** Connections whose state was evicted to stay within the budget. */
  connectionsEvicted: number;
  /** Connections that opened at once and are not in the list, by listener. Failures are measured against them. */
  openedLeftOut: OpenedConnections[];
  applications: ApplicationUse[];
  dns: AnyLookup[];
  dnsTotal: number;
  echoes: EchoExchange[];
  echoesTotal: number;
  arp: ArpExchange[];
  claims: AddressClaim[];
  leases: AddressLease[];
  dhcpClients: DhcpClient[];
  datagrams: AnyDatagram[];
  datagramsTotal: number;
  icmpErrors: IcmpError[];
  icmpErrorsTotal: number;
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
  /** The rows of packets, when they are kept (several points, within the budget); else undefined. */
  sightings: SightingTable | undefined;
  /** Packets of each flow, where these are kept in place of rows. */
  counts?: FlowCounts;
}

/** Evidence while captures are compared. Ordinary items are still records without objects, see `dropOrdinary`. */
export interface Joined extends Omit<Evidence, 'conversations' | 'connections' | 'datagrams' | 'dns'> {
  conversations: AnyConversation[];
  connections: AnyConnection[];
  datagrams: AnyDatagram[];
  dns: AnyLookup[];
}
