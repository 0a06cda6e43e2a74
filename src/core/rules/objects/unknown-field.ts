import { defineMetadata } from '../metadata.ts';

/** Only of objects in files: the API server has dropped or rejected such a field before a webhook is asked. */
export const unknownField = defineMetadata({
  code: 'MCP007',
  title: "field that the kind's schema does not have",
  mode: 'enforce',
  atPods: 'ignore',
});
