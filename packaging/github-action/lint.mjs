// The lint step of action.yml. Runs `sallyport lint` once, and writes from its SARIF report what a person sees: annotations
// in the pull request, the summary of the job, and the outputs of the step.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** GitHub shows ten annotations of each kind for a step; the summary may have one MiB. */
const mostAnnotations = 50;
const mostRows = 200;

const { env } = process;
const input = (name) => (env[`INPUT_${name}`] ?? '').trim();
const folder = path.join(env['RUNNER_TEMP'], 'sallyport');
const sarifFile = path.join(folder, 'sallyport.sarif');

/** Of a workflow command. Without the escapes a text of a file could add a command. */
const data = (text) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

function usage(message) {
  console.log(`::error::${data(message)}`);
  process.exit(2);
}

function lintArguments() {
  const paths = input('PATHS')
    .split(/\r?\n/)
    .map((line) => line.trim());
  const named = paths.filter((line) => line !== '');
  if (named.length === 0) usage('the input paths names no file and no folder');
  // A path that starts with a dash is no option.
  const files = named.map((name) => (name.startsWith('-') ? `./${name}` : name));
  return [
    'lint',
    '--output=sarif',
    ...(input('COMPLETE') === 'true' ? ['--complete'] : []),
    ...(input('NAMESPACE') === '' ? [] : [`--namespace=${input('NAMESPACE')}`]),
    ...(input('CONFIG') === '' ? [] : [`--config=${input('CONFIG')}`]),
    ...files,
  ];
}

/** The exit code of `sallyport lint`, whose report is in `sarifFile`. */
function lint(args) {
  const cli = path.join(folder, 'node_modules/sallyport/dist/cli.mjs');
  const report = openSync(sarifFile, 'w');
  // The messages of the program are no workflow commands, whatever names they quote.
  const token = randomUUID();
  console.log(`::stop-commands::${token}`);
  const { status, error } = spawnSync(process.execPath, [cli, ...args], {
    stdio: ['ignore', report, 'inherit'],
    env: { ...env, NO_COLOR: '1' },
  });
  console.log(`::${token}::`);
  closeSync(report);
  if (error) usage(`sallyport did not start: ${error.message}`);
  return status ?? 2;
}

/** The path that a URI reference of a report names. */
function decoded(uri) {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}

function findingsIn(text) {
  if (text.trim() === '') return undefined;
  return JSON.parse(text).runs[0].results.map(({ ruleId, level, message, locations }) => {
    const { artifactLocation, region } = locations?.[0]?.physicalLocation ?? {};
    return {
      code: ruleId,
      level,
      text: message.text,
      file: artifactLocation ? decoded(artifactLocation.uri) : undefined,
      line: region?.startLine ?? 1,
      column: region?.startColumn ?? 1,
    };
  });
}

const commands = { error: 'error', warning: 'warning', note: 'notice' };

function annotate(findings) {
  for (const { code, level, text, file, line, column } of findings.slice(0, mostAnnotations)) {
    const place = file === undefined ? '' : `file=${property(file)},line=${line},col=${column},`;
    console.log(`::${commands[level] ?? 'notice'} ${place}title=${property(code)}::${data(text)}`);
  }
  if (findings.length > mostAnnotations)
    console.log(`${findings.length - mostAnnotations} more findings are in the summary of the job.`);
}

/** As text of a cell of a Markdown table. */
const cell = (text) =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c])
    .replaceAll(/[\\`*_[\]|@#!~]/g, String.raw`\$&`);

function summary(findings, count) {
  const rows = findings
    .slice(0, mostRows)
    .map(
      ({ code, level, text, file, line }) =>
        `| ${level} | ${code} | ${cell(file ?? '')}:${line} | ${cell(text)} |`,
    );
  const more =
    findings.length > mostRows
      ? [`\n${findings.length - mostRows} more findings are in the SARIF report.`]
      : [];
  const table =
    rows.length > 0
      ? ['| Severity | Code | Where | Finding |', '| --- | --- | --- | --- |', ...rows, ...more]
      : [];
  return [
    '### Sallyport',
    '',
    `${count('error')} errors, ${count('warning')} warnings, ${count('note')} notes.`,
    '',
    ...table,
    '',
  ].join('\n');
}

const failOn = input('FAIL_ON');
if (!['error', 'warning', 'never'].includes(failOn))
  usage(`the input fail-on is "${failOn}"; it must be error, warning or never`);

const exitCode = lint(lintArguments());
const findings = findingsIn(readFileSync(sarifFile, 'utf8'));
if (!findings) usage(`sallyport lint ended with ${exitCode} and wrote no report; its message is above`);

const count = (level) => findings.filter((one) => one.level === level).length;
if (input('ANNOTATIONS') === 'true') annotate(findings);
else
  for (const { code, level, text, file, line, column } of findings)
    console.log(data(`${file}:${line}:${column}: ${level} ${code} ${text}`));
console.log(`${count('error')} errors, ${count('warning')} warnings, ${count('note')} notes.`);
if (env['GITHUB_STEP_SUMMARY']) appendFileSync(env['GITHUB_STEP_SUMMARY'], summary(findings, count));
const outputs = { 'sarif-file': sarifFile, errors: count('error'), warnings: count('warning') };
if (env['GITHUB_OUTPUT'])
  appendFileSync(
    env['GITHUB_OUTPUT'],
    Object.entries(outputs)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );

const failing = { error: count('error'), warning: count('error') + count('warning'), never: 0 }[failOn];
// 2: a file or an option could not be read, so the report is not of everything.
process.exit(exitCode > 1 ? exitCode : failing > 0 ? 1 : 0);
