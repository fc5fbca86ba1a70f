import { summaryTable } from '../report/formats/summary-table.ts';
import { grouped } from '../text/counted.ts';
import type { FlowRow } from './flow-row.ts';
import type { FlowList } from './list-flows.ts';

const HEAD = [
  '#',
  'protocol',
  'client',
  'server',
  'packets',
  'octets',
  'round trip',
  'again',
  'duration',
  'history',
  'state',
];

/** Columns of a line: no cell is that long, so none is wrapped. */
const WIDEST = 1000;

/** Flows as a table, at most `most` of them; what is left out is said below. */
export function formatFlows({ flows, beyond }: FlowList, most: number): string {
  const rows = [HEAD, ...flows.slice(0, most).map(cells)];
  const lines = summaryTable(rows, WIDEST, 0);
  const left = flows.length > most ? `${grouped(flows.length - most)} more flows: --top shows more\n` : '';
  const over = beyond > 0 ? `${grouped(beyond)} packets of further flows are not listed\n` : '';
  return `${lines.join('\n')}\n${left}${over}`;
}

function cells(row: FlowRow): string[] {
  const { number, protocol, tunnels, client, server, packets, octets, roundTrip, sentAgain, duration, history, state } =
    row;
  return [
    String(number),
    tunnels.length === 0 ? protocol : `${protocol} in ${tunnels.join(' in ')}`,
    client,
    server,
    packets.map(grouped).join(' + '),
    octets.map(grouped).join(' + '),
    roundTrip === null ? '-' : `${(roundTrip * 1000).toFixed(3)} ms`,
    sentAgain === 0 ? '-' : String(sentAgain),
    `${duration.toFixed(3)} s`,
    history || '-',
    state,
  ];
}
