import type { Evidence } from '../../flows/evidence/evidence.ts';
import { readConnections } from '../../heuristics/judge/triage-applications.ts';
import { counted } from '../../text/counted.ts';

/** What connections carried and was not read, as sentences. */
export function unreadOf(evidence: Evidence): string[] {
  const { encrypted, unread, cut } = readConnections(evidence);
  const told: string[] = [];
  if (encrypted > 0)
    told.push(
      `${counted(encrypted, 'TLS connection')}: what is said after the handshake is encrypted and was not read`,
    );
  if (unread > 0) told.push(`${counted(unread, 'connection')} of protocols whose content is not read`);
  if (cut > 0)
    told.push(
      `what ${counted(cut, 'connection')} said was cut by the snapshot length before it could be read (raise it: tcpdump -s 0)`,
    );
  return told;
}
