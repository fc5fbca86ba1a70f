/** JUnit XML as CI systems read it: no standard describes it, so only elements are used that all of them know. */
import { sanitize, sanitizeAll } from '../../../text/sanitize.ts';
import type { Report, ReportFinding } from '../../model/report.ts';
import { subjectText } from '../finding-text.ts';
import { failsGate, knownText } from '../known-text.ts';
import { findingLines } from './finding-lines.ts';
import { attributes, type XmlElement, xml, xmlDocument } from './xml.ts';

export interface JunitOptions {
  /** Name of the test suite; else the captures are its name. */
  suite?: string;
}

/** Captures that name a suite; more are counted. */
const CAPTURES_NAMED = 4;

/**
 * One test suite. Each class of faults without a finding is a test case: passed, or skipped with the reason why it
 * cannot be judged. So is each finding: failed where it fails the gate, skipped where it is known, else passed with
 * what was found in its output. A rule whose claim the captures do not allow is skipped.
 */
export function formatJunit(unsafe: Report, { suite }: JunitOptions = {}): string {
  const report = sanitizeAll(unsafe);
  const cases = [
    ...report.findings.map((finding) => findingCase(report, finding)),
    ...classCases(report),
    ...gateCase(report),
    ...gatedCases(report),
  ];
  const totals = {
    tests: cases.length,
    failures: cases.filter(({ outcome }) => outcome === 'failure').length,
    errors: cases.filter(({ outcome }) => outcome === 'error').length,
    skipped: cases.filter(({ outcome }) => outcome === 'skipped').length,
    time: 0,
  };
  return xmlDocument(
    xml('testsuites', attributes({ name: 'pcapdiag', ...totals }), [
      xml('testsuite', attributes({ name: suite ?? suiteName(report), ...totals }), [
        ...cases.map(({ element }) => element),
        ...(report.unseen.length === 0 ? [] : [xml('system-out', '', [report.unseen.join('\n')])]),
      ]),
    ]),
  );
}

/** One test case with an error for each reason: no report can be made, and a job that found no file would be silent. */
export function formatUnreadAsJunit(reasons: readonly string[], suite: string): string {
  const totals = { tests: reasons.length, failures: 0, errors: reasons.length, skipped: 0, time: 0 };
  const cases = reasons.map((reason, at) => {
    const message = sanitize(reason);
    const error = xml('error', attributes({ message, type: 'not-assessable' }), [message]);
    return testCase('captures', at === 0 ? 'can be read' : `can be read (${at + 1})`, 'error', [error]).element;
  });
  const named = xml('testsuite', attributes({ name: sanitize(suite), ...totals }), cases);
  return xmlDocument(xml('testsuites', attributes({ name: 'pcapdiag', ...totals }), [named]));
}

interface TestCase {
  outcome: 'passed' | 'failure' | 'error' | 'skipped';
  element: XmlElement;
}

function suiteName({ captures }: Report): string {
  const named = captures.slice(0, CAPTURES_NAMED).map(({ path }) => path);
  return [...named, ...(captures.length > CAPTURES_NAMED ? [`${captures.length - CAPTURES_NAMED} more`] : [])].join(
    ', ',
  );
}

const testCase = (of: string, name: string, outcome: TestCase['outcome'], children: XmlElement[]): TestCase => ({
  outcome,
  element: xml('testcase', attributes({ classname: `pcapdiag.${of}`, name, time: 0 }), children),
});

function findingCase(report: Report, finding: ReportFinding): TestCase {
  const name = `${finding.ruleId}: ${subjectText(finding)}`;
  const text = [finding.message, ...findingLines(report, finding)].join('\n');
  const output = xml('system-out', '', [text]);
  if (finding.known !== undefined) {
    const skipped = xml('skipped', attributes({ message: knownText(finding.known) }), []);
    return testCase(finding.class, name, 'skipped', [skipped, output]);
  }
  if (!failsGate(report, finding)) return testCase(finding.class, name, 'passed', [output]);
  const failure = xml('failure', attributes({ message: finding.message, type: finding.level }), [text]);
  return testCase(finding.class, name, 'failure', [failure]);
}

/** A class in which something was found has the test cases of its findings. */
function classCases({ triage }: Report): TestCase[] {
  return triage
    .filter(({ verdict }) => verdict !== 'fault')
    .map(({ class: faultClass, verdict, because }) =>
      verdict === 'ok'
        ? testCase(faultClass, 'no fault', 'passed', [xml('system-out', '', [because])])
        : testCase(faultClass, 'no fault', 'skipped', [
            xml('skipped', attributes({ message: `not assessable: ${because}` }), []),
          ]),
    );
}

/** Evidence that was asked for and is not there is an error: neither passed nor failed. */
function gateCase({ gate }: Report): TestCase[] {
  if (gate === undefined || gate.status === 'passed') return [];
  const [kind, type] =
    gate.status === 'failed' ? (['failure', 'gate'] as const) : (['error', 'not-assessable'] as const);
  const message = gate.because.join('; ');
  return [testCase('gate', 'gate', kind, [xml(kind, attributes({ message, type }), [gate.because.join('\n')])])];
}

const gatedCases = ({ rules }: Report): TestCase[] =>
  rules
    .filter(({ status }) => status === 'gated')
    .map(({ ruleId, because }) =>
      testCase('rules', ruleId, 'skipped', [xml('skipped', attributes({ message: `not assessable: ${because}` }), [])]),
    );
