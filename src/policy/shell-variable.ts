/** Which variables a shell text sets for itself, and which it reads. */
import type { Command, SyntaxNode } from 'unbash';
import type { ShellScript, ShellUse } from './shell-script.ts';
import type { ShellVisit } from './shell-walk.ts';

const name = /^[A-Za-z_][A-Za-z0-9_]*$/;
const assigningArithmetic = new Set(['=', '*=', '/=', '%=', '+=', '-=', '<<=', '>>=', '&=', '^=', '|=']);
const defaultOperators = new Set(['-', ':-', '=', ':=', '+', ':+']);

/** Positional and special parameters (`$1`, `$?`) are left out: no other step could supply them. */
export function collectVariables(visits: readonly ShellVisit[]): Pick<ShellScript, 'assigned' | 'used'> {
  const assigned = new Set<string>();
  const used: ShellUse[] = [];
  const written = new Set<SyntaxNode>();
  for (const { node, place, start } of visits) {
    const use = (found: string, offset: number, hasDefault = false): void => {
      if (name.test(found)) used.push({ name: found, offset: place.clamp?.start ?? offset, hasDefault });
    };
    switch (node.type) {
      case 'SimpleExpansion':
        use(node.text.slice(1), node.pos + 1);
        break;
      case 'ParameterExpansion': {
        const operator = node.operation?.type === 'Default' ? node.operation.operator : '';
        use(node.parameter, node.parameterPos, defaultOperators.has(operator));
        if (operator.endsWith('=')) assigned.add(node.parameter);
        break;
      }
      case 'ArithmeticBinary':
        if (assigningArithmetic.has(node.operator) && node.left.type === 'ArithmeticWord') {
          assigned.add(node.left.value);
          if (node.operator === '=') written.add(node.left);
        }
        break;
      case 'ArithmeticUnary':
        if ((node.operator === '++' || node.operator === '--') && node.operand.type === 'ArithmeticWord') assigned.add(node.operand.value);
        break;
      case 'ArithmeticWord':
        if (!written.has(node) && node.parts === undefined) use(node.value, start);
        break;
      case 'For':
      case 'Select':
        assigned.add(node.name.text);
        break;
      case 'Coproc':
        assigned.add(node.name?.text ?? 'COPROC');
        break;
      case 'FileDescriptorVariable':
        assigned.add(node.name);
        break;
      case 'Command':
        for (const found of assignedBy(node)) assigned.add(found);
        break;
      default:
        break;
    }
  }
  return { assigned: [...assigned].filter((found) => name.test(found)).sort(), used: used.sort((a, b) => a.offset - b.offset) };
}

/** Names that one command sets in the shell that carries it out. */
function assignedBy(command: Command): readonly string[] {
  // `X=1 program` sets X for that program only.
  if (!command.name) return command.prefix.flatMap((prefix) => (prefix.type === 'Assignment' ? [prefix.name] : []));
  const argumentTexts = command.args.map((argument) => (argument.type === 'Word' ? argument.value : argument.text));
  switch (command.name.value) {
    case 'export':
    case 'readonly':
      return command.args.flatMap((argument) => (argument.type === 'Assignment' ? [argument.name] : []));
    case 'declare':
    case 'typeset':
    case 'local':
      // A name alone is a variable of its own too, without a value as yet.
      return command.args.flatMap((argument) => (argument.type === 'Assignment' ? [argument.name] : name.test(argument.value) ? [argument.value] : []));
    case 'read':
      return namesAfter(argumentTexts, /^-[a-z]*[dinNptu]$/, 'REPLY');
    case 'mapfile':
    case 'readarray':
      return namesAfter(argumentTexts, /^-[a-z]*[cCdnOsu]$/, 'MAPFILE');
    case 'getopts':
      return [argumentTexts[1] ?? '', 'OPTARG', 'OPTIND'];
    case 'printf':
      return argumentTexts[0] === '-v' ? [argumentTexts[1] ?? ''] : [];
    case 'let':
      return argumentTexts.map((text) => /^([A-Za-z_]\w*)\s*(?:[-+*/%&|^]|<<|>>)?=/.exec(text)?.[1] ?? '');
    default:
      return [];
  }
}

/** Arguments that are names and no option's value; the shell's own name where there is none. */
function namesAfter(argumentTexts: readonly string[], valuedOption: RegExp, otherwise: string): readonly string[] {
  const names = argumentTexts.filter((text, index) => name.test(text) && !valuedOption.test(argumentTexts[index - 1] ?? ''));
  return names.length > 0 ? names : [otherwise];
}
