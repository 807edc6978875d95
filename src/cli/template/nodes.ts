/** The tree of a Go template, as text/template/parse/node.go has it. Positions are offsets in the template's text. */
export type Statement =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'action'; readonly position: number; readonly pipe: Pipe }
  | Control
  | { readonly type: 'template'; readonly position: number; readonly name: string; readonly pipe?: Pipe }
  | { readonly type: 'break' | 'continue'; readonly position: number };

export interface Control {
  readonly type: 'if' | 'range' | 'with';
  readonly position: number;
  readonly pipe: Pipe;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[] | undefined;
}

export interface Pipe {
  readonly type: 'pipe';
  readonly position: number;
  /** `=` instead of `:=` */
  readonly assigns: boolean;
  readonly variables: readonly string[];
  readonly commands: readonly Command[];
}

export interface Command {
  readonly type: 'command';
  readonly position: number;
  readonly operands: readonly Operand[];
}

export type Operand =
  | { readonly type: 'dot' | 'nil'; readonly position: number }
  | { readonly type: 'bool'; readonly position: number; readonly value: boolean }
  | NumberNode
  | { readonly type: 'string'; readonly position: number; readonly quoted: string; readonly value: string }
  | { readonly type: 'function'; readonly position: number; readonly name: string }
  | { readonly type: 'field'; readonly position: number; readonly names: readonly string[] }
  /** `$x.A.B`; names[0] holds the variable with its dollar. */
  | { readonly type: 'variable'; readonly position: number; readonly names: readonly string[] }
  | {
      readonly type: 'chain';
      readonly position: number;
      readonly of: Operand;
      readonly names: readonly string[];
    }
  | Pipe;

interface NumberNode {
  readonly type: 'number';
  readonly position: number;
  readonly text: string;
  readonly value: number;
  /** An integer in the source's own writing, so that its type is int and not float64. */
  readonly integer: boolean;
}

/** Whatever an error can point at: operands, pipelines, commands, and statements of which only the kind is quoted. */
export type ErrorNode =
  | Operand
  | Command
  | Extract<Statement, { type: 'template' }>
  | { readonly type: 'action' | 'text' | 'end' | 'else'; readonly position: number };

/** The node written as source again, as Go's error messages quote it. */
export function formatNode(node: ErrorNode): string {
  switch (node.type) {
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'number':
      return node.text;
    case 'string':
      return node.quoted;
    case 'function':
      return node.name;
    case 'field':
      return formatNames(node.names);
    case 'variable':
      return node.names.join('.');
    case 'chain':
      return formatOperand(node.of) + formatNames(node.names);
    case 'pipe': {
      const { variables, assigns, commands } = node;
      const declared = variables.length === 0 ? '' : `${variables.join(', ')} ${assigns ? '=' : ':='} `;
      return declared + commands.map(formatNode).join(' | ');
    }
    case 'command':
      return node.operands.map(formatOperand).join(' ');
    case 'template': {
      const argument = node.pipe === undefined ? '' : ` ${formatNode(node.pipe)}`;
      return `{{template ${JSON.stringify(node.name)}${argument}}}`;
    }
    default:
      return `{{${node.type}}}`;
  }
}

function formatOperand(operand: Operand): string {
  return operand.type === 'pipe' ? `(${formatNode(operand)})` : formatNode(operand);
}

function formatNames(names: readonly string[]): string {
  return names.map((name) => `.${name}`).join('');
}
