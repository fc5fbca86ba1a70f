import { type AnyLookup, CompactLookup } from '../compact/compact-lookup.ts';
import type { DatagramFlow, DnsExchange } from '../evidence/evidence.ts';

/** Response codes of RFC 1035, 4.1.1: no error, and "name does not exist", which a search list causes all day. */
const NOERROR = 0;
const NXDOMAIN = 3;
/** Seconds within which an answer is prompt: a tenth of the threshold of dns-slow, so no rule reports it alone. */
const PROMPT_SECONDS = 0.1;

/**
 * Seconds within which lookups of one name by one client belong together: three times the 5 s of resolv.conf(5). The
 * neighbouring interval also counts.
 */
const SAME_TIME_SECONDS = 15;

/**
 * Selects exchanges of a capture that is compared with no other: those in trouble with the related ones, and the first
 * `most` ordinary ones for comparison.
 */
export function keptDns(exchanges: readonly DnsExchange[], most: number): DnsExchange[] {
  if (exchanges.length <= most) return renumbered([...exchanges]);
  return renumbered(
    keepFirst(
      exchanges,
      most,
      belongsToTrouble(exchanges, () => 0),
    ),
  );
}

/**
 * Returns a predicate for lookups in trouble and related lookups of the same capture: those of the same socket, and
 * those of the same client for the same name at that time.
 */
export function belongsToTrouble(
  lookups: readonly AnyLookup[],
  captureOf: (lookup: AnyLookup) => number,
): (lookup: AnyLookup) => boolean {
  const related = new Set<string>();
  // Most lookups share neither name nor port with one in trouble: then no text is made of them.
  const names = new Set<string>();
  const ports = new Set<number>();
  const nameKey = (lookup: AnyLookup, later: number): string =>
    `${captureOf(lookup)} ${lookup.client.address} ${lookup.name} ${Math.floor(timeOf(lookup) / SAME_TIME_SECONDS) + later}`;
  const socketKey = (lookup: AnyLookup): string =>
    `${captureOf(lookup)} ${lookup.client.address} ${lookup.client.port}`;
  for (const lookup of lookups) {
    if (lookup instanceof CompactLookup || isOrdinaryLookup(lookup)) continue;
    for (const later of [-1, 0, 1]) related.add(nameKey(lookup, later));
    related.add(socketKey(lookup));
    names.add(lookup.name);
    ports.add(lookup.client.port);
  }
  return (lookup) =>
    (ports.has(lookup.client.port) && related.has(socketKey(lookup))) ||
    (names.has(lookup.name) && related.has(nameKey(lookup, 0)));
}

/** Time of the first query, seconds since the first packet of its capture. */
const timeOf = (lookup: AnyLookup): number =>
  lookup instanceof CompactLookup ? lookup.time : (lookup.queries[0]?.time ?? 0);

/** The same for datagrams: those without an answer, those of the kept lookups, and the first `most` others. */
export function keptDatagrams<T extends Pick<DatagramFlow, 'flow' | 'packets'>>(
  flows: readonly T[],
  most: number,
  lookups: readonly DnsExchange[],
): T[] {
  const ofLookups = new Set(lookups.map(({ flow }) => flow));
  return keepFirst(flows, most, ({ flow, packets: [there, back] }) => there === 0 || back === 0 || ofLookups.has(flow));
}

/** The first `most` flows, those of the kept lookups before others. */
export function mostDatagrams<T extends Pick<DatagramFlow, 'flow'>>(
  flows: T[],
  most: number,
  lookups: readonly DnsExchange[],
): T[] {
  if (flows.length <= most) return flows;
  const ofLookups = new Set(lookups.map(({ flow }) => flow));
  const wanted = flows.reduce((count, { flow }) => count + (ofLookups.has(flow) ? 1 : 0), 0);
  let [first, others] = [Math.min(most, wanted), Math.max(0, most - wanted)];
  return flows.filter(({ flow }) => (ofLookups.has(flow) ? first-- : others--) > 0);
}

/** Asked once, and answered promptly by the same server with an address or "no such name". */
export function isOrdinaryLookup({ queriesTotal, queries, responses, server }: DnsExchange): boolean {
  if (queriesTotal !== 1 || queries.length !== 1 || responses.length !== 1) return false;
  const [{ rcode, truncated, time, from }] = responses;
  return (
    (rcode === NOERROR || rcode === NXDOMAIN) &&
    !truncated &&
    from.address === server.address &&
    from.port === server.port &&
    time - queries[0].time < PROMPT_SECONDS
  );
}

function keepFirst<T>(items: readonly T[], most: number, isTelling: (item: T) => boolean): T[] {
  let room = most;
  return items.filter((item) => isTelling(item) || room-- > 0);
}

function renumbered<T extends { index: number }>(items: T[]): T[] {
  items.forEach((item, index) => {
    item.index = index;
  });
  return items;
}
