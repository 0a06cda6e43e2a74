import { caBundle } from './ca-bundle.ts';
import { caNotAllowed } from './ca-not-allowed.ts';
import { clientCertificate } from './client-certificate.ts';
import { configMapHeader } from './config-map-header.ts';
import { headerNameInvalid } from './header-name-invalid.ts';
import { headerReserved } from './header-reserved.ts';
import { headerTwice } from './header-twice.ts';
import { inlineCredential } from './inline-credential.ts';
import { keyMissing } from './key-missing.ts';
import { literalUnusable } from './literal-unusable.ts';
import { objectMissing } from './object-missing.ts';
import { opaqueValue } from './opaque-value.ts';
import { originNotAllowed } from './origin-not-allowed.ts';
import { originUnlimited } from './origin-unlimited.ts';
import { plainCredential } from './plain-credential.ts';
import { plainHttp } from './plain-http.ts';
import type { Rule } from './rule.ts';
import { requesterWithoutAccess } from './requester-without-access.ts';
import { secretImmutable } from './secret-immutable.ts';
import { secretMissing } from './secret-missing.ts';
import { secretUnchecked } from './secret-unchecked.ts';
import { urlCredential } from './url-credential.ts';
import { urlForbidden } from './url-forbidden.ts';
import { urlInvalid } from './url-invalid.ts';
import { valueUnusable } from './value-unusable.ts';
import { variableCollision } from './variable-collision.ts';
import { verificationOff } from './verification-off.ts';

export const rules: readonly Rule[] = [
  inlineCredential,
  urlCredential,
  plainCredential,
  configMapHeader,
  opaqueValue,
  secretMissing,
  keyMissing,
  secretUnchecked,
  valueUnusable,
  literalUnusable,
  objectMissing,
  requesterWithoutAccess,
  secretImmutable,
  originNotAllowed,
  originUnlimited,
  caNotAllowed,
  headerNameInvalid,
  headerTwice,
  headerReserved,
  variableCollision,
  clientCertificate,
  verificationOff,
  plainHttp,
  urlInvalid,
  urlForbidden,
  caBundle,
];
