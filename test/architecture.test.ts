import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { FAULT_CLASSES } from '../src/heuristics/rule/rule.ts';
import { catalogue } from '../src/heuristics/rules/catalogue.ts';
import { type House, houseIn, importsOf, planted } from './support/house.ts';

/**
 * Who may import whom: a room (a folder with all that is below it, unless a longer row names it) may import itself and
 * the rooms of its row. `.` is the files of `src` itself. `*` is every room.
 */
const ROOMS: readonly (readonly [room: string, mayImport: readonly string[]])[] = [
  ['text', []],
  ['decode', ['text']],
  ['filter', ['decode', 'text']],
  // A table of flows is drawn as those of the report are.
  ['inspect', ['filter', 'decode', 'text', 'report/formats']],
  ['flows', ['decode', 'text']],
  ['flows/evidence', ['decode']],
  ['flows/tables', []],
  ['flows/compact', ['flows/tables', 'flows/evidence', 'flows', 'decode', 'text']],
  ['flows/tcp', ['flows/compact', 'flows/tables', 'flows/evidence', 'flows', 'decode', 'text']],
  ['flows/ordinary', ['flows/content', 'flows/trackers', 'flows/tcp', 'flows/rows', 'flows/tables', 'flows', 'decode']],
  ['flows/content', ['flows/tcp', 'flows/tables', 'flows/evidence', 'flows', 'decode', 'text']],
  ['flows/trackers', ['flows/tcp', 'flows/compact', 'flows/tables', 'flows/evidence', 'flows', 'decode', 'text']],
  ['flows/rows', ['flows/trackers', 'flows/compact', 'flows/tables', 'flows/evidence', 'flows', 'decode', 'text']],
  [
    'flows/capture',
    [
      'flows/ordinary',
      'flows/rows',
      'flows/trackers',
      'flows/content',
      'flows/tcp',
      'flows/compact',
      'flows/tables',
      'flows/evidence',
      'flows',
      'decode',
      'text',
    ],
  ],
  [
    'flows/digest',
    [
      'flows/capture',
      'flows/rows',
      'flows/trackers',
      'flows/tcp',
      'flows/compact',
      'flows/tables',
      'flows/evidence',
      'flows',
      'decode',
      'text',
    ],
  ],
  [
    'flows/correlate',
    [
      'flows/digest',
      'flows/capture',
      'flows/rows',
      'flows/trackers',
      'flows/tcp',
      'flows/compact',
      'flows/tables',
      'flows/evidence',
      'flows',
      'decode',
      'text',
    ],
  ],
  [
    'flows/series',
    [
      'flows/capture',
      'flows/rows',
      'flows/trackers',
      'flows/compact',
      'flows/tables',
      'flows/evidence',
      'flows',
      'decode',
      'text',
    ],
  ],
  [
    'pipeline',
    [
      'flows/series',
      'flows/correlate',
      'flows/digest',
      'flows/capture',
      'flows/rows',
      'flows/evidence',
      'flows',
      'filter',
      'decode',
      'text',
    ],
  ],
  ['redact', ['decode', 'text']],
  ['export', ['heuristics/judge', 'flows/evidence', 'filter', 'decode', 'text']],
  ['cluster', ['flows/evidence', 'text']],
  ['heuristics', []],
  ['heuristics/rule', ['flows/evidence', 'text']],
  ['heuristics/words', ['heuristics/rule', 'flows/evidence', 'text']],
  ['heuristics/facts', ['heuristics/words', 'heuristics/rule', 'flows/evidence', 'text']],
  ['heuristics/causes', ['heuristics/facts', 'heuristics/words', 'heuristics/rule', 'flows/evidence', 'text']],
  [
    'heuristics/rules',
    ['heuristics/causes', 'heuristics/facts', 'heuristics/words', 'heuristics/rule', 'flows/evidence', 'text'],
  ],
  ['heuristics/judge', ['heuristics/facts', 'heuristics/words', 'heuristics/rule', 'flows/evidence', 'text']],
  ['report', []],
  ['report/model', ['heuristics/judge', 'heuristics/rule', 'flows/evidence']],
  ['report/sections', ['report/model', 'heuristics/judge', 'heuristics/rule', 'flows/evidence', 'text']],
  ['report/formats', ['report/html', 'report/model', 'text']],
  ['report/pictures', ['report/model', 'text']],
  ['report/html', ['report/pictures', 'report/formats', 'report/model', 'text']],
  // What a CI job asks of a report.
  ['gate', ['report/model', 'report/formats', 'heuristics/judge', 'heuristics/rules', 'text']],
  ['mtr', ['heuristics/facts', 'heuristics/rule', 'text']],
  ['plan', ['text']],
  ['.', ['*']],
  ['cli', ['.', 'text']],
  ['tables', ['flows/correlate', 'flows/capture', 'flows/evidence', 'decode', 'text']],
];
/** Files of `src` that the root may be seen through: its others are wiring that nobody imports. */
const SEEN_OF_ROOT: ReadonlyMap<string, string> = new Map([['cli', 'index.ts']]);
/** Rules are imported by the catalogue, and by nothing else. */
const CATALOGUE = 'heuristics/rules/catalogue.ts';
/** A rule: a file of a class folder in `heuristics/rules`. */
const RULE_FILE = /^heuristics\/rules\/[a-z-]+\/[a-z0-9-]+\.ts$/;
/** The only file that may order sequence numbers with `<`: they wrap at 2³² (RFC 9293, 3.4). */
const SEQUENCE_NUMBERS = 'flows/sequence-number.ts';
/** Raw sequence and acknowledgement numbers, by RFC 9293's names. Relative ones (`seqStart`, `seqEnd`) may be compared. */
const RAW_SEQUENCE = String.raw`(?:\w+\.)?(?:sndUna|sndNxt|rcvNxt|iss|seqLow|seqHigh|ackHigh|segSeq|segAck)`;
const ORDERED_SEQUENCES = new RegExp(`(?<![\\w.])${RAW_SEQUENCE}\\s(?:<|>|<=|>=)\\s${RAW_SEQUENCE}(?![\\w.(])`);
/** Views of record memory are indexed by the accessors made from the layout, and made by `RecordViews`; by nobody else. */
const RECORD_VIEWS = 'flows/tables/record-views.ts';
const ACCESSOR_FILE = /^flows\/(tcp|compact|content|capture|ordinary|trackers)\/[a-z]+-access\.ts$/;
const INDEXED_VIEW = /(?<![\w#])(?:\w+\.)?(?:u8|u16|u32|i32|f32|f64)\[/;
const OWN_VIEW = /new (?:(?:Uint|Int|Float)\d+Array|DataView)\([^)]*\b[bB]uffer\b/;
/** Names that say nothing about what is in the file. */
const BANNED_NAMES = /(^|\/)(utils?|helpers?|common|types|manager|misc)(\.ts|\/)/;
/** Any way to load a module of Node. */
const NODE_MODULE = /(?:from|import|require\(|import\()\s*['"]node:/;
const READS_CLOCK = /Date\.now|Math\.random|performance\.now|new Date\(\)/;

/** Names of sentences. */
const SENTENCE = String.raw`\b(?:because|sentence|why|\w+\.message)\b`;
const SEARCHES = '(?:split|includes|startsWith|endsWith|match|matchAll|search|indexOf|localeCompare)';
/** A sentence that is compared (with null it may be), or cut, or searched. */
const DECIDING_SENTENCES: readonly RegExp[] = [
  new RegExp(String.raw`${SENTENCE}\s*[!=]==?(?!=|\s*(?:null|undefined)\b)`),
  new RegExp(String.raw`[!=]==?\s*(?:\w+\??\.)*${SENTENCE}`),
  new RegExp(String.raw`${SENTENCE}\??\.${SEARCHES}\(`),
  // A pattern tried on a sentence or a note.
  /\/\w*\.(?:test|exec)\((?:\w+\??\.)*(?:because|sentence|why|note)\)/,
  // A text of three words or more, compared or looked for.
  /(?:[!=]==?\s*|\.(?:includes|startsWith|endsWith|indexOf|split)\(|\bcase\s+)(['"`])[A-Za-z-]+ [\w-]+ [\w-][^'"`\n]*\1/,
];
/** The facts and what decides by them; command line, plans and mtr read texts of others. */
const DECIDES = /^(?:flows|pipeline|heuristics|report)\//;
/** A constant that is a text of three words or more. */
const SENTENCE_CONSTANT = /^(?:export )?const ([A-Z][A-Z0-9_]+)(?:: string)? =\s+(['"])[^'"\n]+ [^'"\n]+ [^'"\n]+\2;/gm;
/** What correlation finds is a code with its numbers: no sentence may stand in these rooms' reasons. */
const STORES_SENTENCE = /\b(?:because|assessable|notes):\s*(?:string|`|')/;

const house = houseIn(resolve('src'));

const roomOf = (file: string): string => {
  if (!file.includes('/')) return '.';
  const folders = ROOMS.map(([room]) => room).filter((room) => file.startsWith(`${room}/`));
  return folders.sort((a, b) => b.length - a.length)[0] ?? `no room for ${file}`;
};

function wrongImports(house: House): string[] {
  const rooms = new Map(ROOMS);
  const wrong: string[] = [];
  for (const file of house.keys()) {
    const room = roomOf(file);
    const allowed = rooms.get(room);
    if (allowed === undefined) wrong.push(room);
    for (const target of importsOf(house, file)) {
      const to = roomOf(target);
      const mayImport = to === room || allowed?.includes('*') || allowed?.includes(to);
      const isHidden = to === '.' && SEEN_OF_ROOT.has(room) && SEEN_OF_ROOT.get(room) !== target;
      const isRule = RULE_FILE.test(target) && file !== CATALOGUE;
      if (!mayImport || isHidden || isRule) wrong.push(`${file} imports ${target}`);
    }
  }
  return wrong;
}

function circles(house: House): string[] {
  const found: string[] = [];
  const settled = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' → '));
    if (settled.has(file) || path.includes(file)) return;
    for (const target of importsOf(house, file)) if (house.has(target)) visit(target, [...path, file]);
    settled.add(file);
  };
  for (const file of house.keys()) visit(file, []);
  return found;
}

const filesWith = (house: House, pattern: RegExp, where = /./): string[] =>
  [...house].filter(([file, text]) => where.test(file) && pattern.test(text)).map(([file]) => file);

const sequencesOrdered = (house: House): string[] =>
  filesWith(house, ORDERED_SEQUENCES).filter((file) => file !== SEQUENCE_NUMBERS);

/** Files that read or write the memory of records past the accessors. */
const pastAccessors = (house: House): string[] => [
  ...filesWith(house, INDEXED_VIEW, /^flows\//).filter((file) => !ACCESSOR_FILE.test(file)),
  ...filesWith(house, OWN_VIEW, /^flows\/(tables|tcp|compact|content|trackers)\//).filter(
    (file) => file !== RECORD_VIEWS,
  ),
];

/** Places where a sentence decides: each with the text that gives it away. */
function decidingSentences(house: House): string[] {
  const found: string[] = [];
  for (const [file, text] of house) {
    if (!DECIDES.test(file)) continue;
    for (const pattern of DECIDING_SENTENCES) {
      const [match] = pattern.exec(text) ?? [];
      if (match !== undefined) found.push(`${file}: ${match}`);
    }
    if (/^flows\//.test(file) && STORES_SENTENCE.test(text)) found.push(`${file}: stores a sentence`);
  }
  const constants = new Set(
    [...house.values()].flatMap((text) => [...text.matchAll(SENTENCE_CONSTANT)].map(([, name]) => name)),
  );
  for (const [file, text] of house)
    for (const name of constants)
      if (DECIDES.test(file) && new RegExp(`[!=]==?\\s*${name}\\b|\\b${name}\\s*[!=]==?`).test(text))
        found.push(`${file}: ${name}`);
  return found;
}

/** The only file that decides what is likely: from the facts for and against, never by a word in a rule. */
const WEIGHING = 'heuristics/rule/weigh.ts';
const LIKELIHOOD = /\blikelihood\s*:\s*['"`]|['"`](?:likely|possible|unlikely)['"`]/;

const likelihoodDecided = (house: House): string[] => filesWith(house, LIKELIHOOD).filter((file) => file !== WEIGHING);

/** The only file that makes a finding confirmed, from the answers to what could refute it. */
const GRADING = 'heuristics/rule/grade.ts';
/** A grade that is written down. The type of a grade, and a comparison with one, are none. */
const CONFIRMED = /(?<!===\s|!==\s|type Grade = )['"]confirmed['"]/;

const confirmedByHand = (house: House): string[] =>
  filesWith(house, CONFIRMED, /^heuristics\//).filter((file) => file !== GRADING);

const ruleFileOf = ({ id, faultClass }: { id: string; faultClass: string }): string =>
  `heuristics/rules/${faultClass}/${id}.ts`;

/** Files in the class folders of `heuristics/rules` that no rule of the catalogue stands for. */
function unregistered(house: House): string[] {
  const registered = new Set(catalogue.map(({ meta }) => ruleFileOf(meta)));
  return [...house.keys()].filter((file) => RULE_FILE.test(file) && !registered.has(file));
}

describe('the layout of the source', () => {
  it('each room imports only the rooms of its row', () => {
    expect(wrongImports(house)).toEqual([]);
  });

  it('every room of the table exists', () => {
    const empty = ROOMS.filter(([room]) => ![...house.keys()].some((file) => roomOf(file) === room));
    expect(empty.filter(([, mayImport]) => mayImport.length > 0).map(([room]) => room)).toEqual([]);
  });

  it('no files import each other in a circle', () => {
    expect(circles(house)).toEqual([]);
  });

  it('heuristics do no input or output, and nothing below the pipeline reads the clock or chance', () => {
    expect(filesWith(house, NODE_MODULE, /^heuristics\//)).toEqual([]);
    expect(filesWith(house, READS_CLOCK, /^(text|decode|flows|heuristics|report)\//)).toEqual([]);
  });

  it('sequence numbers are ordered in one file', () => {
    expect(sequencesOrdered(house)).toEqual([]);
  });

  it('records are read and written through accessors only', () => {
    expect(pastAccessors(house)).toEqual([]);
    expect([...house.keys()].filter((file) => ACCESSOR_FILE.test(file)).length).toBeGreaterThan(0);
  });

  it('reasons are compared by their code, not by their sentence', () => {
    expect(decidingSentences(house)).toEqual([]);
  });

  it('what is likely is decided in one file', () => {
    expect(likelihoodDecided(house)).toEqual([]);
    expect(house.get(WEIGHING)).toMatch(LIKELIHOOD);
  });

  it('a finding becomes confirmed in one file', () => {
    expect(confirmedByHand(house)).toEqual([]);
    expect(house.get(GRADING)).toMatch(CONFIRMED);
  });

  it('only the command line ends the process', () => {
    expect(filesWith(house, /process\.exit\(/)).toEqual([]);
  });

  it('files have names that say what is in them, and at most 300 lines', () => {
    expect([...house.keys()].filter((file) => BANNED_NAMES.test(file))).toEqual([]);
    const written = [...house].filter(([, text]) => !text.startsWith('// Generated from '));
    expect(written.filter(([, text]) => text.split('\n').length > 301).map(([file]) => file)).toEqual([]);
  });
});

/** Files that one `ls` shows at a glance; a larger room needs a picture. */
const FILES_AT_A_GLANCE = 8;

/** Rooms with many files whose README is missing, has no picture, or does not name a file. */
function undrawnRooms(house: House, readmeOf: (room: string) => string | undefined): string[] {
  const filesIn = new Map<string, string[]>();
  for (const file of house.keys()) filesIn.set(dirname(file), [...(filesIn.get(dirname(file)) ?? []), basename(file)]);
  return [...filesIn].flatMap(([room, files]) => {
    if (files.length <= FILES_AT_A_GLANCE) return [];
    const readme = readmeOf(room);
    if (readme === undefined) return [`${room} has no README`];
    const unnamed = files
      .filter((file) => !readme.includes(`\`${file}\``))
      .map((file) => `${room} does not name ${file}`);
    return readme.includes('```text') ? unnamed : [`${room} has no picture`, ...unnamed];
  });
}

const readmeOnDisk = (room: string): string | undefined => {
  const path = join('src', room, 'README.md');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
};

describe('the rooms are drawn', () => {
  it('every room with more than eight files has a README with a picture that names each file', () => {
    expect(undrawnRooms(house, readmeOnDisk)).toEqual([]);
  });

  it('misses a README, a picture and a file', () => {
    const room = new Map(Array.from({ length: 9 }, (_, index) => [`room/file-${index}.ts`, '']));
    const names = [...room.keys()].map((file) => `\`${basename(file)}\``).join(' ');
    expect(undrawnRooms(room, () => undefined)).toEqual(['room has no README']);
    expect(undrawnRooms(room, () => names)).toEqual(['room has no picture']);
    expect(undrawnRooms(room, () => `\`\`\`text ${names.replace('`file-3.ts`', '')}`)).toEqual([
      'room does not name file-3.ts',
    ]);
    expect(undrawnRooms(room, () => `\`\`\`text ${names}`)).toEqual([]);
  });
});

describe('planted violations are caught', () => {
  const holes: readonly (readonly [claim: string, file: string, text: string, walls: (house: House) => string[]])[] = [
    ['decode imports flows', 'decode/planted.ts', "import '../flows/limits.ts';", wrongImports],
    ['flows imports correlate', 'flows/capture/planted.ts', "import '../correlate/correlate.ts';", wrongImports],
    [
      'flows imports the pipeline',
      'flows/digest/planted.ts',
      "export * from '../../pipeline/digest-all.ts';",
      wrongImports,
    ],
    [
      'a tracker imports the capture',
      'flows/trackers/planted.ts',
      "import '../capture/capture-tracker.ts';",
      wrongImports,
    ],
    ['evidence imports a tracker', 'flows/evidence/planted.ts', "import '../trackers/dns-tracker.ts';", wrongImports],
    [
      'a rule imports the decoder',
      'heuristics/rules/dns/planted.ts',
      "type A = import('../../../decode/packet.ts').Packet;",
      wrongImports,
    ],
    ['a rule imports a rule', 'heuristics/rules/dns/planted.ts', "import './dns-slow.ts';", wrongImports],
    ['a helper imports a rule', 'heuristics/facts/planted.ts', "import '../rules/dns/dns-slow.ts';", wrongImports],
    ['a cause imports a rule', 'heuristics/causes/planted.ts', "import '../rules/dns/dns-slow.ts';", wrongImports],
    ['a root file imports a rule', 'planted.ts', "import './heuristics/rules/dns/dns-slow.ts';", wrongImports],
    ['the judge imports the catalogue', 'heuristics/judge/planted.ts', "import '../rules/catalogue.ts';", wrongImports],
    [
      'the judge imports the report',
      'heuristics/judge/planted.ts',
      "import '../../report/model/report.ts';",
      wrongImports,
    ],
    [
      'a format imports the evidence',
      'report/formats/planted.ts',
      "import '../../flows/evidence/evidence.ts';",
      wrongImports,
    ],
    ['the command line reaches past the index', 'cli/planted.ts', "import '../analyze.ts';", wrongImports],
    ['the command line reaches into a layer', 'cli/planted.ts', "import '../report/formats/text.ts';", wrongImports],
    ['the inventory imports the decoder', 'cluster/planted.ts', "import '../decode/packet.ts';", wrongImports],
    ['a folder without a row', 'gadgets/planted.ts', '', wrongImports],
    [
      'a circle',
      'text/counted.ts',
      "import './sanitize.ts';",
      (all) => circles(planted(all, 'text/sanitize.ts', "import './counted.ts';")),
    ],
    [
      'a rule loads a module of Node',
      'heuristics/rules/dns/planted.ts',
      "await import('node:fs');",
      (all) => filesWith(all, NODE_MODULE, /^heuristics\//),
    ],
    [
      'a pattern tried on a note',
      'heuristics/judge/planted.ts',
      'if (/set back/.test(entry.note)) return;',
      decidingSentences,
    ],
    [
      'a raw record by destructuring',
      'flows/tcp/planted.ts',
      'const { u32 } = view; u32[(at + 8) >> 2] = 1;',
      pastAccessors,
    ],
    ['a typed constant that confirms', 'heuristics/facts/planted.ts', "const g: Grade = 'confirmed';", confirmedByHand],
    ['sequence numbers ordered by <', 'flows/tcp/planted.ts', 'if (sndUna < sndNxt) return;', sequencesOrdered],
    [
      'sequence numbers ordered by >= in a member',
      'flows/tcp/planted.ts',
      'return a.iss >= b.seqHigh;',
      sequencesOrdered,
    ],
    [
      'a record read past its accessors',
      'flows/tcp/planted.ts',
      'return this.u16[(mine + WINDOW) >> 1];',
      pastAccessors,
    ],
    [
      'views of record memory of its own',
      'flows/tcp/planted.ts',
      'const words = new Uint32Array(block.buffer); return words[at + NEXT_SEQ];',
      pastAccessors,
    ],
    [
      'a reason compared with a constant sentence',
      'pipeline/planted.ts',
      "export const NOT_EVERY_PACKET = 'not every packet could be kept';\nconst f = (hop) => hop.reason === NOT_EVERY_PACKET;",
      decidingSentences,
    ],
    [
      'a reason compared with another',
      'flows/correlate/planted.ts',
      'if (hop.because === ACKNOWLEDGED_UNSEEN) return;',
      decidingSentences,
    ],
    [
      'a reason compared with a sentence',
      'heuristics/judge/planted.ts',
      "if (reason === 'the captures do not overlap') return;",
      decidingSentences,
    ],
    ['a reason that is split', 'report/formats/planted.ts', "row.because.split(':')[0];", decidingSentences],
    [
      'a message that is searched',
      'report/sections/planted.ts',
      "finding.message.startsWith('Node');",
      decidingSentences,
    ],
    [
      'a text that is searched for a sentence',
      'heuristics/facts/planted.ts',
      "if (note.includes('was set back')) return;",
      decidingSentences,
    ],
    ['a switch over sentences', 'report/formats/planted.ts', "case 'no packet was seen': break;", decidingSentences],
    [
      'flows that store a sentence',
      'flows/evidence/planted.ts',
      'export interface A { because: string | null }',
      decidingSentences,
    ],
    [
      'a rule that confirms by itself',
      'heuristics/rules/dns/planted.ts',
      "const one = { grade: 'confirmed' };",
      confirmedByHand,
    ],
    [
      'a fact that chooses between two grades',
      'heuristics/facts/planted.ts',
      "const grade = proved ? 'confirmed' : 'inferred';",
      confirmedByHand,
    ],
    [
      'a rule that says what is likely',
      'heuristics/rules/dns/planted.ts',
      "const one = { likelihood: 'maybe' };",
      likelihoodDecided,
    ],
    [
      'a cause that chooses between two likelihoods',
      'heuristics/causes/planted.ts',
      "const likelihood = known ? 'likely' : 'possible';",
      likelihoodDecided,
    ],
    ['a rule that is not in the catalogue', 'heuristics/rules/dns/dns-planted.ts', 'export const x = 1;', unregistered],
  ];
  test.each(holes)('%s', (_claim, file, text, walls) => {
    const before = walls(house);
    expect(walls(planted(house, file, text)).length).toBeGreaterThan(before.length);
  });
});

describe('the catalogue', () => {
  it('has one file for each rule, in the folder of its class and named by its id, and no other files', () => {
    expect(catalogue.map(({ meta }) => ruleFileOf(meta)).filter((file) => !house.has(file))).toEqual([]);
    expect(unregistered(house)).toEqual([]);
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
});
