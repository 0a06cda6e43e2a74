declare module '*.yaml' {
  const document: unknown;
  export default document;
}

declare module '*.md' {
  const text: string;
  // oxlint-disable-next-line import/no-default-export -- what a build makes of a file has one value and no name
  export default text;
}
