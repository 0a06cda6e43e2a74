import type { RuleMetadata } from './metadata.ts';
import type { Rule } from './rule.ts';
import { addressForGateway } from './address-for-gateway.ts';
import { authorizationScheme } from './authorization-scheme.ts';
import { caBundle } from './ca-bundle.ts';
import { caNotAllowed } from './ca-not-allowed.ts';
import { clientCertificate } from './client-certificate.ts';
import { configMapHeader } from './config-map-header.ts';
import { credentialConflict } from './credential-conflict.ts';
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
import { requesterWithoutAccess } from './requester-without-access.ts';
import { secretImmutable } from './secret-immutable.ts';
import { secretMissing } from './secret-missing.ts';
import { secretUnchecked } from './secret-unchecked.ts';
import { secretWithoutLabel } from './secret-without-label.ts';
import { urlCredential } from './url-credential.ts';
import { urlForbidden } from './url-forbidden.ts';
import { urlInvalid } from './url-invalid.ts';
import { tokenForApiServer } from './token-for-api-server.ts';
import { tokenInvalid } from './token-invalid.ts';
import { tokenNotAllowed } from './token-not-allowed.ts';
import { valueUnusable } from './value-unusable.ts';
import { variableCollision } from './variable-collision.ts';
import { verificationOff } from './verification-off.ts';
import { credentialInText } from './objects/credential-in-text.ts';
import { overLimit } from './objects/over-limit.ts';
import { settingWithoutEffect } from './objects/setting-without-effect.ts';
import { unreadableFile } from './objects/unreadable-file.ts';
import { unknownField } from './objects/unknown-field.ts';
import { unknownKind } from './objects/unknown-kind.ts';
import { unknownName } from './objects/unknown-name.ts';
import { unusableNameValue } from './objects/unusable-name-value.ts';
import { wrongType } from './objects/wrong-type.ts';
import { aroundGateway } from './pods/around-gateway.ts';
import { containerAltered } from './pods/container-altered.ts';
import { keptCopy } from './pods/kept-copy.ts';
import { labelWithoutEffect } from './pods/label-without-effect.ts';
import { leftAlone } from './pods/left-alone.ts';
import { namespaceShared } from './pods/namespace-shared.ts';
import { outdated } from './pods/outdated.ts';
import { plainEgress } from './pods/plain-egress.ts';
import { portClash } from './pods/port-clash.ts';
import { proxyVariables } from './pods/proxy-variables.ts';
import { secretShared } from './pods/secret-shared.ts';
import { serverUnknown } from './pods/server-unknown.ts';
import { volumeShared } from './pods/volume-shared.ts';

/** In the order in which they judge a server. */
const rulesForServers = [
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
  authorizationScheme,
  objectMissing,
  requesterWithoutAccess,
  secretImmutable,
  originNotAllowed,
  originUnlimited,
  caNotAllowed,
  secretWithoutLabel,
  tokenInvalid,
  tokenForApiServer,
  tokenNotAllowed,
  headerNameInvalid,
  headerTwice,
  headerReserved,
  variableCollision,
  credentialConflict,
  clientCertificate,
  verificationOff,
  plainHttp,
  urlInvalid,
  urlForbidden,
  caBundle,
  addressForGateway,
] as const;

/** Codes whose findings are made elsewhere: about the object as a whole, and about pods. */
const metadataAlone = [
  wrongType,
  overLimit,
  unreadableFile,
  unknownName,
  unusableNameValue,
  unknownKind,
  unknownField,
  credentialInText,
  settingWithoutEffect,
  containerAltered,
  volumeShared,
  namespaceShared,
  serverUnknown,
  portClash,
  labelWithoutEffect,
  aroundGateway,
  secretShared,
  proxyVariables,
  outdated,
  leftAlone,
  plainEgress,
  keptCopy,
] as const;

export type Code = (typeof rulesForServers | typeof metadataAlone)[number]['code'];

export type KnownRule = Rule<Code>;

export const rules: readonly KnownRule[] = rulesForServers;

/** Every code once, in the order of the codes. Two rules may share one. */
export const metadata: readonly RuleMetadata<Code>[] = [
  ...new Map([...rulesForServers, ...metadataAlone].map((one) => [one.code, one])).values(),
].toSorted((a, b) => (a.code < b.code ? -1 : 1));
