import { printable } from '../core/printable.ts';
import type { Check } from '../doctor/examination.ts';
import { examine } from '../doctor/doctor.ts';
import { InputError } from '../files/documents.ts';
import { parseArguments, UsageError, type Command } from './command.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'examine an installation: what is missing, what does not answer',
  help: `sallyport doctor --context NAME [options]

Looks at everything an installation needs and says each thing in one line: Kubernetes, configuration, rights, replicas,
webhook entries, CA bundle, certificate of each replica, exempt namespaces, the floor, whether both webhooks answer (asked
with a dry run), and the guard policy. Nothing is changed; what your own rights do not show is "?".

  --context NAME         the cluster of your kubeconfig
  -n, --namespace NAME   where Sallyport is installed (default: sallyport-system)

Exit: 0 nothing is wrong, 1 something is, 2 the command cannot be read or the cluster cannot be reached.
`,
  async run(args, terminal) {
    const { values, positionals } = parseArguments(args, {
      context: { type: 'string' },
      namespace: { type: 'string', short: 'n', default: 'sallyport-system' },
    });
    if (positionals.length > 0)
      throw new UsageError(`doctor takes no file, but got ${JSON.stringify(positionals[0])}`);
    if (values.context === undefined) throw new UsageError('doctor needs --context NAME');
    const { fromContext } = await import('../kube/kube-cluster.ts');
    const { doctorClient } = await import('../kube/doctor-client.ts');
    const patient = doctorClient(fromContext(values.context), values.namespace, terminal.stop);
    await patient.get('/version').catch(() => {
      throw new InputError(`--context ${values.context}: the API server cannot be reached`);
    });
    let wrong = 0;
    for await (const check of examine(patient)) {
      if (check.state === 'bad') wrong += 1;
      terminal.out(lineOf(check));
    }
    return wrong > 0 ? 1 : 0;
  },
};

const signs = { good: 'ok', bad: 'NO', unknown: '?' } as const;

const lineOf = ({ name, state, text, fix }: Check): string =>
  `${signs[state].padEnd(3)} ${name.padEnd(11)} ${printable(text)}\n${fix === undefined ? '' : `${' '.repeat(16)}Fix: ${printable(fix)}\n`}`;
