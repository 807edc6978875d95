import { DockerfileError, type BuildEngine } from '../../engine/ports/build-engine.ts';

const name = (text: string): string => `[2/2] ${text}`;

/** A builder that tells of two steps; a Dockerfile that says `fail` fails in its second line. */
export const fakeBuilder: BuildEngine = {
  async build({ dockerfileText = '', onProgress, onFindings }) {
    onFindings?.([
      { rule: 'WorkdirRelativePath', message: 'Relative \u001B[2J', range: { start: 2, end: 2 } },
    ]);
    const from = { number: 1, name: '[1/2] FROM debian:12' };
    onProgress?.({ kind: 'started', step: from });
    onProgress?.({ kind: 'done', step: from, cached: true, seconds: 0 });
    const run = { number: 2, name: name('RUN make\u001B[2J') };
    onProgress?.({ kind: 'started', step: run });
    onProgress?.({ kind: 'output', step: run, bytes: Buffer.from('one\ntwo \u001B[31mred\nunfinished') });
    if (dockerfileText.includes('fail')) {
      const message = 'process "/bin/sh -c make" did not complete successfully: exit code: 2';
      onProgress?.({ kind: 'failed', step: run, message, seconds: 1.26 });
      throw new DockerfileError(message, { start: 2, end: 3 });
    }
    onProgress?.({ kind: 'done', step: run, cached: false, seconds: 1.26 });
    return { id: `sha256:${'b'.repeat(64)}` };
  },
};
