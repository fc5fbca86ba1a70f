import { readAll } from './analyze.ts';
import type { AnalyzeOptions } from './analyze-options.ts';
import { assertExaminable } from './checked-options.ts';
import type { CaptureSource } from './decode/files/capture-source.ts';
import type { Conversation, Evidence, Hop } from './flows/evidence/evidence.ts';
import { summaryTable } from './report/formats/summary-table.ts';
import { grouped } from './text/counted.ts';
import { sanitize } from './text/sanitize.ts';

/** One direction between two neighbouring capture points: what TCP sent again, and where that was needed. */
export interface HopRetransmissions {
  /** Name of the point that packets pass first. */
  from: string;
  /** Name of the next point. */
  to: string;
  /** Connections that pass both points. */
  connections: number;
  /** Segments sent again, as `from` sees them: twice there, whatever became of the first. */
  sentAgain: number;
  /** Packets seen at `from`. */
  packets: number;
  /** How many packets of them were not seen at `to`. */
  lost: number;
  /** How many of the lost packets carried data. */
  lostData: number;
  /** Connections of which it cannot be told whether packets were lost here; their packets are not counted as lost. */
  untold: number;
}

/** Columns of a line: no cell is that long, so none is wrapped. */
const WIDEST = 1000;

/**
 * Retransmissions by hop, for several captures of the same traffic: a segment that is sent again is seen twice before
 * the place where its first copy was lost, and once behind it; so the hop with the lost data is the one that made it
 * necessary. Ordinary connections beyond a thousand are left out: they have none.
 *
 * @throws PcapdiagError as `analyze` does; 'bad-option' for `redaction` and `pictures`
 */
export async function hopStats(
  sources: readonly CaptureSource[],
  options: Omit<AnalyzeOptions, 'redaction' | 'pictures'> = {},
): Promise<HopRetransmissions[]> {
  assertExaminable(options, 'hopStats');
  const { evidence } = await readAll(sources, options);
  const hops = new Map<string, HopRetransmissions>();
  for (const conversation of evidence.conversations) {
    if (conversation.protocol !== 'tcp') continue;
    for (const hop of conversation.hops) {
      const key = `${hop.from} ${hop.to}`;
      const known = hops.get(key) ?? emptyHop(evidence, hop);
      hops.set(key, known);
      known.connections++;
      if (hop.unknown === null) {
        known.packets += hop.packets;
        known.lost += hop.lost;
        known.lostData += hop.lostData;
      } else known.untold++;
      known.sentAgain += sentAgainAt(evidence, conversation, hop);
    }
  }
  return [...hops.values()].sort(
    (a, b) => b.lostData - a.lostData || b.sentAgain - a.sentAgain || b.packets - a.packets,
  );
}

const emptyHop = ({ points }: Evidence, { from, to }: Hop): HopRetransmissions => ({
  from: points[from].name,
  to: points[to].name,
  connections: 0,
  packets: 0,
  sentAgain: 0,
  lost: 0,
  lostData: 0,
  untold: 0,
});

function sentAgainAt({ connections }: Evidence, { legs }: Conversation, { direction, from }: Hop): number {
  const leg = legs.find((each) => each.point === from && each.kind === 'tcp');
  return leg === undefined ? 0 : connections[leg.index].directions[direction].retransmissions;
}

/** As a table for a terminal. */
export function formatHops(hops: readonly HopRetransmissions[]): string {
  if (hops.length === 0) return 'No connection was seen at two capture points\n';
  const rows = hops.map(({ from, to, connections, sentAgain, packets, lost, lostData, untold }) => [
    `${sanitize(from)} > ${sanitize(to)}`,
    grouped(connections),
    grouped(sentAgain),
    grouped(packets),
    untold === connections ? 'untold' : grouped(lost),
    untold === connections ? 'untold' : grouped(lostData),
  ]);
  const head = ['hop', 'connections', 'sent again', 'packets', 'lost here', 'with data'];
  return `Segments sent again, and where their first copies were lost\n${summaryTable([head, ...rows], WIDEST, 0).join('\n')}\n`;
}
