import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { formatMtrText, judgeMtr, type MtrJudgement, PcapdiagError } from '../../index.ts';
import { EXIT_CLEAN, EXIT_FOUND } from '../exit-status.ts';
import { UsageError } from '../usage-error.ts';
import { tellWaiting } from '../waiting.ts';

export interface MtrArguments {
  files: readonly string[];
  format: 'text' | 'json';
}

/**
 * Judges reports of mtr and prints what they mean. @throws UsageError @throws PcapdiagError for a file that is not a
 * report
 */
export async function mtrCommand({ files, format }: MtrArguments): Promise<number> {
  const judgements: MtrJudgement[] = [];
  for (const file of files) judgements.push(...judgedFile(file, await contents(file)));
  process.stdout.write(format === 'json' ? `${JSON.stringify(judgements, null, 2)}\n` : formatMtrText(judgements));
  const found = judgements.some(({ findings }) => findings.some(({ level }) => level === 'fault'));
  return found ? EXIT_FOUND : EXIT_CLEAN;
}

function judgedFile(path: string, text: string): MtrJudgement[] {
  try {
    return judgeMtr(text);
  } catch (error) {
    if (error instanceof PcapdiagError) throw new PcapdiagError(error.code, `${path}: ${error.message}`, { path });
    throw error;
  }
}

async function contents(file: string): Promise<string> {
  if (file === '-') {
    tellWaiting();
    return readAll(process.stdin);
  }
  return readFile(file, 'utf8').catch((error: Error) => {
    const isDirectory = (error as NodeJS.ErrnoException).code === 'EISDIR';
    throw new UsageError(isDirectory ? `${file} is a directory, not a report of mtr` : error.message);
  });
}
