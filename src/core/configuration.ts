import { z } from 'zod';
import { codes, modes, type Code } from './codes.ts';
import { operatorNames, type OperatorName } from './operators/operator-names.ts';
import { kindDescription } from './kinds/description.ts';
import { compileKinds } from './kinds/index.ts';
import { inGroup } from './model.ts';
import { problemsOf, type ConfigurationProblem } from './configuration-problems.ts';
import { defaultProxyImage } from './version.ts';

/** The configuration file (`--config`), API version sallyport.dev/v1. An unknown field is an error, and all errors are reported together. */

const code = z.enum(Object.keys(codes) as [Code, ...Code[]]).describe('A rule code, such as MCP101.');
const mode = z
  .enum(modes)
  .describe(
    'enforce denies, warn adds a warning, audit writes to the log and the metrics, off does nothing.',
  );
const rules = z.partialRecord(code, mode).default({}).describe('A mode for each rule code.');
const date = z.iso.date();
const port = z.int().min(1024).max(65535);

const modeSettings = z
  .strictObject({
    ceiling: z
      .enum(['enforce', 'warn', 'audit'])
      .default('enforce')
      .describe('The strictest mode of any rule, such as warn for a first rollout.'),
    rules,
    kinds: z
      .record(z.string(), mode)
      .default({})
      .describe('A mode for each kind, by plural and group, such as remotemcpservers.kagent.dev.'),
    namespaces: z
      .array(
        z.strictObject({
          names: z.array(z.string()).min(1).describe('Names of namespaces; * stands for any text.'),
          rules,
        }),
      )
      .default([])
      .describe('Modes in some namespaces. The first entry that matches and names the code counts.'),
    namespaceLabelMay: z
      .array(mode)
      .default([])
      .describe('The modes that the label sallyport.dev/mode of a namespace may choose.'),
    writers: z
      .array(
        z.strictObject({
          username: z
            .string()
            .describe('The name of a user or service account, as Kubernetes has it; * stands for any text.'),
          rules,
        }),
      )
      .default([])
      .describe(
        'Modes for requests of some users, such as controllers that create a resource before its Secret.',
      ),
  })
  .prefault({})
  .describe('What happens to the findings of each rule.');

const exemption = z.strictObject({
  codes: z.array(code).min(1).describe('The rules that do not apply.'),
  kind: z.string().describe('Plural and group, such as mcpremoteproxies.toolhive.stacklok.dev.'),
  namespace: z.string().describe('The namespace of the object.'),
  name: z.string().describe('The name of the object.'),
  reason: z.string().min(1).describe('Why the object is exempt, for people.'),
  until: date.optional().describe('The last day of the exemption, in UTC. Left out, it does not end.'),
});

const origin = /^https?:\/\/[^\s/?#@]+$/;

const credentials = z
  .strictObject({
    headers: z
      .strictObject({
        sensitive: z
          .array(z.string())
          .default([])
          .describe('Further names of headers whose values are credentials.'),
        harmless: z
          .array(z.string())
          .default([])
          .describe('Names of headers whose values are no credentials, whatever the name looks like.'),
      })
      .prefault({})
      .describe('How names of headers are judged.'),
    serviceAccountTokens: z
      .array(
        z.strictObject({
          audience: z.string().min(1).describe('The audience of the token; * stands for any text.'),
          namespaces: z
            .array(z.string())
            .min(1)
            .describe('Namespaces whose servers may ask for the token; * stands for any text.'),
          origins: z
            .array(z.string().regex(origin, { error: 'must be an origin, such as https://mcp.example.com' }))
            .min(1)
            .describe('Origins (scheme, host and port) that may receive the token.'),
          cas: z
            .array(z.string())
            .default([])
            .describe(
              "CAs besides the system's roots that may vouch for the origins: configmap/NAME/KEY or secret/NAME/KEY of the namespace, or any.",
            ),
        }),
      )
      .default([])
      .describe(
        "Which tokens of a pod's ServiceAccount servers may ask for. Left out, they may ask for none.",
      ),
    apiServerAudiences: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Further audiences of the API server, for which no server gets a token; * stands for any text.',
      ),
    requireUpstreams: z
      .enum(['off', 'warn', 'enforce'])
      .default('off')
      .describe('The mode of MCP209: whether a Secret that a server uses must have an origin limit.'),
  })
  .prefault({})
  .describe('What counts as a credential, and what its Secret needs.');

