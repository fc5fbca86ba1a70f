import {
  analyze,
  CNI_NAMES,
  FLOW_ORDERS,
  type FlowOrder,
  followFlow,
  listFlows,
  listPackets,
  type PlanRequest,
  planCaptures,
  rules,
  type Selection,
} from '../../index.ts';
import { didYouMean } from '../../text/suggestion.ts';
import { rulePage } from '../rule-page.ts';
import type { AllowedPaths } from './allowed-paths.ts';
import { type Answer, answerOf } from './answer.ts';
import { reportAnswer, wholeFinding } from './report-answer.ts';

/** Findings, rows and lines of one answer unless more are asked for, and at most. */
const FINDINGS = 5;
const ROWS = 40;
const MOST_ROWS = 100;
const MOST_CAPTURES = 64;
/** Characters of a followed flow in one answer. */
const FOLLOWED = 8_000;

type Given = Record<string, unknown>;

export interface Tool {
  name: string;
  description: string;
  inputSchema: { type: 'object'; properties: Record<string, object>; required: string[]; additionalProperties: false };
  run(given: Given, allowed: AllowedPaths, signal: AbortSignal): Promise<Answer>;
}

const text = (description: string) => ({ type: 'string', minLength: 1, description });
const whole = (description: string, most = Number.MAX_SAFE_INTEGER) => ({
  type: 'integer',
  minimum: 1,
  maximum: most,
  description,
});
const SELECTION = {
  filter: text("tcpdump's filter language"),
  conversation: text('A:PORT,B:PORT, both directions, also inside tunnels; ports may be left out'),
};
const CAPTURE = { capture: text('Path of a pcap or pcapng file') };
const PAGE = { from: whole('First row, from 1'), count: whole('Rows, 40 without it', MOST_ROWS) };

const selectionOf = ({ filter, conversation }: Given): Selection => ({
  ...(filter !== undefined && { filter: filter as string }),
  ...(conversation !== undefined && { conversation: conversation as string }),
});

const input = (properties: Record<string, object>, required: string[]): Tool['inputSchema'] => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

