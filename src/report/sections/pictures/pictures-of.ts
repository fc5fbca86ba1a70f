import type { Evidence, SegmentSeries, Series, WantedSeries } from '../../../flows/evidence/evidence.ts';
import { TO_SERVER } from '../../../flows/evidence/evidence.ts';
import type { Judgement } from '../../../heuristics/judge/judgement.ts';
import { endText } from '../../../text/end-text.ts';
import { pointId } from '../../../text/ids.ts';
import { sanitizeAll } from '../../../text/sanitize.ts';
import type { ReportPictures, ReportSequence } from '../../model/pictures.ts';
import { excerptsOf } from './excerpts.ts';
import { sizesOf } from './sizes.ts';
import { triesOf } from './tries.ts';
import { leading } from './wanted-series.ts';

/**
 * What pictures show, as plain data of the report.
 *
 * @param wanted what was to be read a second time
 * @param series null when the captures could not be read a second time, or were not
 */
export function picturesOf(
  evidence: Evidence,
  judgement: Judgement,
  wanted: WantedSeries,
  series: Series | null,
): ReportPictures {
  const first = leading(judgement).find(({ level }) => level !== 'note');
  return sanitizeAll<ReportPictures>({
    sequences: (series?.connections ?? [])
      .map((each) => sequenceOf(evidence, each))
      .filter(({ sent }) => sent.length > 1),
    sizes: sizesOf(evidence, judgement, series),
    tries: triesOf(evidence, judgement),
    waits: (first?.occurrence.chain ?? []).map(({ client, server, seconds }) => ({ client, server, seconds })),
    excerpts: series === null ? [] : excerptsOf(evidence, judgement, series),
    notes: notesOf(wanted, series),
  });
}

function sequenceOf(evidence: Evidence, series: SegmentSeries): ReportSequence {
  const connection = evidence.connections[series.connection];
  const { client, server, first, last } = connection;
  const start = first.time;
  const [from, to] = series.direction === TO_SERVER ? [client, server] : [server, client];
  const { sent, sacks, sizes } = series.leftOut;
  return {
    point: pointId(series.point),
    from: endText(from),
    to: endText(to),
    startSeconds: start,
    seconds: last.time - first.time,
    packets: series.packets,
    sent: series.sent.map(({ time, until, from, to, packets, kind }) => [
      time - start,
      until - start,
      from,
      to,
      packets,
      kind,
    ]),
    acks: series.acks.map(({ time, ack, limit, duplicate }) => [time - start, ack, limit, duplicate ? 1 : 0]),
    sacks: series.sacks.map(({ time, from, to }) => [time - start, from, to]),
    roundTrips: series.roundTrips.map(({ time, seconds }) => [time - start, seconds]),
    rate: { binSeconds: series.rate.width, fresh: series.rate.fresh, again: series.rate.again },
    leftOut: sent + sacks + sizes,
  };
}

function notesOf(wanted: WantedSeries, series: Series | null): string[] {
  if (series === null) return ['single segments: the captures were not read a second time'];
  return wanted.connections.length > series.connections.length
    ? ['the connection of the verdict: its capture can be read only once']
    : [];
}
