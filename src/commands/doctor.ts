import { printable } from '../core/printable.ts';
import type { Check } from '../doctor/examination.ts';
import { examine } from '../doctor/doctor.ts';
import { printJson } from '../report/json.ts';
import { contextOptions, namedOrCurrent, installationOption, jsonOption } from './cluster-options.ts';
import { stateSign, type Style } from '../terminal/style.ts';
import { defineCommand } from './command.ts';

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'examine an installation: what is missing, what does not respond',
  group: 'Examine a cluster',
  usage: '[options]',
  description: `
Checks everything that an installation needs, and prints one line for each: Kubernetes, configuration, rights, replicas, webhook entries,
kinds and fields that no description reads, CA bundle, certificate of each replica, exempt namespaces, the floor, whether both webhooks respond (with a dry run), the guard policy, and
operator-made pods that were missed while no webhook ran. It changes nothing. What your own rights do not permit to check is marked "?".`,
  options: {
    ...contextOptions('examine this cluster of your kubeconfig (default: its current context)'),
    namespace: installationOption,
    output: jsonOption,
  },
  examples: [
    ['sallyport doctor', 'examine the installation of the current context'],
    ['sallyport doctor --context prod -n security', 'examine the installation in another namespace'],
  ],
  exit: {
    0: 'nothing is wrong',
    1: 'something is wrong',
    2: 'the command line is not valid, or the cluster cannot be reached',
  },
  async run(values, terminal) {
    const { config } = await namedOrCurrent(values, terminal);
    const { doctorClient } = await import('../kube/doctor-client.ts');
    const patient = doctorClient(config, values.namespace, terminal.stop);
    const checks: Check[] = [];
    for await (const check of examine(patient)) {
      checks.push(check);
      // Some checks wait for a replica, so each line is printed as soon as it is known.
      if (values.output === 'text') terminal.out(lineOf(check, terminal.outStyle));
    }
    if (values.output === 'json') terminal.out(jsonOf(checks));
    return checks.some(({ state }) => state === 'bad') ? 1 : 0;
  },
});

/** As docs/schemas/doctor.schema.json says. */
const jsonOf = (checks: readonly Check[]): string =>
  printJson({
    checks: checks.map(({ name, state, text, fix }) => ({ name, state, text, fix: fix ?? null })),
  });

const lineOf = ({ name, state, text, fix }: Check, style: Style): string =>
  `${stateSign(state, style)} ${name.padEnd(11)} ${printable(text)}\n${fix === undefined ? '' : `${' '.repeat(16)}Fix: ${printable(fix)}\n`}`;
