import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { certificateCache, readCertificates } from './certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'lamella-certs-'));
const pem = (name: string): string => join(folder, name);
let hasOpenssl = true;

/** Two self-signed certificates with their keys. */
before(() => {
  for (const name of ['one', 'two']) {
    const subject = ['-subj', `/CN=${name}`, '-days', '2', '-nodes'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const out = ['-keyout', pem(`${name}.key`), '-out', pem(`${name}.crt`)];
    try {
      execFileSync('openssl', ['req', '-x509', ...key, ...subject, ...out], { stdio: 'ignore' });
    } catch {
      hasOpenssl = false;
    }
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
/** A folder of the host `h.example` with copies of those, or with texts. */
function host(files: Readonly<Record<string, string>>): string {
  const root = pem(`certs-${(count += 1)}`);
  mkdirSync(join(root, 'h.example'), { recursive: true });
  for (const [name, source] of Object.entries(files)) {
    const path = join(root, 'h.example', name);
    if (/^(?:one|two)\./.test(source)) copyFileSync(pem(source), path);
    else writeFileSync(path, source);
  }
  return root;
}

test('authorities of all folders count, and the first client certificate', async (t) => {
  if (!hasOpenssl) return t.skip('openssl is not there');
  const first = host({ 'ca.crt': 'one.crt', README: 'x' });
  const second = host({ 'other.crt': 'two.crt', 'client.cert': 'two.crt', 'client.key': 'two.key' });
  const text = (name: string): string => readFileSync(pem(name), 'utf8');
  assert.deepEqual(await readCertificates([first, second, pem('missing')], ['h.example']), {
    ca: [text('one.crt'), text('two.crt')],
    cert: text('two.crt'),
    key: text('two.key'),
  });
  assert.deepEqual(await readCertificates([first], ['other.example', '..', 'a/b']), {});
});

test("a certificate without its key, and a key without its certificate, are Docker's errors", async () => {
  await assert.rejects(readCertificates([host({ 'ca.cert': 'x' })], ['h.example']), {
    kind: 'invalid',
    code: 'certificates-invalid',
    message: 'missing key ca.key for client certificate ca.cert. CA certificates must use the extension .crt',
  });
  await assert.rejects(readCertificates([host({ 'client.key': 'x' })], ['h.example']), {
    code: 'certificates-invalid',
    message: 'missing client certificate client.cert for key client.key',
  });
});

test('a file that is no certificate, or a key that is not its own, is named', async (t) => {
  if (!hasOpenssl) return t.skip('openssl is not there');
  const fails = async (files: Record<string, string>, message: RegExp): Promise<void> =>
    await assert.rejects(readCertificates([host(files)], ['h.example']), {
      code: 'certificates-invalid',
      message,
    });
  await fails({ 'ca.crt': 'DER' }, /h\.example\/ca\.crt: it has no certificate in PEM form/);
  await fails(
    { 'ca.crt': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' },
    /h\.example\/ca\.crt: /,
  );
  await fails(
    { 'c.cert': 'one.crt', 'c.key': 'two.key' },
    /h\.example\/c\.key: private key does not match public key/,
  );
  await fails({ 'c.cert': 'one.crt', 'c.key': 'no key' }, /h\.example\/c\.cert: /);
});

test('files are read once for each host, and again after an error', async (t) => {
  if (!hasOpenssl) return t.skip('openssl is not there');
  const root = host({ 'client.key': 'one.key' });
  const certificates = certificateCache([root]);
  await assert.rejects(certificates(['h.example']), { code: 'certificates-invalid' });
  copyFileSync(pem('one.crt'), join(root, 'h.example/client.cert'));
  assert.notEqual((await certificates(['h.example'])).cert, undefined);
  rmSync(root, { recursive: true });
  assert.notEqual((await certificates(['h.example'])).cert, undefined);
});
