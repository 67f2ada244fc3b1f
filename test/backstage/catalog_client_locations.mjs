// The methods about locations. They leave catalog/root.yaml registered.
import { kindAndName } from './client.mjs';
import { assert, rejects } from './report.mjs';
import { software } from './software.mjs';

const targets = ({ items }) => items.map(location => location.target).sort();
const nowhere = '00000000-0000-0000-0000-000000000000';

export async function locations(world, report, watch) {
  const target = world.file('catalog/root.yaml');
  const configured = await report.check('getLocations', 'begins with what the portal was started with', async () => {
    const { items } = await watch.client.getLocations();
    assert.deepEqual(targets({ items }), [world.file('catalog/configured.yaml')]);
    assert.equal((await watch.client.getEntityByRef('resource:default/configured')).metadata.name, 'configured');
    return items;
  });
  await dryRuns(world, report, watch, target, configured);
  const { location } = await add(world, report, watch, target);
  await lookUp(world, report, watch, location);
  await query(world, report, watch, [...configured, location]);
  await update(world, report, watch, location);
  await analyze(world, report, watch);
}

async function dryRuns(world, report, { client }, target, configured) {
  const on = (what, run) => report.check('addLocation', `dry run: ${what}`, run);
  await on('shows what would be registered', async () => {
    const { exists, location, entities } = await client.addLocation({ target, dryRun: true });
    assert.deepEqual([exists, location.type, location.target], [false, 'url', target]);
    assert.ok(kindAndName(entities).includes('component:service-25'), `only ${kindAndName(entities)}`);
    assert.equal(await client.getEntityByRef('component:default/service-25'), undefined);
    assert.deepEqual((await client.getLocations()).items, configured);
  });
  for (const file of ['catalog/broken.yaml', 'catalog/missing.yaml']) {
    await on(`refuses ${file}`, () => rejects(() => client.addLocation({ target: world.file(file), dryRun: true }), 400, 'InputError'));
  }
}

async function add(world, report, { client }, target) {
  const on = (what, run) => report.check('addLocation', what, run);
  const made = await on('registers, readable at once', async () => {
    const result = await client.addLocation({ target });
    assert.deepEqual([result.location.type, result.location.target], ['url', target]);
    assert.match(result.location.id, /^[0-9a-f-]{36}$/);
    const { totalItems } = await client.queryEntities({ filter: { kind: 'component', 'spec.system': 'shop' }, limit: 0 });
    assert.equal(totalItems, software.services);
    return result;
  });
  await on('refuses the same again', () => rejects(() => client.addLocation({ target }), 409, 'ConflictError', `Location url:${target} already exists`));
  await on('refuses it again when told to', () => rejects(() => client.addLocation({ target, onConflict: 'reject' }), 409, 'ConflictError'));
  await on('refreshes it instead when told to', async () => {
    const { location } = await client.addLocation({ target, onConflict: 'refresh' });
    assert.equal(location.id, made.location.id);
  });
  await on('says in a dry run that it exists', async () => assert.equal((await client.addLocation({ target, dryRun: true })).exists, true));
  await on('refuses other types', () => rejects(() => client.addLocation({ type: 'file', target: '/etc/passwd' }), 400, 'InputError'));
  return made;
}

async function lookUp(world, report, { client }, location) {
  await report.check('getLocations', 'gives all', async () => assert.deepEqual(targets(await client.getLocations()), [world.file('catalog/configured.yaml'), location.target]));
  await report.check('getLocationById', 'gives one', async () => assert.deepEqual(await client.getLocationById(location.id), location));
  await report.check('getLocationById', 'gives undefined for none', async () => assert.equal(await client.getLocationById(nowhere), undefined));
  await report.check('getLocationByRef', 'gives one', async () => assert.deepEqual(await client.getLocationByRef(`url:${location.target}`), location));
  await report.check('getLocationByRef', 'gives undefined for none', async () => assert.equal(await client.getLocationByRef('url:http://none.example.com/x.yaml'), undefined));
  await report.check('getLocationByEntity', 'gives the one an entity came from', async () => {
    assert.deepEqual(await client.getLocationByEntity('component:default/service-01'), location);
    assert.deepEqual(await client.getLocationByEntity({ kind: 'User', namespace: 'development', name: 'guest' }), location);
  });
  await report.check('getLocationByEntity', 'gives undefined for an unknown entity', async () => assert.equal(await client.getLocationByEntity('component:default/nobody'), undefined));
}