export const TOOLS: readonly Tool[] = [
  {
    name: 'analyze',
    description:
      'Reads captures (several of the same traffic are compared) and says what is wrong, where, how it is known and what could not be seen; every claim with packet numbers.',
    inputSchema: input(
      {
        captures: { type: 'array', items: text('Path of a capture'), minItems: 1, maxItems: MOST_CAPTURES },
        ...SELECTION,
        findings: whole('Findings to tell, 5 without it', 20),
        finding: whole('Number of one finding, to be told whole: causes, commands, fixes, all packets'),
      },
      ['captures'],
    ),
    async run(given, allowed, signal) {
      const paths = await Promise.all((given.captures as string[]).map((path) => allowed.fileOf(path)));
      const report = await analyze(paths, { signal, selection: selectionOf(given) });
      if (given.finding === undefined) {
        const told = reportAnswer(report, (given.findings as number | undefined) ?? FINDINGS);
        return answerOf(told, (long) =>
          long.findings.length > 1 ? { ...long, findings: long.findings.slice(0, -1) } : undefined,
        );
      }
      const found = wholeFinding(report, given.finding as number);
      if (found === undefined)
        throw new Error(`there is no finding ${given.finding}: there are ${report.findings.length}`);
      return answerOf(found, (long) =>
        long.packets.length > 1 ? { ...long, packets: long.packets.slice(0, long.packets.length >> 1) } : undefined,
      );
    },
  },
  {
    name: 'explain',
    description:
      'What a rule looks for, what it is not, its thresholds, causes and fixes; without a rule all their ids.',
    inputSchema: input({ rule: text('Id of a rule') }, []),
    async run({ rule }) {
      if (rule === undefined)
        return answerOf({ rules: rules.map(({ id, level, summary }) => `${id} (${level}): ${summary}`) });
      const page = rules.find(({ id }) => id === rule);
      if (page === undefined)
        throw new Error(
          `no rule is called "${rule}"${didYouMean(
            rule as string,
            rules.map(({ id }) => id),
          )}`,
        );
      return answerOf({ page: rulePage(page).split('\n') });
    },
  },
  {
    name: 'packets',
    description: 'Packets of a capture, a line each with its number, tunnels shown; with layers what each header says.',
    inputSchema: input(
      { ...CAPTURE, ...SELECTION, ...PAGE, layers: { type: 'boolean', description: 'The layers of each packet' } },
      ['capture'],
    ),
    async run(given, allowed, signal) {
      const { from, count } = pageOf(given);
      const lines: (string | string[])[] = [];
      const enough = new AbortController();
      let seen = 0;
      await listPackets(
        await allowed.fileOf(given.capture as string),
        (line) => {
          if (++seen < from) return;
          if (lines.length < count) lines.push(given.layers === true ? line.trimEnd().split('\n') : line.trimEnd());
          else enough.abort();
        },
        { selection: selectionOf(given), signal, stop: enough.signal, layers: given.layers === true },
      );
      return paged('packets', lines, { from, isMore: enough.signal.aborted });
    },
  },
  {
    name: 'flows',
    description:
      'Connections and exchanges of a capture: ends, packets, octets, history, round trip, state. `packets` with the two ends as conversation shows their packets, `follow` what they said.',
    inputSchema: input(
      {
        ...CAPTURE,
        ...SELECTION,
        ...PAGE,
        order: { type: 'string', enum: [...FLOW_ORDERS], description: 'Largest first' },
      },
      ['capture'],
    ),
    async run(given, allowed, signal) {
      const { from, count } = pageOf(given);
      const { order } = given as { order?: FlowOrder };
      const path = await allowed.fileOf(given.capture as string);
      const { flows } = await listFlows(path, { selection: selectionOf(given), signal, ...(order && { order }) });
      const rows = flows.slice(from - 1, from - 1 + count);
      return paged('flows', rows, { from, isMore: flows.length >= from + count, total: flows.length });
    },
  },
  {
    name: 'follow',
    description:
      'What the two ends of a flow said, as text; gaps are marked. The number of the flow is that of `flows`.',
    inputSchema: input(
      { ...CAPTURE, ...SELECTION, flow: whole('Number of the flow'), from: whole('First character, from 1') },
      ['capture', 'flow'],
    ),
    async run(given, allowed, signal) {
      const from = (given.from as number | undefined) ?? 1;
      let said = '';
      let passed = 0;
      const enough = new AbortController();
      const flow = await followFlow(
        await allowed.fileOf(given.capture as string),
        given.flow as number,
        (octets) => {
          const part = String(octets);
          if (said.length <= FOLLOWED) said += part.slice(Math.max(0, from - 1 - passed));
          passed += part.length;
          if (said.length > FOLLOWED) enough.abort();
        },
        { selection: selectionOf(given), signal, stop: enough.signal },
      );
      const { client, server, protocol } = flow;
      const told = {
        flow: { number: flow.number, protocol, client, server },
        lines: said.slice(0, FOLLOWED).split('\n'),
      };
      return answerOf({ ...told, ...(said.length > FOLLOWED && { more: `follow with from: ${from + FOLLOWED}` }) });
    },
  },
  {
    name: 'plan',
    description: 'Where to capture when a pod cannot reach something, with the commands for each node. Nothing is run.',
    inputSchema: input(
      {
        pod: text('The pod: NAME or NAMESPACE/NAME'),
        node: text('Its node'),
        cni: { type: 'string', enum: [...CNI_NAMES], description: 'The network plugin' },
        target: text('What it does not reach: ADDRESS:PORT'),
        targetNode: text('Node of the target, when it is a pod'),
        service: text('Address of the service, when it is asked through one'),
        dns: { type: 'boolean', description: 'Whether to capture DNS too' },
        seconds: whole('How long, 30 without it', 3600),
      },
      ['pod', 'node', 'cni', 'target'],
    ),
    async run(given) {
      return answerOf(planCaptures(given as unknown as PlanRequest));
    },
  },
];

const pageOf = ({ from, count }: Given): { from: number; count: number } => ({
  from: (from as number | undefined) ?? 1,
  count: (count as number | undefined) ?? ROWS,
});

interface Page {
  from: number;
  isMore: boolean;
  total?: number;
}

/** Rows that fit, and where the next ones begin. */
function paged(name: string, rows: readonly unknown[], { from, isMore, total }: Page): Answer {
  const page = (kept: readonly unknown[]) => ({
    [name]: kept,
    ...(total !== undefined && { total }),
    ...((isMore || kept.length < rows.length) && { more: `${name} with from: ${from + kept.length}` }),
  });
  let kept = rows;
  return answerOf(page(kept), () => {
    if (kept.length <= 1) return undefined;
    kept = kept.slice(0, kept.length >> 1);
    return page(kept);
  });
}
