import type { ArpExchange, Evidence } from '../../flows/evidence/evidence.ts';
import { commonTime, type Lookup } from '../facts/dns-lookups.ts';

export const SOUGHT_THRESHOLDS = {
  /**
   * ARP requests continue after the sender of the question has given up: three requests, a second apart (Linux
   * mcast_solicit).
   */
  arpLadderSeconds: { value: 3, unit: 's', source: 'docs/thresholds.md, arp-ladder' },
  /** Share of the failed lookups during which the node must have asked for the neighbour. */
  soughtLookupsShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, majority' },
} as const;

/**
 * Neighbours that the node of a DNS server asked for in vain during failing lookups and at no other time: the path to
 * the server's upstream. Used where a capture shows the node's ARP and cannot show the queries that the server could
 * not send.
 *
 * @param failed lookups of one server, all answered
 */
export function soughtMeanwhile(evidence: Evidence, failed: readonly Lookup[]): ArpExchange[] {
  const spans = failed.map(({ exchange, answer }) => ({
    from: commonTime(evidence, exchange.point, exchange.queries[0].time),
    to: commonTime(evidence, exchange.point, answer?.time ?? exchange.queries[0].time),
  }));
  const silent = evidence.arp.filter(
    (exchange) => !exchange.gratuitous && exchange.replies.length === 0 && isOfServer(evidence, exchange, failed),
  );
  const wanted = [...new Set(silent.map(({ point, target }) => `${point} ${target}`))].filter((key) => {
    const times = silent
      .filter(({ point, target }) => `${point} ${target}` === key)
      .flatMap(({ point, requests }) => requests.map(({ time }) => commonTime(evidence, point, time)));
    const hits = spans.filter(({ from, to }) => times.some((time) => time >= from && time <= to)).length;
    const isOnlyThen = times.every((time) =>
      spans.some(({ from, to }) => time >= from && time <= to + SOUGHT_THRESHOLDS.arpLadderSeconds.value),
    );
    return isOnlyThen && hits >= SOUGHT_THRESHOLDS.soughtLookupsShare.value * spans.length;
  });
  return silent.filter(({ point, target }) => wanted.includes(`${point} ${target}`));
}

/** Whether the asker is the server, or the machine whose frames carry the server's packets. */
function isOfServer(
  evidence: Evidence,
  { point, asker, askerMac, target }: ArpExchange,
  failed: readonly Lookup[],
): boolean {
  const servers = new Set(
    failed
      .flatMap(({ server, exchange, further }) => [server, exchange.server, ...further.map((one) => one.server)])
      .map(({ address }) => address),
  );
  const clients = new Set(failed.map(({ client }) => client.address));
  if (servers.has(target) || clients.has(target) || clients.has(asker)) return false;
  if (servers.has(asker)) return true;
  const fromMac = new Set(
    evidence.hosts
      .filter((host) => host.point === point && host.sent > 0 && host.macs.some(({ value }) => value === askerMac))
      .map(({ address }) => address),
  );
  return (
    [...servers].some((server) => fromMac.has(server)) ||
    evidence.tunnels.some(
      (tunnel) =>
        tunnel.point === point &&
        fromMac.has(tunnel.source) &&
        tunnel.innerSources.some(({ value }) => servers.has(value)),
    )
  );
}
