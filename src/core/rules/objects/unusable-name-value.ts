import { defineMetadata } from '../metadata.ts';

export const unusableNameValue = defineMetadata({
  code: 'MCP005',
  title: 'Sallyport label or annotation with a value that has no effect',
  mode: 'warn',
  atPods: 'refuse-if-enforced',
});
