import { FAIL_LEVELS, type FailLevel, JUDGED_CLASSES, type JudgedClass } from './gate-settings.ts';
import type { KnownFinding } from './known-finding.ts';
import { LOSS, type MeasureExpectation, readMeasure } from './measures.ts';
import { readDocument } from './read-document.ts';
import { ruleId, rulePattern } from './rule-ids.ts';
import { choice, list, needed, object, oneOrMore, type Read, record, ShapeError, text } from './shape.ts';

/** A finding that a scenario wants. All that is given must fit. */
export interface ExpectedFinding {
  /** Id of the rule. */
  rule: string;
  /** Address, or address and port, of the client. */
  client?: string;
  /** Address, or address and port, of the server. */
  server?: string;
}

/** What a scenario expects. */
export interface Expectations {
  /** These are found. They do not fail the gate. */
  findings?: ExpectedFinding[];
  /** No rule with such an id finds anything; `*` stands for any part of it. */
  forbid?: string[];
  /** The captures allow a verdict on these classes. */
  evidence?: JudgedClass[];
  /** They hold at each capture that has a sample. */
  measures?: MeasureExpectation[];
  /** They hold for these conversations alone. */
  conversations?: ConversationExpectation[];
}

/** What is expected of the traffic between two ends. */
export interface ConversationExpectation {
  /** Two ends, "10.244.1.5,10.244.2.7:80". */
  between: string;
  /** They hold at each capture that has a sample of it. */
  measures: MeasureExpectation[];
}

/** `SCENARIO.yml` (schema/scenario.json): captures, and what is expected of them. */
export interface Scenario {
  /** For people. */
  title?: string;
  /** Paths of files, folders and archives, relative to the scenario. */
  captures: string[];
  /** Where a capture was taken: HOST/INTERFACE by path. */
  points?: Record<string, string>;
  /** Packets that count, in tcpdump's language. */
  filter?: string;
  /** Findings of this level or worse fail; without it, as everywhere. */
  failOn?: FailLevel;
  /** What is expected of the captures. */
  expect: Expectations;
}

const measure: Read<MeasureExpectation> = (value, place) => readMeasure(text(value, place), place);

const expectedFinding: Read<ExpectedFinding> = (value, place) =>
  typeof value === 'string'
    ? { rule: ruleId(value, place) }
    : needed(object<ExpectedFinding>({ rule: ruleId, client: text, server: text })(value, place), ['rule'], place);

const conversation: Read<ConversationExpectation> = (value, place) =>
  needed(
    object<ConversationExpectation>({ between: text, measures: oneOrMore(measure) })(value, place),
    ['between', 'measures'],
    place,
  );

const expectations: Read<Expectations> = (value, place) => {
  const read = object<Expectations>({
    findings: oneOrMore(expectedFinding),
    forbid: oneOrMore(rulePattern),
    evidence: oneOrMore(choice(JUDGED_CLASSES)),
    measures: oneOrMore(measure),
    conversations: list(conversation),
  })(value ?? {}, place);
  for (const [at, { measures }] of (read.conversations ?? []).entries())
    if (measures.some(({ name }) => name === LOSS))
      throw new ShapeError([...place, 'conversations', at], 'cannot have loss');
  return read;
};

const scenario: Read<Scenario> = (value, place) => {
  const {
    $schema: _,
    schemaVersion: _version,
    ...given
  } = object<Scenario & { $schema: string; schemaVersion: 1 }>({
    $schema: text,
    schemaVersion: (version, at) => {
      if (version !== 1) throw new ShapeError(at, 'must be 1');
      return 1;
    },
    title: text,
    captures: oneOrMore(text),
    points: record(text),
    filter: text,
    failOn: choice(FAIL_LEVELS),
    expect: expectations,
  })(value, place);
  return needed(given, ['captures', 'expect'], place);
};

/** @throws PcapdiagError 'bad-option' that names the file and the place in it */
export const readScenario = (content: string, name: string): Promise<Scenario> => readDocument(content, name, scenario);

/** What is expected is known to the gate. */
export const knownFromScenario = ({ expect }: Scenario): KnownFinding[] =>
  (expect.findings ?? []).map((finding) => ({ ...finding, from: 'scenario', reason: 'expected' }));
