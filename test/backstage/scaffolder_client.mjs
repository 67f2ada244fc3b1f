// Every public method of the ScaffolderClient that frontends carry, with what its callers rely on; logs both as a stream and by asking for them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Report, assert, rejects } from './report.mjs';

const name = '@backstage/plugin-scaffolder-common';
const guest = 'user:development/guest';

export async function scaffolderClient(world) {
  const { version } = world.require(`${name}/package.json`);
  const report = new Report(`scaffolder-client ${version}`);
  const called = new Set();
  const make = options => watched(world, called, options);
  await register(world);
  const client = make({});
  await templates(report, client);
  for (const [how, follower] of [['a stream', make({})], ['asking', make({ useLongPollingLogs: true })]]) {
    await runs(report, client, follower, how);
    await stops(report, client, follower, how);
  }
  await lists(report, client);
  await dryRuns(report, client);
  await suggestions(report, client);
  for (const method of methods(world)) {
    await report.check(method, 'is called by these checks', () => assert.ok(called.has(method)));
  }
  return report.close();
}

// methods reads the public methods from the types that the package ships.
function methods(world) {
  const types = readFileSync(join(world.packages, name, 'dist/index.d.ts'), 'utf8');
  const body = types.match(/^declare class ScaffolderClient [^]*?^}/m)[0];
  return [...body.matchAll(/^ {4}(?!private|constructor)(\w+)\(/gm)].map(found => found[1]);
}

// watched makes a client that notes which of its methods are called. The library that reads streams expects a browser's globals.
function watched({ portal, require }, called, options) {
  globalThis.window ??= globalThis;
  globalThis.document ??= new EventTarget();
  const { ScaffolderClient } = require(name);
  const { ScmIntegrations } = require('@backstage/integration');
  const { ConfigReader } = require('@backstage/config');
  const client = new ScaffolderClient({
    discoveryApi: { getBaseUrl: async plugin => `${portal}/api/${plugin}` },
    fetchApi: { fetch },
    identityApi: { getBackstageIdentity: async () => ({ type: 'user', userEntityRef: guest, ownershipEntityRefs: [guest] }) },
    scmIntegrationsApi: ScmIntegrations.fromConfig(new ConfigReader({ integrations: { gitlab: [{ host: 'gitlab.example.com', apiBaseUrl: 'https://gitlab.example.com/api/v4' }] } })),
    ...options,
  });
  return new Proxy(client, {
    get(target, key) {
      const value = target[key];
      if (typeof value !== 'function') return value;
      called.add(key);
      return value.bind(target);
    },
  });
}

