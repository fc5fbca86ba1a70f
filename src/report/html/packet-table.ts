/** The packets that prove a finding, as a table. */
import { counted } from '../../text/counted.ts';
import { type Markup, markup, NOTHING } from '../../text/markup.ts';
import type { Report, ReportEvidence, ReportFinding } from '../model/report.ts';

/** @param most packets shown: the first ones show where trouble begins, the last ones how it ends */
export function packetTable(report: Report, { evidence, evidenceTotal }: ReportFinding, most: number): Markup {
  if (evidence.length === 0) return markup`<p class="quiet">No single packet stands for it.</p>`;
  const last = Math.floor(most / 3);
  const shown =
    evidence.length > most ? [...evidence.slice(0, most - last), ...(last > 0 ? evidence.slice(-last) : [])] : evidence;
  const hidden = evidenceTotal - shown.length;
  const foldAt = evidence.length > most ? most - last : shown.length;
  const points = new Set(evidence.map(({ point }) => point));
  const name = (id: string): string => report.points.find((point) => point.id === id)?.name ?? id;
  const isSeveral = points.size > 1;
  const caption = isSeveral
    ? 'Packet numbers are those of each capture; seconds since its first packet'
    : `Seen at ${name(evidence[0].point)}; seconds since the first packet of the capture`;
  const columns = isSeveral ? 5 : 4;
  const row = (packet: ReportEvidence): Markup =>
    markup`<tr>${isSeveral ? markup`<td>${name(packet.point)}</td>` : NOTHING}<td class="number">${packet.packet}</td><td class="number">${packet.relativeSeconds.toFixed(6)}</td><td>${ARROWS[packet.direction] ?? ''}</td><td>${packet.note}</td></tr>`;
  const rows = shown.map(row);
  if (hidden > 0)
    rows.splice(
      foldAt,
      0,
      markup`<tr class="more"><td colspan="${columns}">… ${counted(hidden, 'more packet')}</td></tr>`,
    );
  return markup`<div class="wide" tabindex="0" role="group" aria-label="Packets"><table class="packets"><caption>${caption}</caption><thead><tr>${isSeveral ? markup`<th scope="col">point</th>` : NOTHING}<th scope="col" class="number">packet</th><th scope="col" class="number">seconds</th><th scope="col">way</th><th scope="col">what</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

const ARROWS: Readonly<Record<string, string>> = { '>': '→', '<': '←' };
