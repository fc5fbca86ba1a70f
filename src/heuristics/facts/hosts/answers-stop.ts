import type { DatagramFlow, PacketRef } from '../../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../../flows/evidence/evidence.ts';

export const ANSWERS_STOP_THRESHOLDS = {
  stoppedRequests: { value: 3, unit: 'packets', source: 'docs/thresholds.md, three-sendings' },
  answeredShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, request-and-answer' },
  leastSizeShare: { value: 0.5, unit: 'share', source: 'docs/thresholds.md, request-and-answer' },
  requestPaceSeconds: { value: 0.5, unit: 's', source: 'docs/thresholds.md, request-and-answer' },
} as const;

export interface StoppedAnswers {
  /** Requests after the last answer. */
  requests: number;
  /** Those of them whose packet number is known. The first and the last one are always included. */
  packets: PacketRef[];
  answered: number;
}

/**
 * Requests of a flow that get no more answers, although earlier requests did. At least half of the earlier packets were
 * answered, each at most once, and three answers are missing at the rate of before. The new packets are not small, and they come at a pace that allows an answer in between.
 * Keep-alives of a tunnel (smaller), streams (faster) and reports (never answered) do not count. Null otherwise.
 *
 *   client ─► ─► ─► ─► ─►        ◄ stands for an answer
 *   server   ◄                   4 requests after the last answer
 */
export function answersStop({ packets, octets, samples, last, sinceAnswer }: DatagramFlow): StoppedAnswers | null {
  const limits = ANSWERS_STOP_THRESHOLDS;
  if (sinceAnswer === null || sinceAnswer.packets < limits.stoppedRequests.value) return null;
  const before = packets[TO_SERVER] - sinceAnswer.packets;
  const answers = packets[TO_CLIENT];
  if (answers > before || answers < before * limits.answeredShare.value) return null;
  // Where an answer comes for every second request only, three without one are nothing new.
  if (sinceAnswer.packets * answers < limits.stoppedRequests.value * before) return null;
  const sizeBefore = (octets[TO_SERVER] - sinceAnswer.octets) / before;
  if (sinceAnswer.octets / sinceAnswer.packets < sizeBefore * limits.leastSizeShare.value) return null;
  const seconds = (last[TO_SERVER]?.time ?? 0) - sinceAnswer.first.time;
  if (seconds / (sinceAnswer.packets - 1) < limits.requestPaceSeconds.value) return null;
  const known = samples[TO_SERVER].filter(({ time }) => time >= sinceAnswer.first.time);
  const [first, latest] = [sinceAnswer.first, last[TO_SERVER]!];
  const between = known.filter(({ packet }) => packet !== first.packet && packet !== latest.packet);
  return { requests: sinceAnswer.packets, packets: [first, ...between, latest], answered: answers };
}

/**
 * How many of these requests came until a time, in seconds of the capture. Of a long flow only some are known by their
 * times, the first and the last one among them; the others count as sent at an even pace.
 */
export function requestsUntil({ requests, packets }: StoppedAnswers, time: number): number {
  const [first, latest] = [packets[0].time, packets[packets.length - 1].time];
  if (packets.length === requests) return packets.filter((packet) => packet.time <= time).length;
  if (time >= latest) return requests;
  return time < first ? 0 : 1 + Math.floor(((requests - 1) * (time - first)) / (latest - first));
}
