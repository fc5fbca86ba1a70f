import type { Report } from '../../../src/report/model/report.ts';
import { sampleReport } from '../sample.ts';

/** A report of many findings, each with as many packets as a report lists. */
export function longReport(findings: number): Report {
  const report = sampleReport();
  const [first] = report.findings;
  const evidence = Array.from({ length: 50 }, (_, at) => ({
    ...first.evidence[0],
    packet: at + 1,
    relativeSeconds: at / 10,
    note: `seq ${at * 1448}:${(at + 1) * 1448} length 1500, again after ${at / 10} s`,
  }));
  return {
    ...report,
    findings: Array.from({ length: findings }, (_, at) => ({
      ...first,
      message: `${first.message}, for the ${at + 1}th time`,
      fingerprint: `${first.fingerprint}-${at}`,
      explains: [],
      evidence,
      evidenceTotal: 4000,
    })),
  };
}
