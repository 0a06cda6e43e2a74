import { defineMetadata } from '../metadata.ts';

export const proxyVariables = defineMetadata({
  code: 'MCP509',
  title: "the app's proxy variables may bypass sallyport-proxy",
  mode: 'warn',
});