async function query(world, report, { client }, before) {
  const { location: other } = await client.addLocation({ target: world.file('catalog/spare.yaml') });
  const sorted = [...before, other].sort((a, b) => (a.id < b.id ? -1 : 1));
  await report.check('queryLocations', 'gives all in order of their ids', async () =>
    assert.deepEqual(await client.queryLocations(), { items: sorted, totalItems: 3, pageInfo: {} }));
  await report.check('queryLocations', 'filters', async () => {
    const { items, totalItems } = await client.queryLocations({ query: { target: { $hasPrefix: world.file('catalog/sp') } } });
    assert.deepEqual([items, totalItems], [[other], 1]);
  });
  await report.check('queryLocations', 'pages', async () => {
    const first = await client.queryLocations({ limit: 2 });
    assert.deepEqual([first.items, first.totalItems], [sorted.slice(0, 2), 3]);
    const second = await client.queryLocations({ cursor: first.pageInfo.nextCursor });
    assert.deepEqual(second, { items: sorted.slice(2), totalItems: 3, pageInfo: {} });
  });
  await report.check('queryLocations', 'refuses an unknown key', () => rejects(() => client.queryLocations({ query: { owner: 'me' } }), 400, 'InputError'));
  for (const [what, request, wanted] of [['all', {}, [sorted]], ['pages', { limit: 1 }, sorted.map(l => [l])], ['matches', { query: { id: other.id } }, [[other]]], ['nothing', { query: { id: nowhere } }, []]]) {
    await report.check('streamLocations', `gives ${what}`, async () => {
      const found = [];
      for await (const page of client.streamLocations(request)) found.push(page);
      assert.deepEqual(found, wanted);
    });
  }
}

async function update(world, report, { client }, registered) {
  const spare = await client.getLocationByRef(`url:${world.file('catalog/spare.yaml')}`);
  const on = (what, run) => report.check('updateLocation', what, run);
  await on('leads it elsewhere, under the same id', async () => {
    const target = world.file('catalog/moved.yaml');
    assert.deepEqual(await client.updateLocation(spare.id, { target }), { ...spare, target });
    assert.equal((await client.getEntityByRef('resource:default/moved')).metadata.name, 'moved');
  });
  await on('back again', async () => assert.deepEqual(await client.updateLocation(spare.id, { type: 'url', target: spare.target }), spare));
  await on('refuses a target that is registered', () => rejects(() => client.updateLocation(spare.id, { target: registered.target }), 409, 'ConflictError'));
  await on('refuses an unknown id', () => rejects(() => client.updateLocation(nowhere, { target: world.file('catalog/other.yaml') }), 404, 'NotFoundError', `Found no location with ID ${nowhere}`));
  await report.check('removeLocationById', 'removes what came from it', async () => {
    await client.removeLocationById(spare.id);
    assert.equal(await client.getLocationById(spare.id), undefined);
    assert.equal(await client.getEntityByRef('resource:default/spare'), undefined);
  });
  await report.check('removeLocationById', 'refuses an unknown id', () => rejects(() => client.removeLocationById(spare.id), 404, 'NotFoundError', `Found no location with ID ${spare.id}`));
}

async function analyze(world, report, { client }) {
  const on = (what, run) => report.check('analyzeLocation', what, run);
  const web = `${world.gitlab.url}/analyzed`;
  await on('suggests an entity for a repository without one', async () => {
    const { existingEntityFiles, generateEntities } = await client.analyzeLocation({ location: { type: 'url', target: `${web}/bare` }, catalogFilename: 'described.yaml' });
    assert.deepEqual(existingEntityFiles, []);
    assert.equal(generateEntities.length, 1);
    const [{ entity, fields }] = generateEntities;
    assert.deepEqual([entity.apiVersion, entity.kind, entity.metadata.name, Array.isArray(fields)], ['backstage.io/v1alpha1', 'Component', 'bare', true]);
  });
  await on('finds the files that are there', async () => {
    const { existingEntityFiles, generateEntities } = await client.analyzeLocation({ location: { type: 'url', target: `${web}/described` }, catalogFilename: 'described.yaml' });
    assert.deepEqual(generateEntities, []);
    const [{ location, isRegistered, entity }] = existingEntityFiles;
    assert.deepEqual([existingEntityFiles.length, isRegistered, entity.metadata.name, location.type], [1, false, 'described', 'url']);
    assert.match(location.target, /\/analyzed\/described\/-\/blob\/main\/services\/a\/described\.yaml$/);
  });
  await on('finds a well-known file that is hidden', async () => {
    const location = { type: 'url', target: `${world.gitlab.url}/discovered/hidden` };
    const { existingEntityFiles } = await client.analyzeLocation({ location, catalogFilename: 'catalog-info.yaml' });
    assert.deepEqual(existingEntityFiles.map(file => [file.entity.metadata.name, file.isRegistered]), [['discovered-hidden-hidden', true]]);
  });
  await on('refuses what is no URL', () => rejects(() => client.analyzeLocation({ location: { type: 'url', target: 'nowhere' } }), 400, 'InputError', 'The given location.target is not a URL'));
}
