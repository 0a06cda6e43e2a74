import jsonPatch, { type Operation } from 'fast-json-patch';
import { toPatch, type Edit } from './edit.ts';
import type { Fields } from '../k8s/objects.ts';

/** The pod as the API server will store it: exactly the patch we send, applied to a copy. */
export const applyEdits = (pod: Fields, edits: readonly Edit[]): Fields => applyPatch(pod, toPatch(edits));

/** Applies a JSON Patch of our own making to a copy. The only importer of `fast-json-patch`. */
export function applyPatch(pod: Fields, operations: unknown): Fields {
  const copy = structuredClone(pod) as Record<string, unknown>;
  return jsonPatch.applyPatch(copy, structuredClone(operations) as Operation[]).newDocument;
}
