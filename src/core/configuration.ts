import { z } from 'zod';
import { codes, modes, type Code } from './codes.ts';
import { operatorNames, type OperatorName } from './operators/operator-names.ts';
import { kindDescription } from './kinds/description.ts';
import { compileKinds } from './kinds/index.ts';
import { inGroup } from './model.ts';
import { defaultProxyImage } from './version.ts';

/** The configuration file (`--config`), API version sallyport.dev/v1. An unknown key is an error, and all errors come at once. */

const code = z.enum(Object.keys(codes) as [Code, ...Code[]], { error: 'is not a rule code' });
const mode = z.enum(modes);
const rules = z.partialRecord(code, mode).default({});
const date = z.iso.date();
const port = z.int().min(1024).max(65535);

const modeSettings = z
  .strictObject({
    /** The strictest mode anything may have: `warn` or `audit` for a first roll-out. */
    ceiling: z.enum(['enforce', 'warn', 'audit']).default('enforce'),
    rules,
    /** By `plural.group`. */
    kinds: z.record(z.string(), mode).default({}),
    namespaces: z.array(z.strictObject({ names: z.array(z.string()).min(1), rules })).default([]),
    /** Which modes a namespace's own label `sallyport.dev/mode` may choose. */
    namespaceLabelMay: z.array(mode).default([]),
    writers: z.array(z.strictObject({ username: z.string(), rules })).default([]),
  })
  .prefault({});

const exemption = z.strictObject({
  codes: z.array(code).min(1),
  /** `plural.group`. */
  kind: z.string(),
  namespace: z.string(),
  name: z.string(),
  reason: z.string().min(1),
  /** The last day it holds, in UTC. */
  until: date.optional(),
});

const credentials = z
  .strictObject({
    headers: z
      .strictObject({ sensitive: z.array(z.string()).default([]), harmless: z.array(z.string()).default([]) })
      .prefault({}),
    /** The mode of MCP209: whether a Secret must have an origin limit. `modes` may say otherwise for a namespace. */
    requireUpstreams: z.enum(['off', 'warn', 'enforce']).default('off'),
  })
  .prefault({});

const operatorSwitches = Object.fromEntries(
  operatorNames.map((name) => [name, z.boolean().default(false)]),
) as Record<OperatorName, z.ZodDefault<z.ZodBoolean>>;

const inject = z
  .strictObject({
    image: z.string().min(1).default(defaultProxyImage),
    /** Images of earlier releases, so that a roll-out refuses nobody. */
    acceptedImages: z.array(z.string()).default([]),
    ports: z
      .tuple([port, port])
      .refine(([from, to]) => to > from, { error: 'the second port must be greater than the first' })
      .default([14700, 14799]),
    onMissing: z.enum(['wait', 'serve']).default('wait'),
    allowUnverifiedTLS: z.boolean().default(false),
    /** Operators whose pods are rewritten without a label. Off until somebody decides. */
    families: z.strictObject(operatorSwitches).prefault({}),
  })
  .prefault({});

export const configurationSchema = z.strictObject({
  apiVersion: z.literal('sallyport.dev/v1'),
  kind: z.literal('Configuration'),
  modes: modeSettings,
  exemptions: z.array(exemption).default([]),
  credentials,
  /** `lenient`: a dry run warns about a missing Secret; `same`: it denies like the real request. */
  dryRun: z.enum(['lenient', 'same']).default('lenient'),
  /** `strict`: whoever may not read a Secret does not learn whether it is there. */
  existence: z.enum(['normal', 'strict']).default('normal'),
  inject,
  /** A team's own kinds, in the form of the built-in ones. */
  kinds: z
    .array(kindDescription)
    .default([])
    .superRefine((kinds, context) => {
      if (kinds.length === 0) return;
      const known = new Set(compileKinds().all.map(({ kind, group }) => inGroup(kind, group)));
      for (const [i, { kind, group }] of kinds.entries()) {
        const name = inGroup(kind, group);
        if (known.has(name))
          context.addIssue({ code: 'custom', path: [i], message: `${name} is described already` });
        known.add(name);
      }
    }),
});

export type Configuration = z.output<typeof configurationSchema>;

export const defaultConfiguration: Configuration = configurationSchema.parse({
  apiVersion: 'sallyport.dev/v1',
  kind: 'Configuration',
});

export type ReadConfiguration =
  | { readonly kind: 'valid'; readonly configuration: Configuration }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** A configuration, or every problem it has, each with its place. */
export function readConfiguration(document: unknown): ReadConfiguration {
  const result = configurationSchema.safeParse(document);
  if (result.success) return { kind: 'valid', configuration: result.data };
  const place = (path: readonly PropertyKey[]) =>
    path.length === 0 ? 'configuration' : path.map(String).join('.');
  return {
    kind: 'invalid',
    problems: result.error.issues.map((issue) => `${place(issue.path)}: ${issue.message}`),
  };
}
