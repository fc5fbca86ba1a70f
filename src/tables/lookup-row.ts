import type { TunnelKind } from '../decode/packet.ts';
import type { DnsExchange, DnsResponse } from '../flows/evidence/evidence.ts';
import { endText } from '../text/end-text.ts';
import { pointId } from '../text/ids.ts';
import { sanitize } from '../text/sanitize.ts';
import { captureOfPoint, type PointsOfTables } from './row-words.ts';

/** The answer to a lookup. */
export interface LookupAnswer {
  /** Number of its packet in the capture. */
  readonly packet: number;
  /** Time of its packet, seconds since the first packet of the capture. */
  readonly time: number;
  /** Seconds from the first query; null when the query was not captured. */
  readonly seconds: number | null;
  /** ADDRESS:PORT that sent it. */
  readonly from: string;
  /** Response code, a number (IANA, DNS RCODEs): 0 no error, 2 SERVFAIL, 3 NXDOMAIN. */
  readonly rcode: number;
  /** Whether it is truncated. */
  readonly isTruncated: boolean;
  /** Number of records in its answer section. */
  readonly answers: number;
  /** Addresses among these records. */
  readonly addresses: readonly string[];
}

/** One DNS lookup as one capture point saw it: queries with the same ends, id, name and type, and their answers. */
export interface LookupRow {
  /** Index of the row in its table, from 0. */
  readonly index: number;
  /** Id of the capture: "c1". */
  readonly capture: string;
  /** Id of the capture point: "p1". */
  readonly point: string;
  /** ADDRESS:PORT of the client. */
  readonly client: string;
  /** ADDRESS:PORT of the DNS server. */
  readonly server: string;
  /** Transport protocol. */
  readonly transport: 'udp' | 'tcp';
  /** The name that is looked up. Control characters of the capture are written as \u{hex}. */
  readonly name: string;
  /** Number of the record type (IANA, DNS RRTYPEs): 1 A, 28 AAAA. */
  readonly type: number;
  /** Number of queries; more than one when the client asked again. */
  readonly queries: number;
  /** Number of the first query's packet; null when only answers were captured. */
  readonly firstPacket: number | null;
  /** Time of the first query, seconds since the first packet of the capture; null when only answers were captured. */
  readonly firstTime: number | null;
  /** The answers, in the order of the capture. */
  readonly answers: readonly LookupAnswer[];
  /** Tunnels around it, outermost first. */
  readonly tunnels: readonly TunnelKind[];
}

export function lookupRow(index: number, lookup: DnsExchange, points: PointsOfTables): LookupRow {
  const { point, client, server, transport, name, type, queries, queriesTotal, responses, encapsulation } = lookup;
  const first = queries.at(0) ?? null;
  return {
    index,
    capture: captureOfPoint(points, point),
    point: pointId(point),
    client: endText(client),
    server: endText(server),
    transport,
    name: sanitize(name),
    type,
    queries: queriesTotal,
    firstPacket: first?.packet ?? null,
    firstTime: first?.time ?? null,
    answers: Object.freeze(responses.map((response) => answerOf(response, first?.time ?? null))),
    tunnels: Object.freeze([...encapsulation]),
  };
}

const answerOf = (response: DnsResponse, asked: number | null): LookupAnswer =>
  Object.freeze({
    packet: response.packet,
    time: response.time,
    seconds: asked === null ? null : response.time - asked,
    from: endText(response.from),
    rcode: response.rcode,
    isTruncated: response.truncated,
    answers: response.answers,
    addresses: Object.freeze([...response.addresses]),
  });
