import { lexTemplate } from './lexer.ts';
import { parseNumber, unquote, unquoteCharacter } from './literals.ts';
import { formatNode, type Command, type Control, type Operand, type Pipe, type Statement } from './nodes.ts';
import { TemplateError, placeOf } from './template-error.ts';
import { describeToken, type Token, type TokenType } from './token.ts';

export interface ParsedTemplate {
  readonly text: string;
  readonly body: readonly Statement[];
  /** By name: what `{{define}}` and `{{block}}` made. */
  readonly defined: ReadonlyMap<string, readonly Statement[]>;
}

type Ending = { readonly type: 'end' | 'else'; readonly next?: 'if' | 'with'; readonly position: number };

/**
 * Parses a Go template (text/template/parse/parse.go).
 *
 * @param hasFunction whether a function of that name may be called
 * @throws TemplateError with Go's message: `template: :1: unclosed action`
 */
export function parseTemplate(text: string, hasFunction: (name: string) => boolean): ParsedTemplate {
  const parser = new Parser(text, hasFunction);
  return { text, body: parser.parseAll(), defined: parser.defined };
}

class Parser {
  readonly defined = new Map<string, readonly Statement[]>();
  readonly #text: string;
  readonly #hasFunction: (name: string) => boolean;
  readonly #tokens: Generator<Token, undefined>;
  /** Tokens that were looked at and put back, the next one last. */
  readonly #ahead: Token[] = [];
  #last: Token = { type: 'end of text', text: '', position: 0 };
  #actionLine = 0;
  #variables: string[] = ['$'];
  #rangeDepth = 0;

  constructor(text: string, hasFunction: (name: string) => boolean) {
    this.#text = text;
    this.#hasFunction = hasFunction;
    this.#tokens = lexTemplate(text);
  }

  parseAll(): Statement[] {
    const body: Statement[] = [];
    while (this.#peek().type !== 'end of text') {
      const delimiter = this.#peek();
      if (delimiter.type === 'left delimiter') {
        this.#next();
        const word = this.#nextNonSpace();
        if (word.type === 'keyword' && word.text === 'define') {
          this.#definition();
          continue;
        }
        this.#ahead.push(word, delimiter);
      }
      const node = this.#textOrAction();
      if (node.type === 'end' || node.type === 'else') this.#fail(`unexpected ${formatNode(node)}`);
      body.push(node as Statement);
    }
    return body;
  }

