import type { Evidence } from '../../flows/evidence/evidence.ts';
import type { LackOfAnswers, TriageReason } from '../../heuristics/judge/judgement.ts';
import { counted, grouped } from '../../text/counted.ts';
import { gatedWords, gateWords } from './reason-words.ts';

/** Rules listed by name in one row; the others are counted. */
const RULES_TOLD = 3;

/** Why a class is ok, faulty or open. */
export function triageWords(evidence: Evidence, reason: TriageReason): string {
  switch (reason.code) {
    case 'found':
      return `${reason.ruleId}: ${reason.message}`;
    case 'explained':
      return `${reason.by ?? 'another finding'}, from which ${reason.ruleId} follows`;
    case 'gated':
      return gatedRow(evidence, reason);
    case 'both-ways':
      return `packets both ways in ${[
        reason.connections > 0 && counted(reason.connections, 'TCP connection'),
        reason.cutFlows > 0 && counted(reason.cutFlows, 'TCP flow with cut headers', 'TCP flows with cut headers'),
        reason.echoes > 0 && counted(reason.echoes, 'ping'),
        reason.datagrams > 0 && counted(reason.datagrams, 'UDP flow'),
      ]
        .filter((part) => part !== false)
        .join(', ')}`;
    case 'connections-opened':
      return `${counted(reason.connections, 'connection')} opened`;
    case 'connections-running':
      return `no connection was opened, but ${counted(reason.connections, 'running one')} carried packets both ways`;
    case 'queries-answered':
      return `${grouped(reason.answered)} of ${counted(reason.of, 'DNS query', 'DNS queries')} answered`;
    case 'large-arrived':
      return `packets of up to ${reason.octets} octets arrived`;
    case 'overlay-works':
      return [
        reason.tunnels && 'tunnels carry packets both ways',
        reason.translations > 0 && `${counted(reason.translations, 'address translation')} seen at work`,
      ]
        .filter((part) => part !== false)
        .join(', ');
    case 'answers-read':
      return answersRead(reason);
    case 'content-cut':
      return `what ${counted(reason.connections, 'connection')} said was cut by the snapshot length (raise it: tcpdump -s 0)`;
    case 'encrypted':
      return `${counted(reason.connections, 'connection')} encrypted by TLS${reason.unread === 0 ? '' : `, and ${counted(reason.unread, 'connection')} of protocols that are not read`}: what the programs say is not known`;
    case 'protocol-not-read':
      return `the protocol of ${counted(reason.connections, 'connection')} is not read`;
    case 'nothing-both-ways':
    case 'no-syn-ack':
    case 'queries-unanswered':
    case 'tunnels-one-way':
      return lackOfAnswers(evidence, reason);
    case 'not-acknowledged':
      return `${counted(reason.offered, 'connection')} got no further than the SYN-ACK, or its acknowledgement was not taken`;
    case 'no-large-packet':
      return `the largest packet that was seen to arrive had ${reason.octets} octets; no large one was tried`;
    default:
      return NOTHING_SEEN[reason.code];
  }
}

function answersRead(read: Extract<TriageReason, { code: 'answers-read' }>): string {
  const { answers, errors, answered, encrypted, unread } = read;
  const beside = [
    ...(encrypted > 0 ? [`${grouped(encrypted)} encrypted`] : []),
    ...(unread > 0 ? [`${grouped(unread)} of protocols that are not read`] : []),
  ];
  return `${counted(answers, 'answer')} of ${counted(answered, 'connection')} read, ${errors === 0 ? 'no error' : counted(errors, 'error')} among them${beside.length === 0 ? '' : `; beside them ${beside.join(', ')}`}`;
}

type SilentCode = 'flags-cut' | 'no-attempt' | 'no-dns' | 'nothing-arrived' | 'no-overlay' | 'no-content';

const NOTHING_SEEN: Readonly<Record<SilentCode, string>> = {
  'flags-cut': 'the flags of TCP segments were cut away (raise the snapshot length: tcpdump -s 0)',
  'no-attempt': 'no attempt to open a TCP connection was captured',
  'no-dns': 'no DNS packets were captured',
  'nothing-arrived': 'no packet was seen to arrive',
  'no-content': 'no data of a TCP connection was read',
  'no-overlay': 'no tunnel packets and no translated service address were captured',
};

function lackOfAnswers(evidence: Evidence, reason: LackOfAnswers): string {
  const told = lackWords(evidence, reason);
  if (reason.gate !== null) return `${told}: ${gateWords(evidence, reason.gate)}`;
  return reason.code === 'queries-unanswered' ? `${told}, and too little else to judge` : told;
}

function lackWords({ connections, connectionsTotal }: Evidence, reason: LackOfAnswers): string {
  switch (reason.code) {
    case 'nothing-both-ways':
      return 'no packets both ways between any two addresses were captured';
    case 'no-syn-ack':
      // Those that were only counted may be attempts, too.
      return `${connectionsTotal > connections.length ? 'at least ' : ''}${counted(reason.attempts, 'attempt')} to open a TCP connection ${reason.attempts === 1 ? 'was' : 'were'} captured, but no SYN-ACK`;
    case 'queries-unanswered':
      return 'DNS queries were captured, but no answer';
    case 'tunnels-one-way':
      return 'tunnel packets were captured in one direction only';
  }
}

function gatedRow(evidence: Evidence, { rules, works }: Extract<TriageReason, { code: 'gated' }>): string {
  const ids = rules.slice(0, RULES_TOLD).map(({ ruleId }) => ruleId);
  const more = rules.length - ids.length;
  const names = [...ids, ...(more > 0 ? [counted(more, 'more rule')] : [])].join(', ');
  const but = works === null ? '' : `${triageWords(evidence, works)}, but `;
  return `${but}${names} cannot be judged: ${gatedWords(evidence, rules[0])}`;
}
