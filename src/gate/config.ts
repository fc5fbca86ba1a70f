import type { RuleSetting } from '../heuristics/judge/rule-settings.ts';
import { FAIL_LEVELS, type FailLevel, JUDGED_CLASSES, type JudgedClass } from './gate-settings.ts';
import type { KnownFinding } from './known-finding.ts';
import { readDocument } from './read-document.ts';
import { catalogueRule, ruleId } from './rule-ids.ts';
import { choice, count, date, list, needed, object, oneOrMore, type Read, record, ShapeError, text } from './shape.ts';

/** `pcapdiag.config.json` or `.yml` (schema/config.json). */
export interface Config {
  /** Findings of this level or worse fail. */
  failOn?: FailLevel;
  /** Most new warnings, a number from 0. */
  maxWarnings?: number;
  /** Classes on which the captures must allow a verdict. */
  requireEvidence?: JudgedClass[];
  /** Path of the baseline, as written. */
  baseline?: string;
  /** Levels of rules by id, and which are off. */
  rules?: Record<string, RuleSetting>;
  /** What is known of the cluster. */
  cluster?: ClusterFacts;
  /** Findings that are let pass. */
  known?: KnownFinding[];
}

/** What a configuration tells of the cluster, as the options of the same names. */
export interface ClusterFacts {
  /** Ranges of service addresses, "10.233.0.0/18". */
  serviceCidrs?: string[];
  /** Ranges of pod addresses. */
  podCidrs?: string[];
  /** Addresses of each node, by its name. */
  nodes?: Record<string, string[]>;
  /** Addresses of DNS servers. */
  dnsServers?: string[];
  /** Path of the output of kubectl, as written. */
  inventory?: string;
}

/** Names under which the command looks for a configuration, in the folder where it runs; the first one counts. */
export const CONFIG_NAMES = ['pcapdiag.config.json', 'pcapdiag.config.yml', 'pcapdiag.config.yaml'] as const;

const SETTINGS = ['off', 'on', 'note', 'warning', 'error'] as const satisfies readonly RuleSetting[];

/** YAML 1.1 takes `off` and `on` for truth values, and so do people. */
const setting: Read<RuleSetting> = (value, place) => {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return choice(SETTINGS)(value, place);
};

const knownFinding: Read<KnownFinding> = (value, place) => {
  const given = needed(
    object<Omit<KnownFinding, 'from'>>({
      fingerprint: text,
      rule: ruleId,
      client: text,
      server: text,
      level: choice(['note', 'warning', 'error']),
      reason: text,
      expires: date,
    })(value, place),
    ['reason'],
    place,
  );
  if (given.fingerprint === undefined && given.rule === undefined)
    throw new ShapeError(place, 'needs a fingerprint or a rule');
  return { ...given, from: 'configuration' };
};

const config: Read<Config> = object<Config & { schemaVersion: 1; $schema: string }>({
  $schema: text,
  schemaVersion: (value, place) => {
    if (value !== 1) throw new ShapeError(place, 'must be 1');
    return 1;
  },
  failOn: choice(FAIL_LEVELS),
  maxWarnings: count,
  requireEvidence: oneOrMore(choice(JUDGED_CLASSES)),
  baseline: text,
  rules: record(setting, catalogueRule),
  cluster: object<ClusterFacts>({
    serviceCidrs: oneOrMore(text),
    podCidrs: oneOrMore(text),
    nodes: record(oneOrMore(text)),
    dnsServers: oneOrMore(text),
    inventory: text,
  }),
  known: list(knownFinding),
});

/** @throws PcapdiagError 'bad-option' that names the file and the place in it */
export const readConfig = (content: string, name: string): Promise<Config> => readDocument(content, name, config);
