import { type Connection, type Evidence, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { spokenFor } from '../facts/arp-speakers.ts';
import type { Command } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';
import { neighbourOf } from '../words/commands.ts';

/** Packets to an address go to a MAC that sends nothing, and the address was seen at another MAC. */
export interface StaleNeighbour {
  address: string;
  /** The MAC that the packets go to, and the MAC that has the address. */
  usedMac: string;
  realMac: string;
  /** Global point index. */
  point: number;
}

/**
 * A stale neighbour entry. The frames of unanswered connections go to one MAC, while the machine with that address
 * asks, answers or announces itself by ARP (or ND) from another MAC. Null where the MAC in use speaks for the address
 * too (a router, or a failover in progress). Also null where ARP shows nothing of the address: behind a router, the
 * frames never carry the MAC of the address.
 */
export function staleNeighbour(evidence: Evidence, connections: readonly Connection[]): StaleNeighbour | null {
  for (const { point, server, directions, encapsulation } of connections) {
    const used = directions[TO_SERVER].destinationMacs;
    if (encapsulation.length > 0 || used.length !== 1) continue;
    const [{ value: usedMac }] = used;
    const last = directions[TO_SERVER].last?.time ?? Number.NEGATIVE_INFINITY;
    const first = directions[TO_SERVER].first?.time ?? Number.POSITIVE_INFINITY;
    const spoken = spokenFor(evidence, point, server.address);
    const isOfUsed = spoken.some(({ mac, until }) => mac === usedMac && until >= first);
    const others = spoken.filter(({ mac, from }) => mac !== usedMac && from <= last);
    if (!isOfUsed && others.length === 1 && !sends(evidence, point, usedMac, first))
      return { address: server.address, usedMac, realMac: others[0].mac, point };
  }
  return null;
}

/** Whether a packet of that MAC was seen after a moment. Then the machine is alive, and may be a router. */
const sends = ({ hosts, arp }: Evidence, point: number, mac: string, since: number): boolean =>
  hosts.some(
    (host) =>
      host.point === point && (host.lastSent ?? -1) > since && host.macs.length === 1 && host.macs[0].value === mac,
  ) ||
  arp.some(
    ({ point: at, askerMac, requests }) =>
      at === point && askerMac === mac && requests.some(({ time }) => time > since),
  );

export const staleNeighbourCause = ({ address, usedMac, realMac }: StaleNeighbour): Cause => ({
  id: 'stale-neighbour',
  cause: `the sender keeps an old MAC of ${address} (stale or permanent neighbour entry)`,
  telling: [`the packets go to ${usedMac}, from which nothing comes`, `${address} speaks by ARP from ${realMac}`],
  for: [],
  against: [],
  fix: [
    `Flush the neighbour entry of ${address} on the machine that sends (ip neigh flush to ${address}); delete it if it is PERMANENT.`,
  ],
});

/** @param on the machine that sends the packets */
export const staleNeighbourCommands = ({ address, usedMac, realMac }: StaleNeighbour, on: string): Command[] => [
  neighbourOf(on, address, { expect: `${usedMac}, where ${realMac} is right`, shows: { has: usedMac } }),
];

/** Measured values of the neighbour entry for the finding. */
export const measuredNeighbour = (found: StaleNeighbour | null) =>
  found === null ? {} : { usedMac: found.usedMac, realMac: found.realMac };
