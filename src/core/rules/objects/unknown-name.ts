import { defineMetadata } from '../metadata.ts';

export const unknownName = defineMetadata({
  code: 'MCP004',
  title: 'unknown Sallyport label or annotation',
  mode: 'warn',
  atPods: 'refuse-if-enforced',
});
