import { z } from 'zod';
import { parseCondition, parseNamespace, parsePath } from './parse.ts';

/** Paths and conditions as values of the form of a kind description. */

const parsed = <T>(parse: (source: string) => T) =>
  z.string().transform((source, context): T => {
    try {
      return parse(source);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : 'cannot be read');
      return z.NEVER;
    }
  });

export const path = parsed(parsePath);
export const condition = parsed(parseCondition);
export const namespacePath = parsed(parseNamespace);
/** Limits a record to some of the kind's versions, where a field changed its shape. */
export const versions = z.array(z.string()).min(1).optional();
