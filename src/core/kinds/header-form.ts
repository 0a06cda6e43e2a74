import { z } from 'zod';
import { condition, namespacePath, path, versions } from './path/form.ts';

/** How a description says where a header comes from, and what such a record has in common with others. */

/** Which items a record or a shape is read from. */
export const conditions = { when: condition.optional(), unless: condition.optional() };

/** Where the object is that a name refers to: in the object's own namespace when both are left out. */
export const namespaced = {
  /** The namespace, beside the name, or `operator`; wins over one in the name. */
  namespace: namespacePath.optional(),
  /** The name may be written `NAMESPACE/NAME`. */
  qualified: z.boolean().optional(),
};

/** Which key a Secret has where the object names none: by a word of the object. */
export const keyByWord = z
  .strictObject({ path, values: z.record(z.string(), z.string()), default: z.string().optional() })
  .optional();

/** Labels without which its system does not read a Secret (MCP211). */
export const requiredLabels = z.record(z.string(), z.string()).optional();

const key = z.strictObject({ secret: path, key: path, ...namespaced, requiredLabels });

/** A switch of the object's, or `true` for what may always be missing. */
export const optional = z.union([z.literal(true), condition]).optional();

export const header = z
  .strictObject({
    each: path.describe('a list or map of headers'),
    versions,
    ...conditions,
    name: path,
    /** Exactly one of the five says where the value comes from. */
    value: path.optional(),
    secret: path.optional(),
    configMap: path.optional(),
    key: path.optional(),
    keyByWord,
    /** Sent as `Basic`: a user and a password. */
    basic: z.strictObject({ username: key, password: key }).optional(),
    /** A token of the pod's ServiceAccount; without `expirationSeconds` in the object, of an hour. */
    serviceAccountToken: z.strictObject({ audience: path, expirationSeconds: path.optional() }).optional(),
    ...namespaced,
    requiredLabels,
    optional,
    template: z
      .string()
      .regex(/\{value\}/)
      .optional(),
    /** Where the object itself may say so. */
    templateAt: path.optional(),
    /** Goes with `value`: the field that takes the same header from a Secret, as a person would write it. */
    instead: z.string().optional(),
    /** The environment variable the system carries the value in: `{HEADER}` and `{NAME}` in upper case, others `_`. */
    variable: z.string().optional(),
    /** Where it says what happens to a header that the app sets too: `override`, `keep` or `reject`. */
    conflict: path.optional(),
  })
  .refine(
    ({ value, secret, configMap, basic, serviceAccountToken }) =>
      [value, secret, configMap, basic, serviceAccountToken].filter((one) => one !== undefined).length === 1,
    {
      error: 'a header has exactly one of value, secret, configMap, basic and serviceAccountToken',
    },
  )
  .refine(
    ({ secret, configMap, key: named, keyByWord: byWord }) =>
      ((secret ?? configMap) !== undefined) === ((named ?? byWord) !== undefined),
    {
      error: 'key or keyByWord needs secret or configMap',
    },
  );
