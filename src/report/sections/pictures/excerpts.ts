/** The packets that prove findings with their fields, and which field is the odd one. */
import type { Evidence, PacketField, Series } from '../../../flows/evidence/evidence.ts';
import type { Judged, Judgement } from '../../../heuristics/judge/judgement.ts';
import { captureId } from '../../../text/ids.ts';
import type { ReportExcerpt } from '../../model/pictures.ts';
import { oddFields } from './odd-fields.ts';
import { excerpted, shownPackets } from './wanted-series.ts';

export function excerptsOf(evidence: Evidence, judgement: Judgement, series: Series): ReportExcerpt[] {
  const fieldsOf = new Map(series.packets.map(({ capture, packet, fields }) => [`${capture} ${packet}`, fields]));
  return excerpted(judgement).flatMap((judged) => excerptOf(evidence, judged, fieldsOf));
}

function excerptOf(
  evidence: Evidence,
  { occurrence, fingerprint }: Judged,
  fieldsOf: ReadonlyMap<string, readonly PacketField[]>,
): ReportExcerpt[] {
  const found = shownPackets(occurrence.packets).flatMap(({ point, packet }) => {
    const { capture } = evidence.points[point];
    const fields = fieldsOf.get(`${capture} ${packet}`);
    return fields === undefined ? [] : [{ capture, packet, point, fields }];
  });
  if (found.length === 0) return [];
  const odd = oddFields(evidence, occurrence, found);
  return [
    {
      finding: fingerprint,
      packets: found.map(({ capture, packet, fields }, at) => ({
        capture: captureId(capture),
        packet,
        fields: fields.map(({ name, value }) => ({ name, value, ...(odd[at].has(name) && { odd: true as const }) })),
      })),
    },
  ];
}
