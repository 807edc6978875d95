import {
  FunctionError,
  type FunctionTable,
  type ParameterType,
  type TemplateFunction,
} from './functions/function.ts';
import { isTrue } from './functions/truth.ts';
import { formatValue } from './format-value.ts';
import {
  elementsOf,
  entryOf,
  fieldOf,
  floatType,
  goBool,
  goInt,
  goString,
  intType,
  methodOf,
  nilInterface,
  noValue,
  sortedKeys,
  typeName,
  type GoValue,
} from './go-value.ts';
import {
  formatNode,
  type Command,
  type Control,
  type ErrorNode,
  type Operand,
  type Pipe,
  type Statement,
} from './nodes.ts';
import type { ParsedTemplate } from './parser.ts';
import { TemplateError, placeOf } from './template-error.ts';

export interface EvaluationOptions {
  readonly functions: FunctionTable;
  /** A missing key of a map is an error (Go's `missingkey=error`), otherwise it has no value. */
  readonly missingKeyFails?: boolean;
}

interface Variable {
  readonly name: string;
  value: GoValue;
}

type Flow = 'on' | 'break' | 'continue';

/** Templates that call templates; Go allows 100,000, for which our stack is too small. */
const deepest = 1000;

/** A value as an action prints it: what a pointer points to, without the `&` of fmt. */
function printed({ type, value }: GoValue): string {
  if (type.kind === 'none') return '<no value>';
  if (type.kind === 'pointer' && value !== null) return formatValue({ type: type.element, value });
  return formatValue({ type, value });
}

/**
 * Runs a parsed template on data (text/template/exec.go).
 *
 * @throws TemplateError with Go's message: `template: :1:2: executing "" at <.Foo>: …`
 */
export function evaluateTemplate(parsed: ParsedTemplate, data: GoValue, options: EvaluationOptions): string {
  const evaluation = new Evaluation(parsed, options);
  return evaluation.run('', parsed.body, data, 0);
}

class Evaluation {
  readonly #parsed: ParsedTemplate;
  readonly #options: EvaluationOptions;
  #output: string[] = [];
  #variables: Variable[] = [];
  #node: ErrorNode = { type: 'text', position: 0 };
  #name = '';
  #depth = 0;

  constructor(parsed: ParsedTemplate, options: EvaluationOptions) {
    this.#parsed = parsed;
    this.#options = options;
  }

  run(name: string, body: readonly Statement[], data: GoValue, depth: number): string {
    this.#name = name;
    this.#depth = depth;
    this.#variables = [{ name: '$', value: data }];
    this.#list(data, body);
    return this.#output.join('');
  }

