import type { Conversation, Evidence } from '../../flows/evidence/evidence.ts';
import { TO_CLIENT, TO_SERVER } from '../../flows/evidence/evidence.ts';
import { attemptsOf as triesOf } from '../facts/attempts.ts';
import { attemptsOf, isIn, legsOf, OPENED, type Whole } from './triage-counts.ts';
import { mayClaimSilence } from './trials.ts';

/**
 * Connections that the capture does not show to have opened.
 *
 * @returns `failed`: refused by a reset or by ICMP, or the capture went on for long enough and would show the answer; `untold`: the others
 */
export function unopenedConnections(evidence: Evidence): { failed: number; untold: number } {
  const counts = { failed: 0, untold: 0 };
  const rejected = new Set(
    triesOf(evidence).flatMap(({ outcome, conversation }) => (outcome === 'rejected' ? conversation : [])),
  );
  for (const whole of attemptsOf(evidence)) {
    const outcome = isIn(evidence, OPENED)(whole) ? null : outcomeOf(evidence, whole, rejected);
    if (outcome !== null) counts[outcome]++;
  }
  return counts;
}

/** Null without a SYN, and for a probe of a port: its client resets what it was offered. */
function outcomeOf(evidence: Evidence, whole: Whole, rejected: ReadonlySet<Conversation>): 'failed' | 'untold' | null {
  const legs = legsOf(evidence, whole);
  const asking = legs.filter(({ syn }) => syn.length > 0);
  if (asking.length === 0) return null;
  const isOffered = legs.some(({ synAck }) => synAck.length > 0);
  if (isOffered && legs.some(({ directions }) => directions[TO_SERVER].resets > 0)) return null;
  const isReset = !isOffered && legs.some(({ directions }) => directions[TO_CLIENT].resets > 0);
  const isRefused = isReset || whole.some((conversation) => rejected.has(conversation));
  const isFailed = isRefused || asking.some(({ point, syn }) => mayClaimSilence(evidence, point, syn[0].time));
  return isFailed ? 'failed' : 'untold';
}
