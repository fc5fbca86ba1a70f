import { type Connection, type Evidence, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { shellQuote } from '../../text/shell-quote.ts';
import { spokenFor } from '../facts/arp-speakers.ts';
import type { Command } from '../rule/rule.ts';
import type { Cause } from '../rule/weigh.ts';

/** Packets to an address go to a MAC from which nothing comes, and the address was seen at another one. */
export interface StaleNeighbour {
  address: string;
  /** Where the packets go, and where the address is. */
  usedMac: string;
  realMac: string;
  /** Global point index. */
  point: number;
}

/**
 * A stale neighbour entry: the frames of unanswered connections go to one MAC, while the machine with that address asks,
 * answers or announces itself by ARP (or ND) from another. Null where the MAC in use speaks for the address too (a router,
 * a failover that is not over), or nothing of the address is seen by ARP: behind a router its MAC is never that of the frames.
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

/** Whether anything of that MAC was heard after a moment: then it lives, and is a router perhaps. */
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
});

/** @param on the machine that sends */
export const staleNeighbourCommands = ({ address, usedMac, realMac }: StaleNeighbour, on: string): Command[] => [
  {
    on,
    command: `ip neigh show ${shellQuote(address)}`,
    expect: `${usedMac}, where ${realMac} is right; "ip neigh flush" repairs it, unless it is PERMANENT`,
  },
];

/** What to measure of it. */
export const measuredNeighbour = (found: StaleNeighbour | null): Record<string, string> =>
  found === null ? {} : { usedMac: found.usedMac, realMac: found.realMac };
