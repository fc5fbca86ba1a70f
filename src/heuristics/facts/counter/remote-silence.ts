import type { Evidence, HostActivity } from '../../../flows/evidence/evidence.ts';
import { isPublic, isSpecial, netOf } from '../../../text/addresses.ts';
import type { Answer } from '../../rule/grade.ts';
import { hopsOf } from './resets.ts';

export const REMOTE_THRESHOLDS = {
  /** Machines that fall silent within this belong together. */
  togetherSeconds: { value: 1, unit: 's', source: 'docs/thresholds.md, silent-at-once' },
  machines: { value: 2, unit: 'hosts', source: 'docs/thresholds.md, several-machines' },
  /** A node and its pods are one hop apart. */
  hopsApart: { value: 2, unit: 'hops', source: 'docs/thresholds.md, several-machines' },
  heard: { value: 5, unit: 'packets', source: 'docs/thresholds.md, alive-before' },
} as const;

/** Who falls silent at a point at one moment, and who goes on. */
export interface Silence {
  /** Hosts that were heard up to `since`, not after it, and are still spoken to. */
  silent: HostActivity[];
  /** Hosts that were alive at that moment and are heard after it, besides those that speak to the silent ones only. */
  heard: HostActivity[];
}

/**
 * Does anything else remote go on? Refuted where several machines fall silent at once and only those that speak to them
 * are heard any more: then the fault is on this side. Unchecked where nothing but one machine was heard before.
 * @param since last word of the host that is said to be down, seconds
 */
export function othersGoOn(evidence: Evidence, point: number, since: number): Answer {
  const { silent, heard } = silenceAt(evidence, point, since);
  if (heard.length > 0) return 'passed';
  return areSeveralMachines(silent) ? 'refuted' : 'unchecked';
}

/** Who fell silent about `since` at `point`. Answerers only: hosts that ask into the void are this side. */
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
 * Several machines: they send from different MACs, or they are of different nets of the Internet and lie at different
 * distances. Pods behind one MAC may all be of one node, also where nodes and pods have global addresses: a node and its
 * pods are a hop apart.
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

/** Whether a tunnel is in view: inner MACs are those of pods and VTEPs then, and several may be of one machine. */
const isInside = (hosts: readonly HostActivity[]): boolean => hosts.some(({ outer }) => outer);