async function register({ portal, file }) {
  const body = JSON.stringify({ type: 'url', target: file('catalog/templates.yaml') });
  const answer = await fetch(`${portal}/api/catalog/locations`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  assert.equal(answer.status, 201, await answer.text());
}

// events follows a task to its completion, or until enough says so.
function events(client, request, enough = () => false) {
  return new Promise((resolve, reject) => {
    const all = [];
    const subscription = client.streamLogs(request).subscribe({
      next: event => {
        all.push(event);
        if (enough(event)) {
          subscription.unsubscribe();
          resolve(all);
        }
      },
      error: reject,
      complete: () => resolve(all),
    });
  });
}

const changes = list => list.filter(e => e.body.status).map(e => `${e.body.stepId} ${e.body.status}`);

async function templates(report, client) {
  await report.check('getTemplateParameterSchema', 'gives the pages of a form', async () => {
    const form = await client.getTemplateParameterSchema('say');
    assert.equal(form.title, 'Say something');
    assert.deepEqual(form.steps.map(step => step.title), ['What to say', 'Please enter the following information']);
    assert.deepEqual(form.steps[0].schema.required, ['words']);
  });
  await report.check('getTemplateParameterSchema', 'refuses an unknown template', () =>
    rejects(() => client.getTemplateParameterSchema('template:default/nobody'), 404, 'NotFoundError', 'Template template:default/nobody not found'));
  await report.check('listActions', 'gives schemas and examples', async () => {
    const found = (await client.listActions()).find(action => action.id === 'fetch:template');
    assert.equal(found.schema.input.type, 'object');
    assert.ok(found.examples.every(e => e.description && e.example.includes('fetch:template')) && found.examples.length > 0);
  });
  await report.check('listTemplatingExtensions', 'gives the filters', async () => {
    const { filters, globals } = await client.listTemplatingExtensions();
    assert.deepEqual(Object.keys(filters).sort(), ['parseEntityRef', 'parseRepoUrl', 'pick', 'projectSlug']);
    assert.deepEqual(globals, { functions: {}, values: {} });
  });
  await report.check('getIntegrationsList', 'gives the hosts that are allowed', async () => {
    const { integrations } = await client.getIntegrationsList({ allowedHosts: ['gitlab.example.com'] });
    assert.deepEqual(integrations, [{ type: 'gitlab', title: 'gitlab.example.com', host: 'gitlab.example.com' }]);
  });
}

async function runs(report, client, follower, how) {
  const on = (method, what, run) => report.check(method, `${what}, by ${how}`, run);
  const { taskId } = (await on('scaffold', 'starts a task', () =>
    client.scaffold({ templateRef: 'template:default/say', values: { words: 'hello' }, secrets: { token: 'hush-hush' } }))) ?? {};
  await on('streamLogs', 'follows to the completion', async () => {
    const all = await events(follower, { taskId });
    const last = all.at(-1);
    assert.deepEqual(changes(all), ['say processing', 'say completed', 'never processing', 'never skipped']);
    assert.deepEqual([last.type, last.body.message, last.body.output], ['completion', 'Run completed with status: completed', { text: [{ title: 'Said', content: 'hello' }] }]);
    assert.ok(all.some(e => e.body.message === 'hello'));
    assert.ok(all.every((e, i) => e.taskId === taskId && e.isTaskRecoverable === false && (i === 0 || e.id > all[i - 1].id) && !Number.isNaN(Date.parse(e.createdAt))));
    assert.ok(!JSON.stringify(all).includes('hush-hush'));
    const rest = await events(follower, { taskId, after: all.at(-3).id });
    assert.deepEqual(rest, all.slice(-2));
  });
  await on('getTask', 'gives the task', async () => {
    const { status, spec, createdBy, createdAt, lastHeartbeatAt } = await client.getTask(taskId);
    assert.deepEqual([status, createdBy, spec.parameters.words, spec.templateInfo.entityRef], ['completed', guest, 'hello', 'template:default/say']);
    assert.deepEqual(spec.steps.map(step => [step.id, step.name, step.action]), [['say', 'Say it', 'debug:log'], ['never', 'debug:log', 'debug:log']]);
    assert.ok(spec.user.ref === guest && spec.templateInfo.baseUrl.startsWith('http') && createdAt <= lastHeartbeatAt);
  });
  await on('scaffold', 'tells what is wrong with a form', async () => {
    const refused = await client.scaffold({ templateRef: 'say', values: {} }).then(() => assert.fail('it was taken'), error => error.message);
    assert.match(refused, /^Backend request failed, 400 .*"message":"requires property \\"words\\""/);
  });
  await on('scaffold', 'refuses an unknown template', () =>
    assert.rejects(client.scaffold({ templateRef: 'nobody', values: {} }), /404 .*Template template:default\/nobody not found/));
}

async function stops(report, client, follower, how) {
  const on = (method, what, run) => report.check(method, `${what}, by ${how}`, run);
  const { taskId } = await client.scaffold({ templateRef: 'wait', values: {} });
  await on('streamLogs', 'gives events while the task runs', async () => {
    const all = await events(follower, { taskId }, e => e.body.status === 'processing');
    assert.deepEqual(changes(all), ['wait processing']);
    assert.equal((await client.getTask(taskId)).status, 'processing');
  });
  await on('cancelTask', 'stops it', async () => {
    const following = events(follower, { taskId });
    assert.deepEqual(await client.cancelTask(taskId), { status: 'cancelled' });
    const all = await following;
    assert.deepEqual([changes(all), all.at(-2).type, all.at(-1).body.message], [['wait processing', 'wait cancelled'], 'cancelled', 'Run completed with status: cancelled']);
    assert.equal((await client.getTask(taskId)).status, 'cancelled');
  });
  await on('cancelTask', 'leaves what has ended', async () => {
    assert.deepEqual(await client.cancelTask(taskId), { status: 'cancelled' });
    await rejects(() => client.cancelTask('nothing'), 404, 'NotFoundError');
  });
  await on('retry', 'begins again under the same id', async () => {
    assert.deepEqual(await client.retry(taskId), { id: taskId });
    const all = await events(follower, { taskId }, e => e.type === 'recovered');
    assert.ok(!all.some(e => e.type === 'completion' || e.type === 'cancelled'), 'the end before is over');
    await rejects(() => client.retry(taskId), 409, 'ConflictError', 'cannot be retried');
    await client.cancelTask(taskId);
    await events(follower, { taskId });
  });
}

async function lists(report, client) {
  await report.check('listTasks', 'gives pages, newest first', async () => {
    const all = await client.listTasks({ filterByOwnership: 'all' });
    const own = await client.listTasks({ filterByOwnership: 'owned', limit: 2, offset: 1 });
    assert.deepEqual([all.totalTasks, all.tasks.length, own.totalTasks, own.tasks.length], [4, 4, 4, 2]);
    assert.deepEqual(own.tasks.map(task => task.id), all.tasks.slice(1, 3).map(task => task.id));
    assert.deepEqual(all.tasks.map(task => task.status), ['cancelled', 'completed', 'cancelled', 'completed']);
  });
}

async function dryRuns(report, client) {
  const template = {
    apiVersion: 'scaffolder.backstage.io/v1beta3',
    kind: 'Template',
    metadata: { name: 'draft' },
    spec: {
      type: 'service',
      parameters: { required: ['name'], properties: { name: { type: 'string' } } },
      steps: [{ id: 'fetch', name: 'Fetch', action: 'fetch:template', input: { url: './files', values: { name: '${{ parameters.name }}' } } }],
      output: { name: '${{ parameters.name }}' },
    },
  };
  const directoryContents = [{ path: 'files/${{ values.name }}.txt', base64Content: Buffer.from('I am ${{ values.name }}\n').toString('base64') }];
  await report.check('dryRun', 'gives log, files and output', async () => {
    const result = await client.dryRun({ template, values: { name: 'a' }, secrets: {}, directoryContents });
    const files = result.directoryContents.map(file => [file.path, Buffer.from(file.base64Content, 'base64').toString(), file.executable]);
    assert.deepEqual([files, result.output], [[['a.txt', 'I am a\n', false]], { name: 'a' }]);
    assert.deepEqual(changes(result.log), ['fetch processing', 'fetch completed']);
    assert.deepEqual(result.steps.map(step => step.id), ['fetch']);
  });
  await report.check('dryRun', 'refuses an unknown action', () =>
    rejects(() => client.dryRun({ template: { ...template, spec: { ...template.spec, steps: [{ action: 'nope:nope' }] } }, values: { name: 'a' }, directoryContents }), 404, 'NotFoundError', "'nope:nope' is not registered"));
  await report.check('dryRun', 'refuses what is no template', () =>
    rejects(() => client.dryRun({ template: { kind: 'Template' }, values: {}, directoryContents: [] }), 400, 'InputError', 'Input template is not a template'));
}

async function suggestions(report, client) {
  const ask = (resource, context) => client.autocomplete({ token: 'a person has one', provider: 'gitlab', resource, context });
  await report.check('autocomplete', 'offers groups, repositories and branches', async () => {
    const { results } = await ask('groups', { host: 'gitlab.example.com' });
    const platform = results.find(group => group.title === 'platform');
    assert.match(platform.id, /^\d+$/);
    assert.deepEqual(await ask('repositories', { id: platform.id, host: 'gitlab.example.com' }), { results: [{ title: 'software', id: 'software' }] });
    assert.deepEqual(await ask('branches', { owner: 'platform', repository: 'software' }), { results: [{ id: 'main' }] });
  });
  await report.check('autocomplete', 'refuses other hosts', () =>
    rejects(() => client.autocomplete({ token: 't', provider: 'github', resource: 'repositories', context: {} }), 400, 'InputError', 'Unsupported provider: github'));
}
