import type { DatagramFlow, DnsExchange } from './evidence.ts';

/** RFC 1035, 4.1.1: no error; and the name does not exist, which a search list asks for all day. */
const NOERROR = 0;
const NXDOMAIN = 3;
/** An answer within this is prompt, seconds: a tenth of what dns-slow calls slow, so no rule looks at it by itself. */
const PROMPT_SECONDS = 0.1;

/**
 * Of the exchanges of a capture that is compared with no other: those that tell of trouble, those of the same client
 * about the same name or by the same socket, and of the ordinary rest the first `most`, so that rules can compare.
 */
export function keptDns(exchanges: DnsExchange[], most: number): DnsExchange[] {
  if (exchanges.length <= most) return exchanges;
  const related = new Set<string>();
  for (const exchange of exchanges) {
    if (isOrdinaryLookup(exchange)) continue;
    related.add(nameKey(exchange));
    related.add(socketKey(exchange));
  }
  return renumbered(
    keepFirst(exchanges, most, (exchange) => related.has(nameKey(exchange)) || related.has(socketKey(exchange))),
  );
}

/** The same for datagrams: those without an answer, those of the lookups that are kept, and the first `most` others. */
export function keptDatagrams(flows: DatagramFlow[], most: number, lookups: readonly DnsExchange[]): DatagramFlow[] {
  if (flows.length <= most) return flows;
  const ofLookups = new Set(lookups.map(({ flow }) => flow));
  return renumbered(
    keepFirst(flows, most, ({ flow, packets: [there, back] }) => there === 0 || back === 0 || ofLookups.has(flow)),
  );
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

const nameKey = ({ client, name }: DnsExchange): string => `${client.address} ${name}`;
const socketKey = ({ client }: DnsExchange): string => `${client.address} ${client.port}`;

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
