import { clientCertificate } from './client-certificate.ts';
import { headerNameInvalid } from './header-name-invalid.ts';
import { headerReserved } from './header-reserved.ts';
import { headerTwice } from './header-twice.ts';
import { inlineCredential } from './inline-credential.ts';
import { keyMissing } from './key-missing.ts';
import { plainHttp } from './plain-http.ts';
import type { Rule } from './rule.ts';
import { secretMissing } from './secret-missing.ts';
import { secretUnchecked } from './secret-unchecked.ts';
import { urlCredential } from './url-credential.ts';
import { urlForbidden } from './url-forbidden.ts';
import { urlInvalid } from './url-invalid.ts';
import { valueUnusable } from './value-unusable.ts';
import { verificationOff } from './verification-off.ts';

export const rules: readonly Rule[] = [
  inlineCredential,
  urlCredential,
  secretMissing,
  keyMissing,
  secretUnchecked,
  valueUnusable,
  headerNameInvalid,
  headerTwice,
  headerReserved,
  clientCertificate,
  verificationOff,
  plainHttp,
  urlInvalid,
  urlForbidden,
];