  #definition(): void {
    const { name } = this.#templateNameOf('define clause');
    this.#expect('right delimiter', 'define clause');
    const outer = this.#variables;
    this.#variables = ['$'];
    const { body, ending } = this.#list();
    if (ending.type !== 'end') this.#fail(`unexpected ${formatNode(ending)} in define clause`);
    this.#variables = outer;
    this.#define(name, body);
  }

  #define(name: string, body: readonly Statement[]): void {
    const before = this.defined.get(name);
    if (before !== undefined && body.every((node) => node.type === 'text' && node.text.trim() === '')) return;
    this.defined.set(name, body);
  }

  #list(): { body: Statement[]; ending: Ending } {
    const body: Statement[] = [];
    while (this.#peekNonSpace().type !== 'end of text') {
      const node = this.#textOrAction();
      if (node.type === 'end' || node.type === 'else') return { body, ending: node };
      body.push(node as Statement);
    }
    return this.#fail('unexpected EOF');
  }

  #textOrAction(): Statement | Ending {
    const token = this.#nextNonSpace();
    if (token.type === 'text') return { type: 'text', text: token.text };
    if (token.type !== 'left delimiter') return this.#unexpected(token, 'input');
    this.#actionLine = this.#lineOf(token);
    const node = this.#action();
    this.#actionLine = 0;
    return node;
  }

  #action(): Statement | Ending {
    const token = this.#nextNonSpace();
    if (token.type === 'keyword') {
      switch (token.text) {
        case 'if':
        case 'range':
        case 'with':
          return this.#control(token.text, token.position);
        case 'end':
          return { type: 'end', position: this.#expect('right delimiter', 'end').position };
        case 'else':
          return this.#else();
        case 'block':
          return this.#block();
        case 'template':
          return this.#template();
        case 'break':
        case 'continue':
          this.#expect('right delimiter', `{{${token.text}}}`);
          if (this.#rangeDepth === 0) this.#fail(`{{${token.text}}} outside {{range}}`);
          return { type: token.text, position: token.position };
        default:
      }
    }
    this.#ahead.push(token);
    return { type: 'action', position: token.position, pipe: this.#pipeline('command', 'right delimiter') };
  }

  #control(type: Control['type'], position: number): Control {
    const depth = this.#variables.length;
    const pipe = this.#pipeline(type, 'right delimiter');
    if (type === 'range') this.#rangeDepth++;
    const { body, ending } = this.#list();
    if (type === 'range') this.#rangeDepth--;
    let otherwise: Statement[] | undefined;
    if (ending.type === 'else') {
      if (ending.next !== undefined && ending.next === type) {
        this.#next();
        otherwise = [this.#control(ending.next, ending.position)];
      } else if (ending.next === undefined) {
        const rest = this.#list();
        if (rest.ending.type !== 'end') this.#fail(`expected end; found ${formatNode(rest.ending)}`);
        otherwise = rest.body;
      } else {
        this.#unexpected(this.#nextNonSpace(), 'input');
      }
    }
    this.#variables.length = depth;
    return { type, position, pipe, body, otherwise };
  }

  #else(): Ending {
    const next = this.#peekNonSpace();
    if (next.type === 'keyword' && (next.text === 'if' || next.text === 'with')) {
      return { type: 'else', next: next.text, position: next.position };
    }
    return { type: 'else', position: this.#expect('right delimiter', 'else').position };
  }

  #block(): Statement {
    const { name, position } = this.#templateNameOf('block clause');
    const pipe = this.#pipeline('block clause', 'right delimiter');
    const outer = this.#variables;
    this.#variables = ['$'];
    const { body, ending } = this.#list();
    if (ending.type !== 'end') this.#fail(`unexpected ${formatNode(ending)} in block clause`);
    this.#variables = outer;
    this.#define(name, body);
    return { type: 'template', position, name, pipe };
  }

  #template(): Statement {
    const { name, position } = this.#templateNameOf('template clause');
    const next = this.#nextNonSpace();
    if (next.type === 'right delimiter') return { type: 'template', position, name };
    this.#ahead.push(next);
    const pipe = this.#pipeline('template clause', 'right delimiter');
    return { type: 'template', position, name, pipe };
  }

  #templateNameOf(context: string): { name: string; position: number } {
    const token = this.#nextNonSpace();
    if (token.type !== 'string') return this.#unexpected(token, context);
    return { name: unquote(token.text), position: token.position };
  }

  #pipeline(context: string, end: TokenType): Pipe {
    const { position } = this.#peekNonSpace();
    const { variables, assigns } = this.#declarations(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.#nextNonSpace();
      if (token.type === end) break;
      if (!startsOperand.has(token.type)) this.#unexpected(token, context);
      this.#ahead.push(token);
      commands.push(this.#command());
    }
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    for (const [index, command] of commands.entries()) {
      const first = command.operands[0];
      if (index > 0 && first !== undefined && notExecutable.has(first.type)) {
        this.#fail(`non executable command in pipeline stage ${index + 1}`);
      }
    }
    return { type: 'pipe', position, assigns, variables, commands };
  }

  #declarations(context: string): { variables: string[]; assigns: boolean } {
    const variables: string[] = [];
    for (;;) {
      const variable = this.#peekNonSpace();
      if (variable.type !== 'variable') return { variables, assigns: false };
      this.#next();
      const after = this.#peek();
      const next = this.#peekNonSpace();
      if (next.type === 'assign' || next.type === 'declare') {
        this.#nextNonSpace();
        variables.push(variable.text);
        this.#variables.push(...variables);
        return { variables, assigns: next.type === 'assign' };
      }
      if (next.type === 'character' && next.text === ',') {
        this.#nextNonSpace();
        variables.push(variable.text);
        if (context !== 'range' || variables.length > 1) this.#fail(`too many declarations in ${context}`);
        if (this.#peekNonSpace().type !== 'variable') this.#fail('range can only initialize variables');
        continue;
      }
      if (after.type === 'space') this.#ahead.push(after);
      this.#ahead.push(variable);
      return { variables, assigns: false };
    }
  }

  #command(): Command {
    const { position } = this.#peekNonSpace();
    const operands: Operand[] = [];
    for (;;) {
      this.#peekNonSpace();
      const operand = this.#operand();
      if (operand !== undefined) operands.push(operand);
      const token = this.#next();
      if (token.type === 'space') continue;
      if (token.type === 'right delimiter' || token.type === 'right paren') this.#ahead.push(token);
      else if (token.type !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    if (operands.length === 0) this.#fail('empty command');
    return { type: 'command', position, operands };
  }

  #operand(): Operand | undefined {
    const node = this.#term();
    if (node === undefined || this.#peek().type !== 'field') return node;
    const { position } = this.#peek();
    const names: string[] = [];
    while (this.#peek().type === 'field') names.push(this.#next().text.slice(1));
    switch (node.type) {
      case 'field':
      case 'variable':
        return { type: node.type, position, names: [...node.names, ...names] };
      case 'bool':
      case 'string':
      case 'number':
      case 'nil':
      case 'dot':
        return this.#fail(`unexpected . after term ${JSON.stringify(formatNode(node))}`);
      default:
        return { type: 'chain', position, of: node, names };
    }
  }

  #term(): Operand | undefined {
    const token = this.#nextNonSpace();
    const { position, text } = token;
    switch (token.type) {
      case 'identifier':
        if (!this.#hasFunction(text)) this.#fail(`function ${JSON.stringify(text)} not defined`);
        return { type: 'function', position, name: text };
      case 'dot':
      case 'nil':
        return { type: token.type, position };
      case 'variable':
        this.#checkVariable(text);
        return { type: 'variable', position, names: [text] };
      case 'field':
        return { type: 'field', position, names: [text.slice(1)] };
      case 'bool':
        return { type: 'bool', position, value: text === 'true' };
      case 'string':
        return { type: 'string', position, quoted: text, value: this.#orFail(() => unquote(text)) };
      case 'character constant':
        return {
          type: 'number',
          position,
          text,
          value: this.#orFail(() => unquoteCharacter(text)),
          integer: true,
        };
      case 'number': {
        const number = parseNumber(text);
        if (number === undefined) return this.#fail(`illegal number syntax: ${JSON.stringify(text)}`);
        return { type: 'number', position, text, ...number };
      }
      case 'left paren':
        return this.#pipeline('parenthesized pipeline', 'right paren');
      default:
        this.#ahead.push(token);
        return undefined;
    }
  }

  #checkVariable(name: string): void {
    if (!this.#variables.includes(name)) this.#fail(`undefined variable ${JSON.stringify(name)}`);
  }

  #orFail<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (error instanceof TemplateError) return this.#fail(error.message);
      throw error;
    }
  }

  #next(): Token {
    const token = this.#ahead.pop() ?? this.#tokens.next().value ?? this.#last;
    this.#last = token;
    return token;
  }

  #peek(): Token {
    const token = this.#next();
    this.#ahead.push(token);
    return token;
  }

  #nextNonSpace(): Token {
    for (;;) {
      const token = this.#next();
      if (token.type !== 'space') return token;
    }
  }

  #peekNonSpace(): Token {
    const token = this.#nextNonSpace();
    this.#ahead.push(token);
    return token;
  }

  #expect(type: TokenType, context: string): Token {
    const token = this.#nextNonSpace();
    return token.type === type ? token : this.#unexpected(token, context);
  }

  #lineOf(token: Token): number {
    return placeOf(this.#text, token.position).line;
  }

  #unexpected(token: Token, context: string): never {
    if (token.type !== 'error') return this.#fail(`unexpected ${describeToken(token)} in ${context}`);
    let extra = '';
    if (this.#actionLine !== 0 && this.#actionLine !== this.#lineOf(token)) {
      extra = ` in action started at :${this.#actionLine}`;
      if (token.text.endsWith(' action')) extra = extra.slice(' in action'.length);
    }
    return this.#fail(token.text + extra);
  }

  #fail(message: string): never {
    throw new TemplateError(`template: :${this.#lineOf(this.#last)}: ${message}`);
  }
}

const startsOperand: ReadonlySet<TokenType> = new Set<TokenType>([
  'bool',
  'character constant',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'string',
  'variable',
  'left paren',
]);

const notExecutable: ReadonlySet<string> = new Set(['bool', 'dot', 'nil', 'number', 'string']);
