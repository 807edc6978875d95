import { findNetworkProgram, runProgram } from './run-program.ts';

/**
 * Firewalls that iptables(8) writes may drop whatever they do not know: Docker's does where it has switched forwarding on.
 * Our own rules decide what goes where; these only keep the others from dropping it. They stand at the end of the chain,
 * so that what others forbid to reach their containers stays forbidden.
 *
 * Does nothing without iptables.
 */
export async function allowForwarding(
  bridge: string,
  store: string,
  { ipv6 }: { ipv6: boolean },
): Promise<void> {
  await Promise.all(
    (ipv6 ? ['iptables', 'ip6tables'] : ['iptables']).map(async (program) => {
      const known = await rulesOf(program);
      if (known === undefined) return;
      const missing = wanted(bridge, store).filter((rule) => !known.includes(rule));
      await change(program, missing);
    }),
  );
}

export async function removeForwarding(bridge: string, store: string): Promise<void> {
  for (const program of ['iptables', 'ip6tables']) {
    const known = (await rulesOf(program)) ?? [];
    for (const rule of wanted(bridge, store).filter((each) => known.includes(each))) {
      // Another process may be quicker.
      await change(program, [rule.replace(/^-A/, '-D')]).catch(() => {});
    }
  }
}

function wanted(bridge: string, store: string): string[] {
  return ['-i', '-o'].map(
    (direction) => `-A FORWARD ${direction} ${bridge} -m comment --comment lamella-${store} -j ACCEPT`,
  );
}

/** The rules of FORWARD, as iptables writes them; undefined where there is no iptables, or it does not work here. */
async function rulesOf(program: string): Promise<string[] | undefined> {
  if (findNetworkProgram(program) === undefined) return undefined;
  try {
    return (await runProgram(program, ['-w', '-S', 'FORWARD'])).split('\n');
  } catch {
    return undefined;
  }
}

async function change(program: string, rules: readonly string[]): Promise<void> {
  if (rules.length === 0) return;
  await runProgram(`${program}-restore`, ['-w', '--noflush'], `*filter\n${rules.join('\n')}\nCOMMIT\n`);
}
