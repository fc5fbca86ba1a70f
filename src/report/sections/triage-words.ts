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
    case 'seen-once':
      return `seen once, which is too little to judge by: ${reason.message}`;
    case 'ends-too-soon':
      return `the capture ends too soon to judge: ${reason.message}`;
    case 'gated':
      return gatedRow(evidence, reason);
    case 'both-ways':
      return `packets both ways in ${[
        reason.connections > 0 && counted(reason.connections, 'TCP connection'),
        reason.cutFlows > 0 && counted(reason.cutFlows, 'TCP flow with cut headers', 'TCP flows with cut headers'),
        reason.echoes > 0 && counted(reason.echoes, 'ping'),
        reason.udp > 0 && counted(reason.udp, 'UDP flow'),
        reason.others > 0 && counted(reason.others, 'flow of another protocol', 'flows of other protocols'),
      ]
        .filter((part) => part !== false)
        .join(', ')}`;
    case 'connections-opened':
      return `${counted(reason.connections, 'connection')} opened`;
    case 'connections-running':
      return `no connection was opened, but ${counted(reason.connections, 'running one')} carried packets both ways`;
    case 'queries-answered':
      return `${grouped(reason.answered)} of ${counted(reason.of, 'DNS query', 'DNS queries')} answered${reason.isAll ? '' : '; further ones were only counted'}`;
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
    case 'switched-off':
      return `${reason.rules.join(', ')}: switched off`;
    case 'stopped':
      return `${counted(reason.rules, 'rule was', 'rules were')} not asked: the analysis was stopped`;
    case 'no-large-packet':
      return `the largest packet that was seen to arrive had ${reason.octets} octets${reason.isAll ? '; no large one was tried' : ', of the connections that were followed'}`;
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

type SilentCode =
  | 'flags-cut'
  | 'no-attempt'
  | 'no-dns'
  | 'nothing-arrived'
  | 'vnis-differ'
  | 'no-overlay'
  | 'overlay-encrypted'
  | 'no-content';

const NOTHING_SEEN: Readonly<Record<SilentCode, string>> = {
  'flags-cut': 'the flags of TCP segments were cut away (raise the snapshot length: tcpdump -s 0)',
  'no-attempt': 'no attempt to open a TCP connection was captured',
  'no-dns': 'no DNS packets were captured',
  'nothing-arrived': 'no acknowledged data or answered ping shows what sizes arrive',
  'no-content': 'no answer of a program was read',
  'vnis-differ': 'tunnel packets were captured both ways, with another network identifier (VNI) in each direction',
  'no-overlay': 'no tunnel packets and no translated service address were captured',
  'overlay-encrypted':
    'the tunnel packets are encrypted (ESP or WireGuard), and no translated service address was captured',
};

function lackOfAnswers(evidence: Evidence, reason: LackOfAnswers): string {
  const told = lackWords(evidence, reason);
  if (reason.gate !== null) return `${told}: ${gateWords(evidence, reason.gate)}`;
  return reason.code === 'queries-unanswered' ? `${told}, and too little else to judge` : told;
}

function lackWords({ connections, connectionsTotal }: Evidence, reason: LackOfAnswers): string {
  switch (reason.code) {
    case 'nothing-both-ways':
      return `no connection, ping or flow shows packets both ways${reason.halfway === 0 ? '' : `, but ${counted(reason.halfway, 'connection')} with resets, or with a SYN-ACK that led to nothing`}`;
    case 'no-syn-ack':
      // Those that were only counted may be attempts, too.
      return `${connectionsTotal > connections.length ? 'at least ' : ''}${counted(reason.attempts, 'attempt')} to open a TCP connection ${reason.attempts === 1 ? 'was' : 'were'} captured, but no SYN-ACK`;
    case 'queries-unanswered':
      return `DNS queries were captured, but no answer${reason.isAll ? '' : ' to those that were followed'}`;
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
