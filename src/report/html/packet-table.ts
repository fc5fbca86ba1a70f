/** The packets that prove a finding, as a table. */
import { counted } from '../../text/counted.ts';
import { type Markup, markup, NOTHING } from '../../text/markup.ts';
import type { Report, ReportEvidence, ReportFinding } from '../model/report.ts';

/**
 * @param most packets shown: the first ones show where trouble begins, the last ones how it ends
 * @param hasFields whether the fields of each packet stand below it, the odd ones marked
 */
export function packetTable(
  report: Report,
  { evidence, evidenceTotal, fingerprint }: ReportFinding,
  most: number,
  hasFields = false,
): Markup {
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
  const excerpt = hasFields ? report.pictures?.excerpts.find(({ finding }) => finding === fingerprint) : undefined;
  const fields = ({ capture, packet }: ReportEvidence): Markup => {
    const found = excerpt?.packets.find((each) => each.capture === capture && each.packet === packet);
    return found === undefined ? NOTHING : markup`<br>${fieldWords(found.fields)}`;
  };
  const row = (packet: ReportEvidence): Markup =>
    markup`<tr>${isSeveral ? markup`<td>${name(packet.point)}</td>` : NOTHING}<td class="number">${packet.packet}</td><td class="number">${packet.relativeSeconds.toFixed(6)}</td><td class="way">${ARROWS[packet.direction] ?? ''}</td><td>${packet.note}${fields(packet)}</td></tr>`;
  const rows = shown.map(row);
  if (hidden > 0)
    rows.splice(
      foldAt,
      0,
      markup`<tr class="more"><td colspan="${columns}">… ${counted(hidden, 'more packet')}</td></tr>`,
    );
  return markup`<div class="wide" tabindex="0" role="group" aria-label="Packets"><table class="packets"><caption>${caption}</caption><thead><tr>${isSeveral ? markup`<th scope="col">point</th>` : NOTHING}<th scope="col" class="number">packet</th><th scope="col" class="number">seconds</th><th scope="col" class="way">way</th><th scope="col">what</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

const ARROWS: Readonly<Record<string, string>> = { '>': '→', '<': '←' };

/** `ip.ttl 128`, each in one piece; what is odd is marked, and said to be odd to who hears it. */
const fieldWords = (fields: readonly { name: string; value: string; odd?: true }[]): Markup =>
  markup`<span class="fields">${fields.map(({ name, value, odd }) =>
    odd === undefined
      ? markup`<span class="field">${name} ${value}</span> `
      : markup`<mark class="field">${name} ${value}<span class="heard"> (odd)</span></mark> `,
  )}</span>`;