  #list(dot: GoValue, body: readonly Statement[]): Flow {
    for (const node of body) {
      const flow = this.#statement(dot, node);
      if (flow !== 'on') return flow;
    }
    return 'on';
  }

  #statement(dot: GoValue, node: Statement): Flow {
    switch (node.type) {
      case 'text':
        this.#output.push(node.text);
        return 'on';
      case 'action': {
        this.#node = node;
        const value = this.#pipe(dot, node.pipe);
        if (node.pipe.variables.length === 0) {
          this.#node = node.pipe;
          this.#output.push(printed(value));
        }
        return 'on';
      }
      case 'if':
      case 'with':
        return this.#branch(dot, node);
      case 'range':
        return this.#range(dot, node);
      case 'template':
        this.#template(dot, node);
        return 'on';
      default:
        return node.type;
    }
  }

  #branch(dot: GoValue, node: Control): Flow {
    const depth = this.#variables.length;
    const value = this.#pipe(dot, node.pipe);
    let flow: Flow = 'on';
    if (isTrue(value)) flow = this.#list(node.type === 'with' ? value : dot, node.body);
    else if (node.otherwise !== undefined) flow = this.#list(dot, node.otherwise);
    this.#variables.length = depth;
    return flow;
  }

  #range(dot: GoValue, node: Control): Flow {
    const depth = this.#variables.length;
    const value = this.#pipe(dot, node.pipe);
    const mark = this.#variables.length;
    let ran = false;
    this.#node = node.pipe;
    for (const [key, item] of this.#itemsOf(value)) {
      ran = true;
      const names = node.pipe.variables.length;
      if (names > 0) {
        const first = names > 1 ? key : item;
        if (node.pipe.assigns) {
          this.#assign(node.pipe.variables[0] ?? '', first);
          if (names > 1) this.#assign(node.pipe.variables[1] ?? '', item);
        } else {
          const [one, two] = this.#variables.slice(-names);
          if (one !== undefined) one.value = first;
          if (two !== undefined) two.value = item;
        }
      }
      const flow = this.#list(item, node.body);
      this.#variables.length = mark;
      if (flow === 'break') break;
    }
    let flow: Flow = 'on';
    if (!ran && node.otherwise !== undefined) flow = this.#list(dot, node.otherwise);
    this.#variables.length = depth;
    return flow;
  }

  #itemsOf(value: GoValue): Iterable<[GoValue, GoValue]> {
    switch (value.type.kind) {
      case 'slice':
        return elementsOf(value).map((item, index) => [goInt(index), item]);
      case 'map':
        return sortedKeys(value).map((key) => [goString(key), entryOf(value, key) as GoValue]);
      case 'int':
        return Array.from({ length: Math.min(value.value as number, 1e7) }, (_, index) => [
          goInt(index),
          goInt(index),
        ]);
      case 'none':
      case 'any':
        return [];
      default:
        return this.#fail(`range can't iterate over ${formatValue(value)}`);
    }
  }

  #template(dot: GoValue, node: Extract<Statement, { type: 'template' }>): void {
    this.#node = node;
    const body = this.#parsed.defined.get(node.name);
    if (body === undefined) return this.#fail(`template ${JSON.stringify(node.name)} not defined`);
    if (this.#depth === deepest) return this.#fail(`exceeded maximum template depth (${deepest})`);
    const data = node.pipe === undefined ? noValue : this.#pipe(dot, node.pipe);
    const inner = new Evaluation(this.#parsed, this.#options);
    this.#output.push(inner.run(node.name, body, data, this.#depth + 1));
  }

  #pipe(dot: GoValue, pipe: Pipe): GoValue {
    this.#node = pipe;
    let value: GoValue | undefined;
    for (const command of pipe.commands) {
      value = this.#command(dot, command, value);
      if (value.type.kind === 'any') value = noValue;
      else if (value.inInterface === true) value = { type: value.type, value: value.value };
    }
    const result = value ?? noValue;
    for (const name of pipe.variables) {
      if (pipe.assigns) this.#assign(name, result);
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  #assign(name: string, value: GoValue): void {
    const variable = this.#variables.findLast((candidate) => candidate.name === name);
    if (variable === undefined) return this.#fail(`undefined variable: ${name}`);
    variable.value = value;
  }

  /** @param final the value of the command before it in the pipeline */
  #command(dot: GoValue, command: Command, final: GoValue | undefined): GoValue {
    const first = command.operands[0] as Operand;
    switch (first.type) {
      case 'field':
        return this.#fieldChain(dot, dot, first, first.names, command.operands, final);
      case 'chain':
        return this.#chain(dot, first, command.operands, final);
      case 'function':
        return this.#function(dot, first, command, command.operands, final);
      case 'variable':
        return this.#variable(dot, first, command.operands, final);
      case 'pipe':
        this.#notFunction(command.operands, final);
        return this.#pipe(dot, first);
      default:
    }
    this.#node = first;
    this.#notFunction(command.operands, final);
    return first.type === 'nil' ? this.#fail('nil is not a command') : this.#constant(dot, first);
  }

  #notFunction(operands: readonly Operand[], final: GoValue | undefined): void {
    if (operands.length > 1 || final !== undefined) {
      this.#fail(`can't give argument to non-function ${formatNode(operands[0] as Operand)}`);
    }
  }

  #constant(dot: GoValue, node: Operand): GoValue {
    switch (node.type) {
      case 'dot':
        return dot;
      case 'bool':
        return goBool(node.value);
      case 'number':
        return { type: node.integer ? intType : floatType, value: node.value };
      case 'string':
        return goString(node.value);
      default:
        return nilInterface;
    }
  }

  #variable(
    dot: GoValue,
    node: Extract<Operand, { type: 'variable' }>,
    operands: readonly Operand[],
    final: GoValue | undefined,
  ): GoValue {
    this.#node = node;
    const [name, ...fields] = node.names;
    const variable = this.#variables.findLast((candidate) => candidate.name === name);
    if (variable === undefined) return this.#fail(`undefined variable: ${name}`);
    if (fields.length > 0) return this.#fieldChain(dot, variable.value, node, fields, operands, final);
    this.#notFunction(operands, final);
    return variable.value;
  }

  #chain(
    dot: GoValue,
    node: Extract<Operand, { type: 'chain' }>,
    operands: readonly Operand[],
    final: GoValue | undefined,
  ): GoValue {
    this.#node = node;
    const receiver = this.#argument(dot, 'value', node.of);
    return this.#fieldChain(dot, receiver, node, node.names, operands, final);
  }

  #fieldChain(
    dot: GoValue,
    receiver: GoValue,
    node: Operand,
    names: readonly string[],
    operands: readonly Operand[],
    final: GoValue | undefined,
  ): GoValue {
    this.#node = node;
    let value = receiver;
    for (const [index, name] of names.entries()) {
      const last = index === names.length - 1;
      const method = methodOf(value, name);
      if (method !== undefined) {
        value = this.#method(dot, name, method, last ? operands : [], last ? final : undefined);
        continue;
      }
      value = this.#field(value, name, last && (operands.length > 1 || final !== undefined));
    }
    return value;
  }

  #method(
    dot: GoValue,
    name: string,
    method: (argument: string) => string,
    operands: readonly Operand[],
    final: GoValue | undefined,
  ): GoValue {
    const values = operands.slice(1).map((operand) => this.#argument(dot, 'string', operand));
    if (final !== undefined) values.push(this.#checkType(final, 'string'));
    const [argument] = values;
    if (argument === undefined || values.length > 1) {
      return this.#fail(`wrong number of args for ${name}: want 1 got ${values.length}`);
    }
    return goString(method(argument.value as string));
  }

  #field(receiver: GoValue, name: string, hasArguments: boolean): GoValue {
    const { type, value } = receiver;
    switch (type.kind) {
      case 'none':
        if (this.#options.missingKeyFails === true)
          return this.#fail(`nil data; no entry for key ${JSON.stringify(name)}`);
        return noValue;
      case 'any':
        return this.#fail(`nil pointer evaluating interface {}.${name}`);
      case 'map': {
        if (hasArguments) return this.#fail(`${name} is not a method but has arguments`);
        const entry = entryOf(receiver, name);
        if (entry !== undefined) return entry;
        if (this.#options.missingKeyFails === true)
          return this.#fail(`map has no entry for key ${JSON.stringify(name)}`);
        return noValue;
      }
      case 'pointer':
      case 'struct': {
        const struct = type.kind === 'pointer' ? type.element : type;
        if (struct.kind !== 'struct') break;
        const field = fieldOf(struct, value ?? {}, name);
        if (field === undefined) break;
        if (value === null) return this.#fail(`nil pointer evaluating ${typeName(type)}.${name}`);
        if (hasArguments) return this.#fail(`${name} has arguments but cannot be invoked as function`);
        return field;
      }
      default:
    }
    const shown = receiver.inInterface === true ? 'interface {}' : typeName(type);
    return this.#fail(`can't evaluate field ${name} in type ${shown}`);
  }

  #function(
    dot: GoValue,
    node: Extract<Operand, { type: 'function' }>,
    errorNode: ErrorNode,
    operands: readonly Operand[],
    final: GoValue | undefined,
  ): GoValue {
    this.#node = node;
    const { name } = node;
    const callee = this.#options.functions.get(name);
    if (callee === undefined) return this.#fail(`${JSON.stringify(name)} is not a defined function`);
    const given = operands.slice(1);
    this.#checkCount(name, callee, given.length + (final === undefined ? 0 : 1));
    if (name === 'and' || name === 'or') return this.#shortCircuit(dot, name, given, final);
    const types = (index: number): ParameterType => callee.parameters[index] ?? callee.rest ?? 'value';
    const values = given.map((operand, index) => this.#argument(dot, types(index), operand));
    if (final !== undefined) values.push(this.#checkType(final, types(values.length)));
    try {
      return callee.call(...values);
    } catch (error) {
      if (!(error instanceof FunctionError)) throw error;
      this.#node = errorNode;
      if (name === 'call' && given[0] !== undefined && values[0]?.value != null) {
        return this.#fail(
          `error calling call: non-function ${formatNode(given[0])} of type ${typeName(values[0].type)}`,
        );
      }
      return this.#fail(`error calling ${name}: ${error.message}`);
    }
  }

  #checkCount(name: string, callee: TemplateFunction, given: number): void {
    const wanted = callee.parameters.length;
    if (callee.rest === undefined && given !== wanted) {
      this.#fail(`wrong number of args for ${name}: want ${wanted} got ${given}`);
    }
    if (given < wanted) this.#fail(`wrong number of args for ${name}: want at least ${wanted} got ${given}`);
  }

  #shortCircuit(dot: GoValue, name: string, given: readonly Operand[], final: GoValue | undefined): GoValue {
    let value = noValue;
    for (const operand of given) {
      value = this.#argument(dot, 'value', operand);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return final ?? value;
  }

  #argument(dot: GoValue, type: ParameterType, node: Operand): GoValue {
    this.#node = node;
    switch (node.type) {
      case 'dot':
        return this.#checkType(dot, type);
      case 'nil':
        if (type === 'string' || type === 'int') return this.#fail(`cannot assign nil to ${type}`);
        return nilInterface;
      case 'field':
        return this.#checkType(this.#fieldChain(dot, dot, node, node.names, [node], undefined), type);
      case 'variable':
        return this.#checkType(this.#variable(dot, node, [node], undefined), type);
      case 'pipe':
        return this.#checkType(this.#pipe(dot, node), type);
      case 'function':
        return this.#checkType(this.#function(dot, node, node, [node], undefined), type);
      case 'chain':
        return this.#checkType(this.#chain(dot, node, [node], undefined), type);
      default:
    }
    const constant = this.#constant(dot, node);
    if (type === 'string' && node.type !== 'string')
      return this.#fail(`expected string; found ${formatNode(node)}`);
    if (type === 'int') {
      const whole = node.type === 'number' && Number.isInteger(node.value);
      if (!whole) return this.#fail(`expected integer; found ${formatNode(node)}`);
      return goInt(node.value);
    }
    if (type === 'strings') return this.#fail(`can't handle ${formatNode(node)} for arg of type []string`);
    return constant;
  }

  #checkType(value: GoValue, type: ParameterType): GoValue {
    if (type === 'value' || type === 'any') return value;
    const wanted = type === 'strings' ? '[]string' : type;
    if (value.type.kind === 'none') return this.#fail(`invalid value; expected ${wanted}`);
    if (typeName(value.type) === wanted) return value;
    return this.#fail(`wrong type for value; expected ${wanted}; got ${typeName(value.type)}`);
  }

  #fail(message: string): never {
    const { line, byte } = placeOf(this.#parsed.text, this.#node.position);
    throw new TemplateError(
      `template: :${line}:${byte}: executing ${JSON.stringify(this.#name)} at <${formatNode(this.#node)}>: ${message}`,
    );
  }
}
