import { captureDrops } from './capture/capture-drops.ts';
import { captureGaps } from './capture/capture-gaps.ts';
import { duplicateCopies } from './capture/duplicate-copies.ts';
import { filterHidesEvidence } from './capture/filter-hides-evidence.ts';
import { midStreamStart } from './capture/mid-stream-start.ts';
import { noOverlap } from './capture/no-overlap.ts';
import { offloadSuperSegments } from './capture/offload-super-segments.ts';
import { oneWayCapture } from './capture/one-way-capture.ts';
import { snaplenCut } from './capture/snaplen-cut.ts';
import { timestampsBackwards } from './capture/timestamps-backwards.ts';
import { truncatedCapture } from './capture/truncated-capture.ts';
import { dnsNoResponse } from './dns/dns-no-response.ts';
import { dnsParallelQueryRace } from './dns/dns-parallel-query-race.ts';
import { dnsReplyWrongSource } from './dns/dns-reply-wrong-source.ts';
import { dnsSearchExpansion } from './dns/dns-search-expansion.ts';
import { dnsServerFailure } from './dns/dns-server-failure.ts';
import { dnsServerPortClosed } from './dns/dns-server-port-closed.ts';
import { dnsSlow } from './dns/dns-slow.ts';
import { dnsTcpFallbackBlocked } from './dns/dns-tcp-fallback-blocked.ts';
import { dnsWrongServer } from './dns/dns-wrong-server.ts';
import type { Heuristic, Meta } from './heuristic.ts';

/** Every rule, by class in the order of the article. */
export const catalogue: readonly Heuristic[] = [
  dnsNoResponse,
  dnsParallelQueryRace,
  dnsReplyWrongSource,
  dnsSearchExpansion,
  dnsServerFailure,
  dnsServerPortClosed,
  dnsSlow,
  dnsTcpFallbackBlocked,
  dnsWrongServer,
  captureDrops,
  captureGaps,
  duplicateCopies,
  filterHidesEvidence,
  midStreamStart,
  noOverlap,
  offloadSuperSegments,
  oneWayCapture,
  snaplenCut,
  timestampsBackwards,
  truncatedCapture,
];

/** What each rule says of itself: for documentation and `pcapdiag explain`. */
export const rules: readonly Meta[] = catalogue.map((rule) => rule.meta);
