import type { Conversation, Evidence, HostActivity } from '../../../flows/evidence/evidence.ts';
import { isSpecial } from '../../../text/addresses.ts';
import { lastWord } from './last-word.ts';
import { pendingConversations } from './pending-conversations.ts';

export const GONE_SILENT_THRESHOLDS = {
  silenceSeconds: { value: 2, unit: 's', source: 'docs/thresholds.md, host-silence' },
  conversations: { value: 2, unit: 'conversations', source: 'docs/thresholds.md, two-conversations' },
  sentBefore: { value: 5, unit: 'packets', source: 'docs/thresholds.md, alive-before' },
} as const;

/** A host that fell silent, and what waits for it. */
export interface GoneSilent {
  /** `lastSent` also counts its last packet by ARP. */
  host: HostActivity;
  conversations: Conversation[];
  /** Requests of ARP or neighbour discovery for it that nobody answered since, on its own link. */
  asked: number;
}

const cache = new WeakMap<Evidence, GoneSilent[]>();

/**
 * Hosts that were heard and then send nothing until the end of the capture, while two or more conversations wait for
 * them. A neighbour that asks for their MAC counts as a conversation.
 */
export function goneSilent(evidence: Evidence): readonly GoneSilent[] {
  const known = cache.get(evidence);
  if (known !== undefined) return known;
  const found = evidence.hosts
    .filter((host) => isSilent(evidence, host))
    .map((host) => ({ ...host, lastSent: lastWord(evidence, host) }))
    .filter((host) => isSilent(evidence, host))
    .map((host) => ({ host, conversations: pendingConversations(evidence, host), asked: askedSince(evidence, host) }))
    .filter(({ conversations }) => conversations.length >= GONE_SILENT_THRESHOLDS.conversations.value);
  cache.set(evidence, found);
  return found;
}

/** Requests for the MAC of a host after its last packet, at the same point, that nobody answered. */
function askedSince({ arp }: Evidence, { point, address, lastSent }: HostActivity): number {
  let asked = 0;
  for (const { point: at, target, gratuitous, replies, requests } of arp) {
    if (at !== point || target !== address || gratuitous || replies.length > 0) continue;
    asked += requests.filter(({ time }) => lastSent === null || time > lastSent).length;
  }
  return asked;
}

function isSilent(evidence: Evidence, { address, point, sent, lastSent, lastReceived }: HostActivity): boolean {
  const { silenceSeconds, sentBefore } = GONE_SILENT_THRESHOLDS;
  if (isSpecial(address) || lastSent === null || lastReceived === null || sent < sentBefore.value) return false;
  if (lastReceived - lastSent < silenceSeconds.value) return false;
  return evidence.points[point].quality.lastTime - lastSent >= silenceSeconds.value;
}
