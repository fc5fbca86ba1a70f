import { DEFAULT_COMMAND } from '../command-table.ts';
import type { OfferedCommand, OfferedOption } from './offered-words.ts';

/**
 * Completion for bash 3.2 and later; it needs no package. Bash splits words at `=`, so the value of `--format=json` is a
 * word of its own.
 */
export function bashScript(commands: readonly OfferedCommand[]): string {
  const names = commands.map(({ name }) => name);
  return `# Completion of pcapdiag for bash: source it, or put it into the folder of completions.
_pcapdiag_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$1"))
  compopt -o filenames 2>/dev/null
}

_pcapdiag() {
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command= options= words= at
  COMPREPLY=()
  if [[ $current == = ]]; then current=; fi
  if [[ $before == = ]]; then before=\${COMP_WORDS[COMP_CWORD-2]}; fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      ${names.join('|')}) command=\${COMP_WORDS[at]}; break ;;
    esac
  done
  case \${command:-${DEFAULT_COMMAND}} in
${commands.map(branch).join('\n')}
  esac
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [[ $words == FILES ]]; then
    _pcapdiag_files "$current"
    if [[ -z $command ]]; then COMPREPLY+=($(compgen -W '${names.join(' ')}' -- "$current")); fi
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}

complete -F _pcapdiag pcapdiag
`;
}

function branch({ name, options, operands }: OfferedCommand): string {
  const values = options.filter(({ value }) => value !== 'none');
  const cases = values.map((option) => `        ${spellings(option).join('|')}) ${offer(option)}; return ;;`);
  const all = options.flatMap(spellings).join(' ');
  const words = operands === 'files' ? 'FILES' : operands === 'none' ? '' : operands.join(' ');
  const value = cases.length === 0 ? [] : ['      case $before in', ...cases, '      esac'];
  return [`    ${name})`, ...value, `      options='${all}'`, `      words='${words}'`, '      ;;'].join('\n');
}

const spellings = ({ long, short }: OfferedOption): string[] => (short === undefined ? [long] : [short, long]);

function offer({ value }: OfferedOption): string {
  if (value === 'files') return '_pcapdiag_files "$current"';
  return typeof value === 'string' ? ':' : `COMPREPLY=($(compgen -W '${value.join(' ')}' -- "$current"))`;
}
