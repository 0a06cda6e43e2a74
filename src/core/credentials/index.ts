/**
 * Does something written in plain text look like a credential? Judged by the name it is under and by the shape of the
 * value; the value itself never leaves this folder. All of it is linear in the length of what it judges.
 */
export { argumentCredentials, plainCredential } from './arguments.ts';
export { credentialReason, isOpaqueUnder } from './judgement.ts';
export {
  aboutWords,
  exactNames,
  flagWords,
  isSensitiveName,
  keyCompany,
  sensitiveParameters,
  sensitiveWords,
  type CredentialNames,
} from './names.ts';
export { harmlessValue, placeholder, variable, withDefaults } from './placeholders.ts';
export { commonShapes, hasCredentialShape, shortestShape } from './shapes.ts';
export {
  certainParameters,
  credentialParameters,
  credentialsInUrl,
  hasCredentialInProse,
  opaqueParts,
  spokenParameter,
} from './urls.ts';
