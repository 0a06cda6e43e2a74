import { defineMetadata } from '../metadata.ts';

/** Only of objects in files: the API server refuses such an object before a webhook is asked. */
export const unknownKind = defineMetadata({
  code: 'MCP006',
  title: 'misspelt kind, group or version',
  mode: 'enforce',
  atPods: 'ignore',
});
