import type { AnyDatagram } from '../compact/compact-datagram.ts';
import type { AnyLookup } from '../compact/compact-lookup.ts';
import type {
  AddressClaim,
  AddressLease,
  ArpExchange,
  CapturePoint,
  CaptureSummary,
  CheckedDirection,
  CheckedSender,
  EchoExchange,
  Evidence,
  FragmentedDatagram,
  HostActivity,
  IcmpError,
  OpenedConnections,
  PacketLoop,
  Probe,
  TunnelFlow,
} from '../evidence/evidence.ts';
import type { AnyConversation } from '../evidence/ordinary-conversation.ts';
import type { SightingTable } from '../rows/sighting-table.ts';
import type { AnyConnection } from '../tcp/compact-connection.ts';

/** All that `flows` learns of one capture: what a worker hands back. */
export interface CaptureDigest {
  capture: CaptureSummary;
  points: CapturePoint[];
  connections: AnyConnection[];
  connectionsTotal: number;
  /** Connections whose state was evicted to stay within the budget. */
  connectionsEvicted: number;
  /** Of the connections that are not in the list, those that opened at once: what failed is to be measured by them. */
  openedLeftOut: OpenedConnections[];
  dns: AnyLookup[];
  dnsTotal: number;
  echoes: EchoExchange[];
  echoesTotal: number;
  arp: ArpExchange[];
  claims: AddressClaim[];
  leases: AddressLease[];
  datagrams: AnyDatagram[];
  datagramsTotal: number;
  icmpErrors: IcmpError[];
  icmpErrorsTotal: number;
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
  /** A row for every packet, when kept (several points, within the budget); else undefined. */
  sightings: SightingTable | undefined;
}

/** Evidence while captures are compared: of what is ordinary there are still the records alone, see `dropOrdinary`. */
export interface Joined extends Omit<Evidence, 'conversations' | 'connections' | 'datagrams' | 'dns'> {
  conversations: AnyConversation[];
  connections: AnyConnection[];
  datagrams: AnyDatagram[];
  dns: AnyLookup[];
}
