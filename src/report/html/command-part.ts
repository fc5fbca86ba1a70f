import { type Markup, markup, when } from '../../text/markup.ts';
import { leadingFindings } from '../formats/leading-findings.ts';
import type { Report } from '../model/report.ts';
import { leftOut, type Part } from './part.ts';

interface OneCommand {
  on: string;
  command: string;
  expect: string;
}

/** A command in one piece, below the machine that it runs on. The script puts a button beside it. */
export const commandBox = ({ on, command, expect }: OneCommand): Markup =>
  markup`<p class="machine">on ${on}</p>${boxAlone({ on, command, expect })}`;

const boxAlone = ({ command, expect }: OneCommand): Markup =>
  markup`<div class="command"><pre><code>${command}</code></pre></div>${when(expect !== '', () => markup`<p class="expect">expect: ${expect}</p>`)}`;

/** Most commands in the list; those of a report that tells every finding by itself may be thousands. */
const MOST_COMMANDS = 80;

/** All commands that decide between causes, by machine, each once; then those that repair, which change something. */
export function commandsPart(report: Report): Part[] {
  const findings = leadingFindings(report);
  const confirm = unique(findings.flatMap(({ confirm }) => confirm));
  const repairs = unique(findings.flatMap(({ repairs }) => repairs.map((repair) => ({ ...repair, expect: '' }))));
  if (confirm.length + repairs.length === 0) return [];
  const body = markup`${when(confirm.length > 0, () => markup`<h3>To find out more</h3><p class="quiet">These only look.</p>${byMachine(confirm)}`)}${when(repairs.length > 0, () => markup`<h3>To repair</h3><p class="quiet">These change the machine. Read them first.</p>${byMachine(repairs)}`)}`;
  return [{ id: 'commands', title: 'Commands', body }];
}

function byMachine(commands: readonly OneCommand[]): Markup {
  const shown = commands.slice(0, MOST_COMMANDS);
  const machines = [...new Set(shown.map(({ on }) => on))];
  return markup`${machines.map((machine) => markup`<p class="machine">on ${machine}</p>${shown.filter(({ on }) => on === machine).map(boxAlone)}`)}${leftOut(commands.length - shown.length)}`;
}

function unique(commands: readonly OneCommand[]): OneCommand[] {
  const known = new Map<string, OneCommand>();
  for (const each of commands) {
    const key = JSON.stringify([each.on, each.command]);
    if (!known.has(key)) known.set(key, each);
  }
  return [...known.values()];
}
