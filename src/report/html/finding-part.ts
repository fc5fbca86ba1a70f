/** Every finding with its packets, why, causes, filter and what follows from it. */
import { counted } from '../../text/counted.ts';
import { type Markup, markup, NOTHING, when } from '../../text/markup.ts';
import { subjectText } from '../formats/finding-text.ts';
import { knownText } from '../formats/known-text.ts';
import { leadingFindings } from '../formats/leading-findings.ts';
import type { Report, ReportFinding } from '../model/report.ts';
import { packetTable } from './packet-table.ts';
import { leftOut, listOf, type Part } from './part.ts';

/** Packets of one finding. */
const MOST_PACKETS = 12;
/** Findings that are unfolded: the verdict and a few beside it. */
const UNFOLDED = 3;
/** Octets of all findings told at length; a page of 2 MB opens in a second. */
const LENGTH_LIMIT = 900_000;
/** Findings in one line each, behind those told at length. */
const MOST_LINES = 300;

const KINDS = { error: 'bad', warning: 'warn', note: 'quiet' } as const;

export function findingsPart(report: Report): Part[] {
  const leading = leadingFindings(report);
  if (leading.length === 0) return [];
  const atLength: Markup[] = [];
  let length = 0;
  for (const finding of leading) {
    const made = article(report, finding, atLength.length);
    length += made.text.length;
    if (length > LENGTH_LIMIT && atLength.length > 0) break;
    atLength.push(made);
  }
  const rest = leading.slice(atLength.length);
  const short = rest.slice(0, MOST_LINES).map((finding) => markup`<li>${head(finding)}</li>`);
  const body = markup`${atLength}${when(rest.length > 0, () => markup`<h3>${counted(rest.length, 'further finding')} in short</h3><ul class="plain">${short}</ul>${leftOut(rest.length - short.length)}`)}${leftOut(report.leftOut?.findings ?? 0)}`;
  return [{ id: 'findings', title: `Findings (${leading.length})`, body }];
}

const head = ({ level, message, ruleId }: ReportFinding): Markup =>
  markup`<span class="word ${KINDS[level]}">${level}</span> ${message} <code>${ruleId}</code>`;

function article(report: Report, finding: ReportFinding, at: number): Markup {
  const body = markup`<p class="facts">${[subjectText(finding), finding.class, finding.grade, finding.reach > 1 ? `seen ${counted(finding.reach, 'time')}` : ''].filter((fact) => fact !== '').join(' · ')}</p>
${finding.known === undefined ? NOTHING : markup`<p class="quiet">${knownText(finding.known)}.</p>`}${when(finding.location.text !== '', () => markup`<p class="facts">Where: ${finding.location.text}</p>`)}
${packetTable(report, finding, MOST_PACKETS, true)}
${when(at > 0 || report.verdict === null, () => markup`<h4>Why</h4><p>${finding.why}</p>`)}
${causes(finding)}${fixes(finding)}${filter(finding)}${alike(finding)}${symptoms(report, finding)}`;
  if (at < UNFOLDED && finding.level !== 'note') return markup`<article><h3>${head(finding)}</h3>${body}</article>`;
  return markup`<article><details><summary><h3>${head(finding)}</h3></summary>${body}</details></article>`;
}

function causes({ hypotheses }: ReportFinding): Markup {
  if (hypotheses.length === 0) return NOTHING;
  const items = hypotheses.map(({ likelihood, cause, for: speaksFor, against }) => {
    const facts = [...speaksFor.map((fact) => `for: ${fact}`), ...against.map((fact) => `against: ${fact}`)];
    return markup`<li><strong>${likelihood}</strong>: ${cause}${listOf(facts)}</li>`;
  });
  return markup`<h4>Possible causes</h4><ul class="causes">${items}</ul>`;
}

const fixes = ({ fix }: ReportFinding): Markup => (fix.length === 0 ? NOTHING : markup`<h4>Fix</h4>${listOf(fix)}`);

const filter = ({ wireshark }: ReportFinding): Markup =>
  wireshark === ''
    ? NOTHING
    : markup`<h4>Wireshark filter</h4><div class="command"><pre><code>${wireshark}</code></pre></div>`;

function alike({ alike: others }: ReportFinding): Markup {
  if (others === undefined) return NOTHING;
  const listed = others.listed.map(({ name }) => name).join(', ');
  return markup`<h4>The same for ${counted(others.others, 'other')}</h4><p class="quiet">${listed}${others.others > others.listed.length ? ', …' : ''}</p>`;
}

/** Symptoms in one line each. */
function symptoms(report: Report, { fingerprint, explains }: ReportFinding): Markup {
  if (explains.length === 0) return NOTHING;
  const known = report.findings.filter(({ explainedBy }) => explainedBy === fingerprint);
  return markup`<h4>Follows from it</h4>${listOf(known.slice(0, 20).map(({ message, ruleId }) => markup`${message} <code>${ruleId}</code>`))}${leftOut(known.length - 20)}`;
}
