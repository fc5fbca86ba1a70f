import type { Evidence } from './flows/evidence/evidence.ts';
import type { Measured } from './heuristics/rule/measured.ts';
import {
  type Command,
  defineRule,
  type EvidencePacket,
  FAULT_CLASSES,
  type FaultClass,
  type Grade,
  type Level,
  type Occurrence,
  type Rule,
  type Subject,
} from './heuristics/rule/rule.ts';
import type { OwnRuleId } from './report/model/report.ts';
import type { Tables } from './tables/tables.ts';
import { PcapdiagError } from './text/pcapdiag-error.ts';

/** A packet that proves a finding of an own rule. */
export interface OwnEvidence {
  /** Id of the capture point: "p1". */
  point: string;
  /** Number of the packet in its capture. */
  packet: number;
  /** Seconds since the first packet of the capture. */
  time: number;
  /** `>` from client to server, `<` from server to client. */
  direction?: '>' | '<';
  /** What it shows. */
  note?: string;
}

/** One fault that an own rule found. */
export interface OwnFinding {
  /** Equal for the same fault in another capture: no packet numbers, no ephemeral ports. */
  key: string;
  /** How bad it is; that of the rule without it. */
  level?: Level;
  /** How sure it is; `inferred` without it. */
  grade?: Grade;
  /** The finding in one sentence. */
  message: string;
  /** How it is known. */
  why: string;
  /** What the ends speak; `ip` without it. */
  protocol?: 'tcp' | 'udp' | 'icmp' | 'arp' | 'dns' | 'tunnel' | 'ip' | 'capture';
  /** ADDRESS or ADDRESS:PORT of the end that asks. */
  client?: string;
  /** ADDRESS or ADDRESS:PORT of the end that is asked. */
  server?: string;
  /** The place in words. */
  place?: string;
  /** Packets that prove it. */
  packets: readonly OwnEvidence[];
  /** Number of attempts, connections or exchanges that it covers; 1 without it. */
  reach?: number;
  /** The numbers behind the message. */
  measured?: Measured;
  /** Commands that show it. They change nothing, and what comes from a capture is quoted in them. */
  confirm?: readonly Command[];
  /** What repairs it, as sentences. */
  fix?: readonly string[];
  /** Display filter of Wireshark that shows the packets. */
  wireshark?: string;
}

/** A rule of another program. Its findings stand in the report among the others. */
export interface OwnRule {
  /** Id of its findings: a name, a slash and a name in lower case, "acme/slow-backup". */
  id: OwnRuleId;
  /** Class of its faults. */
  class: FaultClass;
  /** Level of its findings. */
  level: Level;
  /** What it finds, in one sentence. */
  summary: string;
  /** Looks for faults in what was read. It may be called more than once, and has to say the same each time. */
  detect(tables: Tables): Iterable<OwnFinding>;
}

const ID = /^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/;
const LEVELS: readonly string[] = ['error', 'warning', 'note'] satisfies Level[];
/** Packets of a finding that are listed; the report lists no more. */
const MOST_PACKETS = 50;

/** @throws PcapdiagError 'bad-option' for a rule that is none */
export function assertOwnRules(rules: readonly OwnRule[]): void {
  const ids = new Set<string>();
  for (const rule of rules) {
    const { id, class: faultClass, level, summary, detect } = rule;
    if (typeof id !== 'string' || !ID.test(id))
      throw badRule(`"${id}" is no id of an own rule: a name, a slash and a name in lower case, as "acme/slow-backup"`);
    if (ids.has(id)) throw badRule(`two rules are called "${id}"`);
    ids.add(id);
    if (!FAULT_CLASSES.includes(faultClass))
      throw badRule(`${id}: no class is called "${faultClass}"; the classes are ${FAULT_CLASSES.join(', ')}`);
    if (!LEVELS.includes(level)) throw badRule(`${id}: level must be one of ${LEVELS.join(', ')}, not "${level}"`);
    if (typeof summary !== 'string' || summary === '') throw badRule(`${id}: summary is empty`);
    if (typeof detect !== 'function') throw badRule(`${id}: detect is no function`);
  }
}

const badRule = (message: string, cause?: unknown): PcapdiagError =>
  new PcapdiagError('bad-option', `ownRules: ${message}`, { cause });

/** The rule as the judge takes it. Facts for it are the tables, whatever the evidence. */
export function ruleOf(own: OwnRule, tables: Tables): Rule {
  return defineRule<OwnOccurrence>({
    meta: {
      id: own.id,
      faultClass: own.class,
      level: own.level,
      recordedIn: null,
      place: 'mechanism',
      summary: own.summary,
      meaning: own.summary,
      rule: own.summary,
      notThis: [],
      causes: [],
      confirm: [],
      fix: [],
      references: [],
    },
    isToldApart: true,
    thresholds: {},
    *detect(evidence) {
      for (const found of detected(own, tables)) yield occurrenceOf(own, found, evidence);
    },
    explain({ found: { message, why, confirm = [], fix = [], wireshark = '' } }) {
      return { message, why, causes: [], confirm: [...confirm], fix: [...fix], wireshark };
    },
  });
}

interface OwnOccurrence extends Occurrence {
  found: OwnFinding;
}

function detected(own: OwnRule, tables: Tables): OwnFinding[] {
  try {
    return [...own.detect(tables)];
  } catch (error) {
    throw badRule(`${own.id}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
}

function occurrenceOf({ id }: OwnRule, found: OwnFinding, { points }: Evidence): OwnOccurrence {
  const { key, level, grade = 'inferred', packets, place, reach = 1, measured = {} } = found;
  for (const name of ['key', 'message', 'why'] as const)
    if (typeof found[name] !== 'string' || found[name] === '') throw badRule(`${id}: a finding has no ${name}`);
  const subject: Subject = {
    protocol: found.protocol ?? 'ip',
    client: found.client ?? null,
    server: found.server ?? null,
  };
  return {
    found,
    key,
    ...(level !== undefined && { level }),
    grade,
    subject,
    conversations: [],
    ...(place !== undefined && { place }),
    packets: packets.slice(0, MOST_PACKETS).map(({ point, packet, time, direction, note = '' }): EvidencePacket => {
      const index = /^p[1-9]\d*$/.test(point) ? Number(point.slice(1)) - 1 : -1;
      if (points[index] === undefined) throw badRule(`${id}: no capture point is called "${point}"`);
      if (!Number.isInteger(packet) || !Number.isFinite(time))
        throw badRule(`${id}: ${packet} at ${time} s is no packet of ${point}`);
      return { point: index, packet, time, note, ...(direction && { direction }) };
    }),
    packetsTotal: packets.length,
    reach,
    measured,
  };
}
