import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../src/heuristics/catalogue.ts';
import { EXPLAINS } from '../src/heuristics/causes.ts';
import { FAULT_CLASSES } from '../src/heuristics/heuristic.ts';

const SRC = resolve('src');

/** What a layer may import besides itself (DESIGN.md, 3). */
const MAY_IMPORT: Record<string, readonly string[]> = {
  decode: [],
  flows: ['decode'],
  heuristics: ['flows', 'decode'],
  report: ['heuristics', 'flows', 'decode'],
  mtr: ['decode', 'heuristics'],
  plan: ['decode', 'heuristics'],
  cli: ['index.ts'],
};
/** Files of the lower layers that heuristics and report may see: types, names, and how addresses are written. */
const EVIDENCE_ONLY = new Set([
  'flows/evidence.ts',
  'decode/packet.ts',
  'decode/files/capture-record.ts',
  'decode/link-types.ts',
  'decode/ipv6-groups.ts',
]);
/** The only file of the rules that mtr reports share: both judge hops by it. */
const HOP_JUDGE = 'heuristics/judge-hops.ts';
/** The only file of the rules that plans share: words for a shell are quoted one way. */
const SHELL_QUOTE = 'heuristics/shell-quote.ts';
/** Names that say nothing about what is in the file. */
const BANNED_NAMES = /(^|\/)(utils?|helpers?|common|types|manager|misc)(\.ts|\/)/;

const files = (readdirSync(SRC, { recursive: true }) as string[])
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts'));

const importsOf = (file: string): string[] => {
  const text = readFileSync(join(SRC, file), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => match[1]);
  return specifiers.map((specifier) =>
    relative(SRC, resolve(dirname(join(SRC, file)), specifier)).replaceAll('\\', '/'),
  );
};

const layerOf = (file: string): string => file.split('/')[0];

describe('the house', () => {
  it('each layer imports only what it may', () => {
    const wrong: string[] = [];
    for (const file of files) {
      const allowed = MAY_IMPORT[layerOf(file)];
      if (allowed === undefined) continue;
      for (const target of importsOf(file)) {
        const layer = layerOf(target);
        if (layer === layerOf(file) || target.startsWith('..')) continue;
        if (!allowed.includes(layer)) wrong.push(`${file} imports ${target}`);
        else if (
          (layerOf(file) === 'heuristics' || layerOf(file) === 'report') &&
          layer !== 'heuristics' &&
          !EVIDENCE_ONLY.has(target)
        )
          wrong.push(`${file} imports ${target}`);
        else if (layerOf(file) === 'mtr' && layer === 'heuristics' && target !== HOP_JUDGE)
          wrong.push(`${file} imports ${target}`);
        else if (layerOf(file) === 'plan' && layer === 'heuristics' && target !== SHELL_QUOTE)
          wrong.push(`${file} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('no files import each other in a circle', () => {
    const circles: string[] = [];
    const settled = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (settled.has(file) || path.includes(file)) return;
      for (const target of importsOf(file)) if (files.includes(target)) visit(target, [...path, file]);
      settled.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  it('heuristics do no input or output, and the decoder and flows read no clock', () => {
    const wrong = files.filter((file) => {
      const text = readFileSync(join(SRC, file), 'utf8');
      if (/^heuristics\//.test(file))
        return /from 'node:/.test(text) || /Date\.now|Math\.random|performance\.now|new Date\(\)/.test(text);
      return /^(decode|flows|report)\//.test(file) && /Date\.now|Math\.random|performance\.now|new Date\(\)/.test(text);
    });
    expect(wrong).toEqual([]);
  });

  it('rules do not import each other', () => {
    const rule = /^heuristics\/([a-z-]+)\/([a-z-]+)\.ts$/;
    const ruleFiles = new Set(catalogue.map(({ meta }) => `heuristics/${meta.faultClass}/${meta.id}.ts`));
    const wrong = files
      .filter((file) => rule.test(file) && ruleFiles.has(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => ruleFiles.has(target))
          .map((target) => `${file} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('nothing below the command line ends the process', () => {
    expect(files.filter((file) => /process\.exit\(/.test(readFileSync(join(SRC, file), 'utf8')))).toEqual([]);
  });

  it('files have names that say what is in them, and at most 300 lines', () => {
    expect(files.filter((file) => BANNED_NAMES.test(file))).toEqual([]);
    const long = files.filter((file) => {
      const text = readFileSync(join(SRC, file), 'utf8');
      return text.split('\n').length > 301 && !/^\/\*\*[\s\S]{0,600}?long because/i.test(text);
    });
    expect(long).toEqual([]);
  });
});

describe('the catalogue', () => {
  it('has one file for each rule, in the folder of its class, named by its id', () => {
    const missing = catalogue
      .map(({ meta }) => `heuristics/${meta.faultClass}/${meta.id}.ts`)
      .filter((file) => !files.includes(file));
    expect(missing).toEqual([]);
    expect(new Set(catalogue.map(({ meta }) => meta.id)).size).toBe(catalogue.length);
    for (const { meta } of catalogue) expect(FAULT_CLASSES).toContain(meta.faultClass);
  });

  it('names a source for every threshold, and words for every page', () => {
    for (const { meta, thresholds } of catalogue) {
      for (const [name, { value, source }] of Object.entries(thresholds)) {
        expect(Number.isFinite(value), `${meta.id}.${name}`).toBe(true);
        expect(source.length, `${meta.id}.${name}`).toBeGreaterThan(10);
      }
      expect(meta.summary, meta.id).toMatch(/^[A-Z].*[^.]$/);
      for (const list of [meta.notThis, meta.causes, meta.references]) expect(list.length, meta.id).toBeGreaterThan(0);
    }
  });

  it('explains without a circle, and only rules that exist', () => {
    const ids = new Set(catalogue.map(({ meta }) => meta.id));
    for (const [cause, symptoms] of Object.entries(EXPLAINS))
      for (const id of [cause, ...symptoms]) expect(ids, `${cause} explains ${id}`).toContain(id);
    const visit = (id: string, path: readonly string[]): void => {
      expect(path, `${[...path, id].join(' → ')}`).not.toContain(id);
      for (const next of EXPLAINS[id] ?? []) visit(next, [...path, id]);
    };
    for (const id of ids) visit(id, []);
  });
});
