import { type AnyLookup, CompactLookup } from '../compact/compact-lookup.ts';
import type { DatagramFlow, DnsExchange } from '../evidence/evidence.ts';

/** RFC 1035, 4.1.1: no error; and the name does not exist, which a search list asks for all day. */
const NOERROR = 0;
const NXDOMAIN = 3;
/** An answer within this is prompt, seconds: a tenth of what dns-slow calls slow, so no rule looks at it by itself. */
const PROMPT_SECONDS = 0.1;

/** Lookups of one name by one client belong together within this, seconds: three times resolv.conf's 5 s, and its neighbour. */
const SAME_TIME_SECONDS = 15;

/**
 * Of the exchanges of a capture that is compared with no other: those that tell of trouble with what belongs to them, and
 * of the ordinary rest the first `most`, so that rules can compare.
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
 * Tells lookups in trouble, and of the same capture those of the same socket, and those of the same client about the same
 * name at that time.
 */
export function belongsToTrouble(
  lookups: readonly AnyLookup[],
  captureOf: (lookup: AnyLookup) => number,
): (lookup: AnyLookup) => boolean {
  const related = new Set<string>();
  const nameKey = (lookup: AnyLookup, later: number): string =>
    `${captureOf(lookup)} ${lookup.client.address} ${lookup.name} ${Math.floor(timeOf(lookup) / SAME_TIME_SECONDS) + later}`;
  const socketKey = (lookup: AnyLookup): string =>
    `${captureOf(lookup)} ${lookup.client.address} ${lookup.client.port}`;
  for (const lookup of lookups) {
    if (lookup instanceof CompactLookup || isOrdinaryLookup(lookup)) continue;
    for (const later of [-1, 0, 1]) related.add(nameKey(lookup, later));
    related.add(socketKey(lookup));
  }
  return (lookup) => related.has(socketKey(lookup)) || related.has(nameKey(lookup, 0));
}

/** When it was asked first, seconds since the first packet of its capture. */
const timeOf = (lookup: AnyLookup): number =>
  lookup instanceof CompactLookup ? lookup.time : (lookup.queries[0]?.time ?? 0);

/** The same for datagrams: those without an answer, those of the lookups that are kept, and the first `most` others. */
export function keptDatagrams<T extends Pick<DatagramFlow, 'flow' | 'packets'>>(
  flows: readonly T[],
  most: number,
  lookups: readonly DnsExchange[],
): T[] {
  const ofLookups = new Set(lookups.map(({ flow }) => flow));
  return keepFirst(flows, most, ({ flow, packets: [there, back] }) => there === 0 || back === 0 || ofLookups.has(flow));
}

/** Asked once, answered promptly by the server that was asked, with an address or "no such name". */
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
