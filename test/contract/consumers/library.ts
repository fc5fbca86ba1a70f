/** What a program in TypeScript does with the library: only types are asked here. */

import { createReadStream } from 'node:fs';
import {
  type AnalyzeOptions,
  analyze,
  type Count,
  examine,
  type FindingOf,
  fromPcapParser,
  listFlows,
  type OwnRule,
  PcapdiagError,
  type Report,
  type ReportFinding,
  type RuleId,
  readPackets,
  rules,
  type Table,
} from 'pcapdiag';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(claim: T): T => claim;

export async function main(): Promise<void> {
  const options: AnalyzeOptions = {
    points: { 'a.pcap': { host: 'node1', interface: 'eth0' } },
    rules: { 'dns-slow': 'off' },
    signal: AbortSignal.timeout(1000),
  };
  const report: Report = await analyze(
    ['a.pcap', createReadStream('b.pcap'), new Uint8Array(3), process.stdin],
    options,
  );
  for (const finding of report.findings) print(finding);

  // @ts-expect-error: a misspelt option
  await analyze('a.pcap', { serviceCidr: [] });
  // @ts-expect-error: a rule that does not exist
  await analyze('a.pcap', { rules: { 'dns-fast': 'off' } });
  // @ts-expect-error: a switch that does not exist
  await analyze('a.pcap', { rules: { 'dns-slow': 'maybe' } });
  // @ts-expect-error: a number is no capture
  await analyze(7);

  const examination = await examine('a.pcap');
  for await (const finding of examination.findings()) print(finding);
  const connections: Table<{ readonly client: string }> = examination.tables.connections;
  for (const { client } of connections) console.log(client);
  const [first] = [...examination.tables.connections];
  // @ts-expect-error: a row is read-only
  first.client = '';

  for await (const packet of readPackets('a.pcap')) {
    const numbers: number[] = [packet.number, packet.tcp?.seq ?? 0, packet.tunnels[0]?.networkId ?? 0];
    console.log(numbers);
  }
  const { flows } = await listFlows('a.pcap', { order: 'octets' });
  const total: Count = { packets: flows[0]?.packets[0] ?? 0, octets: 0 };
  console.log(
    total,
    rules.map(({ id }) => id),
    typeof fromPcapParser,
  );
}

function print(finding: ReportFinding): void {
  if (finding.ruleId === 'mtu-black-hole') {
    const lost: number = finding.measured.smallestLost;
    const icmp: 'none' | 'lost' | 'ignored' = finding.measured.icmp;
    console.log(lost, icmp);
    // @ts-expect-error: another rule measures that
    console.log(finding.measured.medianSeconds);
  }
  if (finding.ruleId === 'acme/many-syns') console.log(finding.measured.syns);
  const slow: FindingOf<'dns-slow'> | null = finding.ruleId === 'dns-slow' ? finding : null;
  console.log(slow?.measured.medianSeconds.toFixed(1), finding.hypotheses[0]?.likelihood, finding.confirm[0]?.command);
}

export const own: OwnRule = {
  id: 'acme/many-syns',
  class: 'tcp',
  level: 'warning',
  summary: 'A client sends many SYNs',
  *detect(tables) {
    for (const { point, server, firstPacket, firstTime, toServer } of tables.connections)
      if (toServer.syns > 3)
        yield {
          key: server,
          message: `${toServer.syns} SYNs`,
          why: 'Counted',
          packets: [{ point, packet: firstPacket, time: firstTime }],
        };
  },
};

export const isWrong = (error: unknown): boolean => error instanceof PcapdiagError && error.code === 'bad-option';
export const ids: RuleId[] = ['dns-slow', 'mtu-black-hole'];
holds<Equal<Report['verdict'] extends { ruleId: string } | null ? true : false, true>>(true);
holds<Equal<string extends RuleId ? true : false, false>>(true);
