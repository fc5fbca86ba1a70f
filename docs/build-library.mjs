// Writes docs/library.md from the declarations of the package, dist/index.d.ts: node docs/build-library.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const folder = dirname(fileURLToPath(import.meta.url));
const path = join(folder, '../dist/index.d.ts');
const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);

const SECTIONS = [
  ['Functions', ts.SyntaxKind.FunctionDeclaration],
  ['Classes', ts.SyntaxKind.ClassDeclaration],
  ['Constants', ts.SyntaxKind.VariableStatement],
  ['Types', ts.SyntaxKind.InterfaceDeclaration, ts.SyntaxKind.TypeAliasDeclaration],
];

const isExported = (node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
const nameOf = (node) =>
  ts.isVariableStatement(node) ? node.declarationList.declarations[0].name.text : (node.name?.text ?? '');

/** As it is declared, with its comment; what is private is nobody's business. */
function declared(node) {
  const text = node.getFullText(source).trim();
  const shown = text.replace(/^ *(?:private|#).*;\n/gm, '').replace(/export declare /, 'export ');
  return `### ${nameOf(node)}\n\n\`\`\`ts\n${shown}\n\`\`\`\n`;
}

const sections = SECTIONS.map(([title, ...kinds]) => {
  const nodes = source.statements
    .filter((node) => kinds.includes(node.kind) && isExported(node))
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b), 'en'));
  return `## ${title}\n\n${nodes.map(declared).join('\n')}`;
});
writeFileSync(
  join(folder, 'library.md'),
  `# Library reference\n\nEverything that \`import … from 'pcapdiag'\` gives, as it is declared. Made from the declarations by \`npm run docs\`.\nMatchers for Vitest are in [CI](ci.md).\n\n${sections.join('\n')}`,
);
