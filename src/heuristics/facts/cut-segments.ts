import type { Conversation, Evidence, PacketRef } from '../../flows/evidence/evidence.ts';
import { indexOf } from './evidence-index.ts';

const TCP = 6;

/**
 * TCP whose headers are cut at every point (`-s 96` cuts headers inside VXLAN). As with datagrams, only the sender, the
 * number of packets and the points that saw them are known.
 */
export const isCutTcp = (evidence: Evidence, conversation: Conversation): boolean =>
  conversation.protocol === 'other' &&
  indexOf(evidence)
    .datagrams(conversation)
    .some(({ protocol }) => protocol === TCP);

export const isTcp = (evidence: Evidence, conversation: Conversation): boolean =>
  conversation.protocol === 'tcp' || isCutTcp(evidence, conversation);

export const CUT_THRESHOLDS = {
  /**
   * Shortest wait before a SYN is sent again, seconds: 1 s (RFC 6298, 2.1), less the amount by which timers fire early.
   */
  cutFirstWaitSeconds: { value: 0.9, unit: 's', source: 'docs/thresholds.md, cut-timer' },
  /**
   * Least factor by which the last wait is longer: the timeout doubles (RFC 6298, 5.5), in Linux 6.5 after four equal
   * waits.
   */
  cutBackoffFactor: { value: 1.5, unit: 'factor', source: 'docs/thresholds.md, cut-timer' },
} as const;

/**
 * Whether packets of a cut flow are timed like the SYNs of an unanswered attempt. Keep-alives and acknowledgements are
 * not.
 */
export function comeAsSyns(packets: readonly PacketRef[]): boolean {
  const waits = packets.slice(1).map(({ time }, at) => time - packets[at].time);
  const last = waits.at(-1);
  return (
    last !== undefined &&
    Math.min(...waits) >= CUT_THRESHOLDS.cutFirstWaitSeconds.value &&
    last >= CUT_THRESHOLDS.cutBackoffFactor.value * waits[0]
  );
}
