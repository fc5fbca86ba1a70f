import type { AddressBook } from '../../decode/address-book.ts';
import type { ContentTracker } from '../content/content-tracker.ts';
import type { CapturePoint, CaptureSummary } from '../evidence/evidence.ts';
import type { StateAccess } from '../ordinary/state-access.ts';
import type { TcpTracker } from '../tcp/tcp-tracker.ts';
import { TRANSFERS_KEPT } from '../tcp/turn-limits.ts';
import type { CarrierTracker } from '../trackers/carrier-tracker.ts';
import type { FlowNumbers } from '../trackers/flow-numbers.ts';
import type { HostTracker } from '../trackers/host-tracker.ts';
import type { PacketFates } from '../trackers/packet-fates.ts';
import type { TunnelTracker } from '../trackers/tunnel-tracker.ts';
import type { CaptureClock } from './capture-clock.ts';
import type { Copies } from './copies.ts';
import type { DatagramTaker } from './deferred-messages.ts';
import type { KeptRows } from './lend-rows.ts';

/** The tables that an ordinary packet reads and writes. */
export interface OrdinaryTables extends KeptRows {
  readonly summary: CaptureSummary;
  /** One, or interfaces that SLL2 tells of; the list grows. */
  readonly points: readonly CapturePoint[];
  readonly clock: CaptureClock;
  /** Time of the previous packet, by point. */
  readonly previousTimes: number[];
  readonly copies: Copies;
  readonly tcp: TcpTracker;
  readonly contents: ContentTracker;
  /** Counts biflows, and has those that are no connections. */
  readonly flows: { flowCount: number; readonly biflows: FlowNumbers } & DatagramTaker;
  readonly fates: PacketFates;
  readonly hosts: HostTracker;
  readonly tunnels: TunnelTracker;
  readonly addresses: AddressBook;
  readonly carriers: CarrierTracker;
}

/** Tells the core where the tables are, after one has moved. */
export function describeTables(
  state: StateAccess,
  { copies, tcp, contents, flows, fates, hosts, tunnels, addresses, counts }: OrdinaryTables,
): void {
  const { slots, slotMask, blocks } = tcp.records.places;
  state.setSlots(0, slots);
  state.setSlotMask(0, slotMask);
  state.setBlocks(0, blocks);
  state.setUnacked(0, tcp.unacked.linearAddress);
  state.setUnackedEnd(0, tcp.unacked.roomEnd);
  state.setTransfers(0, tcp.transfers.numbers.byteOffset);
  state.setMostTransfers(0, Math.min(TRANSFERS_KEPT, tcp.transfers.room));
  state.setServerPorts(0, tcp.serverPorts);
  const { links, linkSlots, linkMask } = tcp.linkAddresses.places;
  state.setLinkAddresses(0, links);
  state.setLinkSlots(0, linkSlots);
  state.setLinkMask(0, linkMask);
  const { biflows, biflowSlots, biflowMask } = flows.biflows.places;
  state.setBiflows(0, biflows);
  state.setBiflowSlots(0, biflowSlots);
  state.setBiflowMask(0, biflowMask);
  const known = hosts.places;
  state.setHosts(0, known.hosts);
  state.setHostSlots(0, known.hostSlots);
  state.setHostMask(0, known.hostMask);
  const { paths, pathSlots, pathMask } = tunnels.places;
  state.setPaths(0, paths);
  state.setPathSlots(0, pathSlots);
  state.setPathMask(0, pathMask);
  const { addressSlots, addressMask, addressWords } = addresses.places;
  state.setAddressSlots(0, addressSlots);
  state.setAddressMask(0, addressMask);
  state.setAddressWords(0, addressWords);
  const read = contents.table.places;
  state.setContents(0, read.contents);
  state.setContentPlaces(0, read.contentPlaces);
  state.setContentRows(0, read.contentRows);
  const states = fates.places;
  state.setFates(0, states.fates);
  state.setFateRows(0, states.fateRows);
  state.setFateFlows(0, states.fateFlows);
  state.setExpected(0, states.expected);
  state.setFateSenders(0, states.fateSenders);
  state.setFateTunnels(0, states.fateTunnels);
  state.setTunnelsSent(0, states.tunnelsSent);
  state.setTunnelsAnswered(0, states.tunnelsAnswered);
  state.setTunnelRows(0, states.tunnelRows);
  state.setFirstData(0, states.firstData);
  state.setSenders(0, states.senders);
  state.setSenderSlots(0, states.senderSlots);
  state.setSenderMask(0, states.senderMask);
  if (counts !== undefined) {
    state.setCounts(0, counts.linearAddress);
    state.setCountRows(0, counts.rows);
  }
  copies.describe(state);
}
