/** The packets that prove a finding, as a table. */
import { counted } from '../../text/counted.ts';
import { type Markup, markup, NOTHING } from '../../text/markup.ts';
import { pointName } from '../model/points.ts';
import type { Report, ReportEvidence, ReportFinding } from '../model/report.ts';

/**
 * @param most packets shown: the first ones show where trouble begins, the last ones how it ends
 * @param hasFields whether fields stand below the packets, the odd ones marked
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
  const isSeveral = points.size > 1;
  const caption = isSeveral
    ? 'Packet numbers are those of each capture; seconds since its first packet'
    : `Seen at ${pointName(report, evidence[0].point)}; seconds since the first packet of the capture`;
  const columns = isSeveral ? 5 : 4;
  const fields = hasFields ? fieldsShown(report, fingerprint) : new Map<string, readonly Field[]>();
  const row = (packet: ReportEvidence): Markup => {
    const own = fields.get(keyOf(packet)) ?? [];
    const below =
      own.length === 0 ? NOTHING : markup`<tr><td class="fields" colspan="${columns}">${fieldWords(own)}</td></tr>`;
    return markup`<tr class="${own.length === 0 ? '' : 'opened'}">${isSeveral ? markup`<td>${pointName(report, packet.point)}</td>` : NOTHING}<td class="number">${packet.packet}</td><td class="number">${packet.relativeSeconds.toFixed(6)}</td><td class="way">${ARROWS[packet.direction] ?? ''}</td><td>${packet.note}</td></tr>${below}`;
  };
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

type Field = NonNullable<Report['pictures']>['excerpts'][number]['packets'][number]['fields'][number];

const keyOf = ({ capture, packet }: { capture: string; packet: number }): string => `${capture} ${packet}`;
const SOURCES = ['ip.src', 'ipv6.src', 'arp.src.proto_ipv4', 'eth.src'];

/** Of the first packet of each sender all fields; of the others those that are odd. */
function fieldsShown({ pictures }: Report, fingerprint: string): Map<string, readonly Field[]> {
  const senders = new Set<string>();
  const packets = pictures?.excerpts.find(({ finding }) => finding === fingerprint)?.packets ?? [];
  return new Map(
    packets.map(({ capture, packet, fields }) => {
      const name = SOURCES.find((source) => fields.some((field) => field.name === source));
      const sender = `${capture} ${fields.find((field) => field.name === name)?.value}`;
      const isFirst = !senders.has(sender);
      senders.add(sender);
      return [keyOf({ capture, packet }), isFirst ? fields : fields.filter(({ odd }) => odd)];
    }),
  );
}

/** `ip.ttl 128`, each in one piece; what is odd is marked, and said to be odd to who hears it. */
const fieldWords = (fields: readonly Field[]): Markup =>
  markup`${fields.map(({ name, value, odd }) =>
    odd === undefined
      ? markup`<span class="field">${name} ${value}</span> `
      : markup`<mark class="field">${name} ${value}<span class="heard"> (odd)</span></mark> `,
  )}`;
