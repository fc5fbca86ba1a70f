import type { Conversation, Evidence, PacketRef } from '../../flows/evidence/evidence.ts';
import { indexOf } from './evidence-index.ts';

const TCP = 6;

/**
 * TCP of which no point shows whole headers (`-s 96` cuts into those inside VXLAN): as much is known of it as of
 * datagrams, who sent how many packets and where they got to.
 */
export const isCutTcp = (evidence: Evidence, conversation: Conversation): boolean =>
  conversation.protocol === 'other' &&
  indexOf(evidence)
    .datagrams(conversation)
    .some(({ protocol }) => protocol === TCP);

export const isTcp = (evidence: Evidence, conversation: Conversation): boolean =>
  conversation.protocol === 'tcp' || isCutTcp(evidence, conversation);

export const CUT_THRESHOLDS = {
  /** Shortest wait before a SYN is sent again, seconds: 1 s (RFC 6298, 2.1), less what timers are early. */
  cutFirstWaitSeconds: { value: 0.9, unit: 's', source: 'docs/thresholds.md, cut-timer' },
  /** How much longer the last wait is at least: the timeout doubles (RFC 6298, 5.5), in Linux 6.5 after four equal ones. */
  cutBackoffFactor: { value: 1.5, unit: 'factor', source: 'docs/thresholds.md, cut-timer' },
} as const;

/** Whether packets of a cut flow come as a SYN does that nobody answers: a keep-alive or an acknowledgement does not. */
export function comeAsSyns(packets: readonly PacketRef[]): boolean {
  const waits = packets.slice(1).map(({ time }, at) => time - packets[at].time);
  const last = waits.at(-1);
  return (
    last !== undefined &&
    Math.min(...waits) >= CUT_THRESHOLDS.cutFirstWaitSeconds.value &&
    last >= CUT_THRESHOLDS.cutBackoffFactor.value * waits[0]
  );
}
