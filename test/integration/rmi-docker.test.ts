import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { chainIds } from '../../src/oci/chain-id.ts';
import { digestHex, parseDigest } from '../../src/oci/digest.ts';
import { findPeers } from '../support/peers.ts';
import { readRmiScenarios, type RmiScenario, type RmiStep, withSymbols } from '../support/rmi-scenarios.ts';
import { makeTinyRoot } from '../support/transcript.ts';

// src/images/remove-image.test.ts plays the same scenarios on Lamella.

const registry = `127.0.0.1:${process.env['PEER_REGISTRY_PORT'] ?? '5999'}`;
const own = `rmi-${process.pid}/`;

type Docker = (...words: readonly string[]) => string;

class DockerPlayer implements Disposable {
  readonly #docker: Docker;
  readonly #folder: string = mkdtempSync(join(tmpdir(), 'lamella-rmi-'));
  readonly #ids = new Map<string, string>();
  readonly #symbols = new Map<string, string>([
    [`${registry}/${own}`, 'R/'],
    [own, 'lab/'],
  ]);

  constructor(docker: Docker, { runs }: { runs: boolean }) {
    this.#docker = docker;
    mkdirSync(join(this.#folder, 'root'));
    if (runs) makeTinyRoot(join(this.#folder, 'root'));
  }

  play({ words: [command = '', ...words] }: RmiStep): string[] {
    const [first = '', second = ''] = words;
    const names = words.map((word) => this.#real(word));
    if (command === 'rmi') return this.#remove(names);
    if (command === 'import') this.#import(first, names.slice(1));
    else if (command === 'commit') this.#commit(first, second, names.slice(2));
    else if (command === 'tag') this.#docker('tag', ...names);
    else if (command === 'push') this.#push(first, names[1] ?? '');
    else if (command === 'rm') this.#docker('rm', '-f', ...names);
    else if (command === 'create' || command === 'run') this.#container(command, first, names[1] ?? '');
    else assert.fail(`unknown step ${command}`);
    return [];
  }

  #real(word: string): string {
    const id = this.#ids.get(word);
    if (id !== undefined) return id;
    return word
      .replace(/^R\//, `${registry}/${own}`)
      .replace(/^lab\//, own)
      .replaceAll(/DIGEST_\w+/g, (name) => this.#ids.get(name) ?? assert.fail(`no ${name}`));
  }

  #remove(words: readonly string[]): string[] {
    try {
      return this.#shown(this.#docker('rmi', ...words));
    } catch (error) {
      const message = /Error response from daemon: (.*)/.exec(String(error))?.[1];
      if (message === undefined) throw error;
      return this.#shown(`! ${message}`);
    }
  }

  #shown(output: string): string[] {
    return withSymbols(output.trim(), this.#symbols)
      .split('\n')
      .map((line) => line.replaceAll(/\b(?:sha256:)(?=[A-Z]\b)/g, ''));
  }

  #import(symbol: string, names: readonly string[]): void {
    const tar = join(this.#folder, `${symbol}.tar`);
    writeFileSync(join(this.#folder, 'root', 'only'), `${this.#folder} ${symbol}`);
    execFileSync('tar', ['-C', join(this.#folder, 'root'), '-cf', tar, '.']);
    const id = this.#docker('import', '--change', `LABEL symbol=${symbol}`, tar).trim();
    for (const name of names) this.#docker('tag', id, name);
    this.#learn(symbol, id);
  }

  #commit(symbol: string, container: string, names: readonly string[]): void {
    const file = join(this.#folder, symbol);
    writeFileSync(file, symbol);
    this.#docker('cp', file, `${this.#real(container)}:/${symbol}`);
    const id = this.#docker('commit', this.#real(container)).trim();
    for (const name of names) this.#docker('tag', id, name);
    this.#learn(symbol, id);
  }

  #learn(symbol: string, id: string): void {
    this.#ids.set(symbol, id);
    this.#symbols.set(id, symbol).set(id.slice(7, 19), symbol);
    const layers = JSON.parse(this.#docker('inspect', '-f', '{{json .RootFS.Layers}}', id)) as string[];
    for (const [index, chainId] of chainIds(layers.map(parseDigest)).entries()) {
      if (!this.#symbols.has(chainId)) this.#symbols.set(chainId, `layer ${symbol}.${index + 1}`);
    }
  }

  #push(symbol: string, name: string): void {
    this.#docker('push', '-q', name);
    const text = this.#docker('inspect', '-f', '{{index .RepoDigests 0}}', this.#real(symbol)).trim();
    const digest = parseDigest(text.slice(text.indexOf('@') + 1));
    this.#ids.set(`DIGEST_${symbol}`, digest);
    this.#symbols.set(digest, `DIGEST ${symbol}`).set(digestHex(digest), `DIGEST ${symbol}`);
  }

  #container(command: 'create' | 'run', symbol: string, image: string): void {
    const options = command === 'run' ? ['-d', '--network', 'none', '--init=false'] : [];
    const id = this.#docker(command, ...options, image, '/bin/sleep', '600').trim();
    this.#ids.set(symbol, id);
    this.#symbols.set(id, symbol).set(id.slice(0, 12), symbol);
  }

  [Symbol.dispose](): void {
    for (const command of ['rm', 'rmi']) {
      for (const id of this.#ids.values()) {
        try {
          this.#docker(command, '-f', id);
        } catch {
          // Most of it has gone in the scenario itself.
        }
      }
    }
    rmSync(this.#folder, { recursive: true });
  }
}

function usesRun({ steps }: RmiScenario): boolean {
  return steps.some(({ words }) => words[0] === 'run');
}

for (const scenario of readRmiScenarios()) {
  test(`the real Docker agrees about rmi: ${scenario.name}`, (t) => {
    const docker = findPeers()?.docker;
    if (docker === undefined) return t.skip('needs the real Docker: install the peers');
    using player = new DockerPlayer(docker, { runs: usesRun(scenario) });
    for (const step of scenario.steps) {
      const output = step.output.map((line) => line.replaceAll(/DIGEST_(\w+)/g, 'DIGEST $1'));
      assert.deepEqual(player.play(step), output, `after ${step.words.join(' ')}`);
    }
  });
}
