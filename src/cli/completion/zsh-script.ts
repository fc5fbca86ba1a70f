import { DEFAULT_COMMAND } from '../command-table.ts';
import type { OfferedCommand, OfferedOption } from './offered-words.ts';

/** Completion for zsh: a file `_pcapdiag` in a folder of `$fpath`, or sourced after `compinit`. */
export function zshScript(commands: readonly OfferedCommand[]): string {
  const names = commands.map(({ name }) => name).join('|');
  return `#compdef pcapdiag
# Completion of pcapdiag for zsh: the file _pcapdiag in a folder of $fpath, or sourced after compinit.
_pcapdiag() {
  local command=${DEFAULT_COMMAND} named= word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case $word in
      (${names}) command=$word named=$word; break ;;
    esac
  done
  if [[ -z $named && CURRENT -eq 2 && $words[CURRENT] != -* ]]; then
    local -a commands=(
${commands.map(({ name, summary }) => `      ${quoted(`${name}:${summary}`)}`).join('\n')}
    )
    _describe -t commands command commands
    _files
    return
  fi
  case $command in
${commands.map(branch).join('\n')}
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _pcapdiag "$@"
else
  compdef _pcapdiag pcapdiag
fi
`;
}

function branch({ name, options, operands }: OfferedCommand): string {
  const words = operands === 'files' ? '_files' : operands === 'none' ? ' ' : `(${operands.join(' ')})`;
  const specs = [...options.flatMap(specsOf), quoted(`*:word:${words}`)];
  return `    (${name}) _arguments -S \\\n${specs.map((spec) => `      ${spec}`).join(' \\\n')} ;;`;
}

/** `--format=[…]` takes its value after `=` or as the next word, `-f+[…]` in the same or the next word. */
function specsOf({ long, short, describe, value, isRepeated }: OfferedOption): string[] {
  const text = `[${describe.replace(/[[\]\\:]/g, '\\$&')}]`;
  const repeated = isRepeated ? '*' : '';
  const others = isRepeated ? '' : `(${[short, long].filter((each) => each !== undefined).join(' ')})`;
  const action = value === 'files' ? '_files' : typeof value === 'string' ? ' ' : `(${value.join(' ')})`;
  const argument = value === 'none' ? '' : `:value:${action}`;
  const [afterLong, afterShort] = value === 'none' ? ['', ''] : ['=', '+'];
  const spec = (option: string, after: string): string =>
    quoted(`${repeated || others}${option}${after}${text}${argument}`);
  return [...(short === undefined ? [] : [spec(short, afterShort)]), spec(long, afterLong)];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