const operatorSwitches = Object.fromEntries(
  operatorNames.map((name) => [
    name,
    z.boolean().default(false).describe(`Whether pods of ${name} are rewritten without a label.`),
  ]),
) as Record<OperatorName, z.ZodDefault<z.ZodBoolean>>;

const inject = z
  .strictObject({
    image: z.string().min(1).default(defaultProxyImage).describe('The image of the in-pod proxy.'),
    acceptedImages: z
      .array(z.string())
      .default([])
      .describe('Images of earlier releases, so that a rollout denies no pod.'),
    ports: z
      .tuple([port, port])
      .refine(([from, to]) => to > from, { error: 'the second port must be greater than the first' })
      .default([14700, 14799])
      .describe('The first and the last port of the loopback listeners.'),
    onMissing: z
      .enum(['wait', 'serve'])
      .default('wait')
      .describe('Without its Secret a pod waits, or starts and answers 503 for that server (serve).'),
    allowUnverifiedTLS: z
      .boolean()
      .default(false)
      .describe('Whether pods may call servers whose certificate is not verified.'),
    families: z
      .strictObject(operatorSwitches)
      .prefault({})
      .describe('The operators whose pods are rewritten without a label.'),
  })
  .prefault({})
  .describe('How pods are rewritten.');

export const configurationSchema = z.strictObject({
  apiVersion: z.literal('sallyport.dev/v1'),
  kind: z.literal('Configuration'),
  modes: modeSettings,
  exemptions: z.array(exemption).default([]).describe('Named objects to which named rules do not apply.'),
  credentials,
  dryRun: z
    .enum(['lenient', 'same'])
    .default('lenient')
    .describe('A dry run warns of a missing Secret (lenient), or is denied like the real request (same).'),
  existence: z
    .enum(['normal', 'strict'])
    .default('normal')
    .describe('With strict, a requester who may not read a Secret does not learn whether it exists.'),
  inject,
  kinds: z
    .array(kindDescription)
    .default([])
    .superRefine((kinds, context) => {
      if (kinds.length === 0) return;
      const builtIn = new Set(compileKinds().all.map(({ kind, group }) => inGroup(kind, group)));
      const described = new Set<string>();
      for (const [i, { kind, group }] of kinds.entries()) {
        const name = inGroup(kind, group);
        const why = builtIn.has(name)
          ? 'is a built-in kind; remove this description'
          : 'is described twice; remove one of the descriptions';
        if (builtIn.has(name) || described.has(name))
          context.addIssue({ code: 'custom', path: [i], message: `${name} ${why}` });
        described.add(name);
      }
    })
    .describe("A team's own kinds, in the form of the built-in ones (docs/kinds.md)."),
  operatorNamespaces: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('The namespace in which the operator of a family runs, where that is not the default.'),
});

export type Configuration = z.output<typeof configurationSchema>;

export const defaultConfiguration: Configuration = configurationSchema.parse({
  apiVersion: 'sallyport.dev/v1',
  kind: 'Configuration',
});

export type ReadConfiguration =
  | { readonly kind: 'valid'; readonly configuration: Configuration }
  | { readonly kind: 'invalid'; readonly problems: readonly ConfigurationProblem[] };

/** A configuration, or every problem it has, each with its place. */
export function readConfiguration(document: unknown): ReadConfiguration {
  const result = configurationSchema.safeParse(document, { reportInput: true });
  if (result.success) return { kind: 'valid', configuration: result.data };
  return {
    kind: 'invalid',
    problems: result.error.issues.flatMap((issue) => problemsOf(issue, configurationSchema)),
  };
}
