// Compiles src/ into dist/, as `tsc --project tsconfig.build.json` does, with short functions in the place of their calls.
//   npm run build
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { inlineCalls } from './inline-calls.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (problem) => stop([problem]) };
const { options, fileNames, errors } = ts.getParsedCommandLineOfConfigFile(`${root}tsconfig.build.json`, {}, host);
const program = ts.createProgram(fileNames, options);
const problems = [...errors, ...ts.getPreEmitDiagnostics(program)];
if (problems.length > 0) stop(problems);
const { diagnostics } = program.emit(undefined, undefined, undefined, undefined, { before: [inlineCalls(program)] });
if (diagnostics.length > 0) stop(diagnostics);

function stop(problems) {
  const lines = { getCurrentDirectory: () => root, getCanonicalFileName: (name) => name, getNewLine: () => '\n' };
  process.stderr.write(ts.formatDiagnostics(problems, lines));
  process.exit(1);
}
