import type { Evidence, HostActivity } from '../../../flows/evidence/evidence.ts';
import { isPublic, isSpecial, netOf } from '../../../text/addresses.ts';
import type { Answer } from '../../rule/grade.ts';
import { hopsOf } from './resets.ts';

export const REMOTE_THRESHOLDS = {
  /** Machines that fall silent within this time are counted as one event. */
  togetherSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, silent-at-once' },
  machines: { value: 2, unit: 'hosts', source: 'docs/thresholds.md, several-machines' },
  /** A node and its pods are one hop apart. */
  hopsApart: { value: 2, unit: 'hops', source: 'docs/thresholds.md, several-machines' },
  heard: { value: 5, unit: 'packets', source: 'docs/thresholds.md, alive-before' },
} as const;

/** The hosts that fall silent at a point at one moment, and the hosts that are still heard. */
export interface Silence {
  /** Hosts that were heard up to `since` and not after it, although other hosts still send to them. */
  silent: HostActivity[];
  /** Hosts that were alive at `since` and are heard after it. Hosts that send only to the silent ones do not count. */
  heard: HostActivity[];
}

/**
 * Are other remote machines still heard? Refuted where several machines fall silent at once and only the hosts that
 * send to them are still heard: then the fault is on this side. Unchecked where only one machine was heard before.
 * @param since last packet of the host that is said to be down, seconds
 */
export function othersGoOn(evidence: Evidence, point: number, since: number): Answer {
  const { silent, heard } = silenceAt(evidence, point, since);
  if (heard.length > 0) return 'passed';
  return areSeveralMachines(silent) ? 'refuted' : 'unchecked';
}

/**
 * The hosts that fell silent about `since` at `point`. Only hosts that answer count: hosts that ask without an answer
 * are on this side.
 */
export function silenceAt(evidence: Evidence, point: number, since: number): Silence {
  const until = since + REMOTE_THRESHOLDS.togetherSeconds.value;
  const from = since - REMOTE_THRESHOLDS.togetherSeconds.value;
  const hosts = evidence.hosts.filter((host) => host.point === point && !isSpecial(host.address) && host.sent > 0);
  const silent = hosts.filter(
    ({ sent, lastSent, lastReceived }) =>
      sent >= REMOTE_THRESHOLDS.heard.value && lastSent! >= from && lastSent! <= until && (lastReceived ?? -1) > until,
  );
  const answered = answeredAfter(evidence, point, until);
  const heard = hosts.filter(
    (host) => host.firstSent! <= since && host.lastSent! > until && answered.has(host.address),
  );
  return { silent, heard };
}

/** Addresses that exchange packets both ways with somebody after a moment. */
function answeredAfter(evidence: Evidence, point: number, since: number): Set<string> {
  const found = new Set<string>();
  const note = (a: string, b: string): void => {
    found.add(a);
    found.add(b);
  };
  for (const { point: at, client, server, directions } of evidence.connections)
    if (at === point && directions.every(({ last }) => (last?.time ?? -1) > since))
      note(client.address, server.address);
  for (const { point: at, client, server, last } of evidence.datagrams)
    if (at === point && last.every((one) => (one?.time ?? -1) > since)) note(client.address, server.address);
  for (const { point: at, source, destination, reply } of evidence.echoes)
    if (at === point && (reply?.time ?? -1) > since) note(source, destination);
  return found;
}

/**
 * Whether these hosts are several machines: they send from different MACs, or they are in different nets of the
 * Internet and at different distances. Pods behind one MAC may all be on one node, also where nodes and pods have
 * global addresses: a node and its pods are one hop apart.
 */
export function areSeveralMachines(hosts: readonly HostActivity[]): boolean {
  const macs = new Set(
    hosts.filter(({ outer }) => outer || !isInside(hosts)).flatMap(({ macs: [most] }) => (most ? [most.value] : [])),
  );
  if (macs.size >= REMOTE_THRESHOLDS.machines.value) return true;
  const outside = hosts.filter(({ address }) => isPublic(address));
  const hops = outside.flatMap(({ ttls: [most] }) => (most ? [hopsOf(most.value)] : []));
  const nets = new Set(outside.map(({ address }) => netOf(address)));
  const areApart = hops.length > 0 && Math.max(...hops) - Math.min(...hops) >= REMOTE_THRESHOLDS.hopsApart.value;
  return nets.size >= REMOTE_THRESHOLDS.machines.value && areApart;
}

/**
 * Whether a tunnel is in view. Its inner MACs are those of pods and VTEPs, and several of them may belong to one
 * machine.
 */
const isInside = (hosts: readonly HostActivity[]): boolean => hosts.some(({ outer }) => outer);
