// Takes the pages of the rules out of the bundle's rules: an analysis needs none of them.
//
//   catalogue.js        { meta: withPage({ id, level, … }), thresholds, detect, explain }
//   late-rule-pages.js  { 'packet-loss': { summary, meaning, … } }, loaded when such a field is first read
//
// The sources stay whole. So does a rule that is not written as `defineRule({ meta: { … }, … })`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

/** Fields of `meta` that only the page of a rule shows. */
const FIELDS = ['summary', 'meaning', 'rule', 'notThis', 'causes', 'confirm', 'fix', 'references'];
const FILE = './late-rule-pages.js';
const WITH_PAGE = '\0with-page';
const PAGES = '\0rule-pages';
const PAGE = '?page';

/** A plugin of rolldown, and the file beside the commands. @param folder dist/heuristics/rules */
export function rulePages(folder) {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.js'));
  const rules = new Map(paths.map((path) => join(folder, path)).flatMap((path) => inParts(path) ?? []));
  const modules = new Map([
    [WITH_PAGE, withPage],
    [PAGES, pagesOf([...rules])],
    ...[...rules].flatMap(([path, { rest, page }]) => [
      [path, rest],
      [`${path}${PAGE}`, page],
    ]),
  ]);
  const plugin = {
    name: 'rule-pages',
    resolveId(id) {
      if (id === WITH_PAGE || id === PAGES || id.endsWith(PAGE)) return id;
      return id === FILE ? { id, external: true } : null;
    },
    load: (id) => modules.get(id) ?? null,
  };
  return { plugin, input: { 'late-rule-pages': PAGES } };
}

/** The path of a rule with its two parts; null for one that stays whole. */
function inParts(path) {
  const text = readFileSync(path, 'utf8');
  const statement = parseAst(text).body.find(({ declaration }) => definitionIn(declaration) !== undefined);
  const meta = definitionIn(statement?.declaration)?.properties.find(({ key }) => key?.name === 'meta')?.value;
  if (meta?.type !== 'ObjectExpression') return null;
  const isOfPage = ({ key }) => FIELDS.includes(key?.name);
  const textOf = (fields) => `{ ${fields.map(({ start, end }) => text.slice(start, end)).join(', ')} }`;
  const instead = ({ start, end }, replacement) => `${text.slice(0, start)}${replacement}${text.slice(end)}`;
  const own = textOf(meta.properties.filter((field) => !isOfPage(field)));
  return [
    [
      path,
      {
        id: meta.properties.find(({ key }) => key?.name === 'id').value.value,
        rest: `import { withPage } from '${WITH_PAGE}';\n${instead(meta, `withPage(${own})`)}`,
        page: instead(statement, `export const page = ${textOf(meta.properties.filter(isOfPage))};`),
      },
    ],
  ];
}

/** The object in `export const name = defineRule({ … })`. */
function definitionIn(declaration) {
  const init = declaration?.declarations?.[0]?.init;
  const [definition] = init?.callee?.name === 'defineRule' ? init.arguments : [];
  return definition?.type === 'ObjectExpression' ? definition : undefined;
}

/** Fields as if they were there: a copy of `meta` has their values. */
const withPage = `
const fields = Object.fromEntries(${JSON.stringify(FIELDS)}.map((field) => [field, {
  configurable: true,
  enumerable: true,
  get() { return require('${FILE}').pages[this.id][field]; },
}]));
export const withPage = (meta) => Object.defineProperties(meta, fields);
`;

const pagesOf = (rules) =>
  [
    ...rules.map(([path], at) => `import { page as page${at} } from '${path}${PAGE}';`),
    `export const pages = { ${rules.map(([, { id }], at) => `'${id}': page${at}`).join(', ')} };`,
  ].join('\n');
