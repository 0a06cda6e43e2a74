import { isAmbiguousName, isListedHarmless, isSensitiveName, type CredentialNames } from './names.ts';
import { isPlaceholder, saysSomethingElse, withDefaults } from './placeholders.ts';
import { hasCredentialShape, hasIssuersShape } from './shapes.ts';
import { credentialsInUrls } from './urls.ts';
import { isOpaque } from './values.ts';

/** What said that something is a credential: the name it is under, or the shape of the value. */
export type CredentialReason = 'name' | 'shape';

/** Whether a value under a name is a credential, and by what. The value itself never leaves this folder. */
export function credentialReason(
  name: string,
  value: string,
  extra: CredentialNames,
): CredentialReason | undefined {
  if (value.trim() === '' || isListedHarmless(name, extra)) return undefined;
  // The shape comes first, because a placeholder may hold a default: `${TOKEN:-...}`.
  const shape = hasCredentialShape(value) || credentialsInUrls(value, extra).length > 0;
  if (shape && isSensitiveName(name, extra)) return 'name';
  const byName = nameReason(name, value, extra);
  if (byName !== undefined) return byName;
  return shape || (hasIssuersShape(name, value) && !saysSomethingElse(value)) ? 'shape' : undefined;
}

/** The same without the shape of the value. */
export function nameReason(name: string, value: string, extra: CredentialNames): 'name' | undefined {
  if (!isSensitiveName(name, extra) || value.trim() === '') return undefined;
  return isPlaceholder(value) || saysSomethingElse(value) ? undefined : 'name';
}

/** Whether a value that is no known credential looks random, under a name that may be a credential's. */
export function isOpaqueUnder(name: string, value: string, extra: CredentialNames): boolean {
  return isAmbiguousName(name, extra) && isOpaque(withDefaults(value).trim().replace(scheme, ''));
}

const scheme = /^(?:bearer|basic|token|apikey|key)[\s:]{1,8}/i;
