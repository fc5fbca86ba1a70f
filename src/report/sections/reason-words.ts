/** Sentences for reasons. This is the only place where a code becomes words. */
import type {
  CaptureSummary,
  ClockReason,
  CorrelationNote,
  Evidence,
  HopReason,
  Incompleteness,
} from '../../flows/evidence/evidence.ts';
import type { ClosedGate, GatedRule } from '../../heuristics/judge/judgement.ts';
import { counted, grouped } from '../../text/counted.ts';

/** Why absence at the second point of a hop proves nothing. */
export function hopReasonWords(reason: HopReason): string {
  switch (reason.code) {
    case 'rows-not-kept':
      return 'not every packet could be kept within the memory budget';
    case 'connections-not-kept':
      return 'not every connection could be kept within the memory budget';
    case 'unreadable':
      return `${counted(reason.packets, 'packet is', 'packets are')} cut too short to read there`;
    case 'capture-time-unknown':
      return 'the capture is empty, and no other of its host tells when it ran';
    case 'dropped':
      return `the capture itself dropped ${counted(reason.packets, 'packet')}`;
    case 'packets-missed':
      return `the capture there missed ${grouped(reason.octets)} of ${counted(reason.of, 'octet')} that were acknowledged`;
    case 'clock-unrelated':
      return 'the clocks of the two captures could not be compared';
    case 'no-common-time':
      return 'the two captures do not overlap in time';
    case 'acknowledged-unseen':
      return 'the receiver acknowledged packets that were not seen there: they pass another way, or the capture missed them';
    case 'answered-unseen':
      return 'the answers passed there, so the packets came some way that is not captured';
    case 'order-unknown':
      return 'nothing tells which of the two points the packets pass first';
  }
}

const CLOCK_WORDS: Readonly<Record<ClockReason['code'], string>> = {
  'no-common-packets': 'no packet was seen by both',
  'clock-moved': 'the clocks moved against each other while the captures ran',
  'one-direction': 'packets were matched in one direction only, so delay and offset cannot be told apart',
};

/** Why the offset of a clock is unknown. */
export const clockReasonWords = ({ code }: ClockReason): string => CLOCK_WORDS[code];

type Places = Pick<Evidence, 'captures' | 'points'>;

/** What correlation assumed. */
export function noteWords({ captures, points }: Places, note: CorrelationNote): string {
  switch (note.code) {
    case 'given-host-differs':
      return `${fileName(captures[note.capture])}: taken as a capture of ${note.given}, as given, though its name says ${note.named}`;
    case 'given-interface-differs':
      return `${fileName(captures[note.capture])}: taken as ${note.given}, as given, though its name says ${note.named}`;
    case 'host-guessed':
      return `${note.points.map((point) => points[point].name).join(', ')}: taken as captures of one host (${note.host}), guessed from the traffic; if that is wrong, name them with --point FILE=HOST/INTERFACE`;
    case 'hosts-by-folder':
      return `${counted(note.captures, 'capture')} are named after ${note.named}, and of one device there are several of the same time: taken as captures of different hosts, by folder (${note.hosts.join(', ')}); if that is wrong, name them with --point FILE=HOST/INTERFACE`;
    case 'memory-shared':
      return `${note.captures} captures share the memory that ${note.full} may take: ${note.reached.map(({ what, captures }) => `${what} of ${counted(captures, 'capture')}`).join(', ')} kept in part, those in trouble first; analyse fewer captures at once to keep more`;
    case 'clock-set-back':
      return `the clock of ${note.host} was set back by about ${note.seconds.toFixed(3)} s while its capture ran: its packets after that are compared as if it had not been set`;
    case 'clock-set':
      return clockSetWords(note);
    case 'empty-capture':
      return `${points[note.point].name}: the capture holds no packet${note.sessionOf === null ? ', so nothing tells when it ran' : `; it is taken to have run as long as the others of ${note.sessionOf}`}`;
    case 'capture-expected':
      return `${note.expected} was expected, and its capture ${EXPECTED_WORDS[note.state]}: what happened there, and on the hops from and to it, cannot be assessed`;
    case 'same-name':
      return `${counted(note.captures, 'capture')} are called ${note.named}, and nothing tells of which hosts: make the digests with --host NODE`;
  }
}

const EXPECTED_WORDS = { missing: 'is missing', empty: 'holds no packet', partial: 'was read in part' } as const;

function clockSetWords(note: Extract<CorrelationNote, { code: 'clock-set' }>): string {
  const { host, against, seconds, error, after, before } = note;
  const by = `${Math.abs(seconds).toFixed(3)} s ± ${(error * 1e3).toFixed(1)} ms`;
  const way = seconds > 0 ? 'forward' : 'back';
  return `the clock of ${host} was set ${way} by ${by} against that of ${against} while the captures ran, ${after.toFixed(1)} to ${before.toFixed(1)} s after the first packet: its packets after that are compared as if it had not been set; the offset told is that before`;
}

const fileName = ({ path }: CaptureSummary): string => path.split(/[/\\]/).at(-1) ?? path;

/** Why something must not be claimed at a point. */
export function gateWords({ points }: Places, gate: ClosedGate): string {
  const { name } = points[gate.point];
  switch (gate.code) {
    case 'dropped':
      return `${counted(gate.packets, 'packet')} dropped while ${name} was captured, ${grouped(gate.of - gate.packets)} captured`;
    case 'unreadable':
      return `${grouped(gate.packets)} of ${counted(gate.of, 'packet')} of ${name} cut too short to read`;
    case 'one-way':
      return `only one direction of the traffic was captured at ${name}`;
    case 'packets-missed':
      return `${counted(gate.octets, 'octet')} acknowledged but never captured at ${name}: the capture itself misses packets`;
    case 'handshake-missing':
      return `a connection at ${name} began before the capture, and only its beginning could tell this from a round trip, an announced window or an earlier request`;
    case 'hop-unknown':
      return `loss between ${points[gate.from].name} and ${name} cannot be told: ${hopReasonWords(gate.reason)}`;
  }
}

/** Gates listed one by one; the others are counted. */
const GATES_TOLD = 2;

/** Why a rule could not be judged. */
export function gatedWords(evidence: Places, { gates }: Pick<GatedRule, 'gates'>): string {
  const told = gates.slice(0, GATES_TOLD).map((gate) => gateWords(evidence, gate));
  const more = gates.length - told.length;
  return [...told, ...(more > 0 ? [`and ${counted(more, 'more reason')} at other places`] : [])].join('; ');
}

/** What the evidence lacks. */
export function incompletenessWords({ captures }: Places, lack: Incompleteness): string {
  switch (lack.code) {
    case 'connections-evicted':
      return `${counted(lack.connections, 'connection')} of ${grouped(lack.of)} forgotten early within the memory budget: what is missing of them proves nothing`;
    case 'not-kept':
      return `${counted(lack.items, lack.what)} of ${grouped(lack.of)} only counted, not judged one by one: those in trouble come first`;
    case 'roles-guessed':
      return `${grouped(lack.connections)} of ${counted(lack.of, 'connection')} began before the capture: who is the client is told by requests, ports and other connections, window scale and MSS are not known`;
    case 'dropped':
      return `${counted(lack.packets, 'packet')} dropped while ${captures[lack.capture].path} was being captured, by its own count`;
    case 'drops-unknown':
      return lack.of === 1
        ? `whether packets were dropped during the capture is not known: ${captures[0].path} does not say`
        : `whether packets were dropped during the captures is not known: ${grouped(lack.captures)} of ${grouped(lack.of)} files do not say`;
  }
}
