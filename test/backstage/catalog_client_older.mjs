// The client that frontends of Backstage 1.38 carry: it knows no predicates and pages by GET alone, whoever made the
// cursor. What it does as its successor does is not repeated here, but each of its methods is called.
import { methods, names, pages, watched } from './client.mjs';
import { Report, assert, rejects } from './report.mjs';
import { refs } from './software.mjs';

const name = 'catalog-client-1.9';
const services = { kind: 'component', 'spec.system': 'shop' };
const byName = { field: 'metadata.name', order: 'asc' };
const all = refs.map(ref => ref.split('/')[1]);

export async function olderCatalogClient(world) {
  const { version } = world.require(`${name}/package.json`);
  const report = new Report(`catalog-client ${version}`);
  const watch = watched(world, name);
  await paging(world, report, watch);
  await reading(report, watch);
  await writing(world, report, watch);
  for (const method of methods(world, name)) {
    await report.check(method, 'is called by these checks', () => assert.ok(watch.called.has(method)));
  }
  return report.close();
}

async function paging(world, report, { client, sent }) {
  const on = (what, run) => report.check('queryEntities', what, run);
  await on('pages by GET alone, forth and back', async () => {
    const walk = await pages(client, { filter: services, orderFields: byName }, 10);
    assert.deepEqual(walk.map(page => [names(page.items), page.totalItems]), [[all.slice(0, 10), 25], [all.slice(10, 20), 25], [all.slice(20), 25]]);
    const back = await client.queryEntities({ cursor: walk[2].pageInfo.prevCursor, limit: 10 });
    assert.deepEqual(names(back.items), all.slice(10, 20));
    assert.deepEqual([...new Set(sent())], ['GET /entities/by-query']);
  });
  await on('goes on with what a predicate began', async () => {
    const newer = watched(world, '@backstage/catalog-client');
    const { pageInfo } = await newer.client.queryEntities({ query: { ...services, 'metadata.tags': 'even' }, orderFields: byName, limit: 2 });
    assert.deepEqual(newer.sent(), ['POST /entities/by-query']);
    const { items } = await client.queryEntities({ cursor: pageInfo.nextCursor, limit: 2 });
    assert.deepEqual(names(items), ['service-06', 'service-08']);
  });
  await on('skips, and searches text', async () => {
    const { items } = await client.queryEntities({ filter: services, orderFields: byName, offset: 3, limit: 2, fullTextFilter: { term: 'number 2', fields: ['metadata.title'] } });
    assert.deepEqual(names(items), ['service-22', 'service-23']);
  });
  await on('refuses a malformed cursor', () => rejects(() => client.queryEntities({ cursor: 'x' }), 400, 'InputError', 'Malformed cursor'));
}

async function reading(report, { client }) {
  await report.check('getEntities', 'orders and limits', async () =>
    assert.deepEqual(names((await client.getEntities({ filter: services, order: byName, limit: 2, offset: 1 })).items), ['service-02', 'service-03']));
  await report.check('getEntitiesByRefs', 'keeps gaps', async () => {
    const { items } = await client.getEntitiesByRefs({ entityRefs: [refs[1], 'component:default/nobody', refs[0]], filter: services, fields: ['metadata.name'] });
    assert.deepEqual(names(items), ['service-02', undefined, 'service-01']);
  });
  await report.check('getEntityByRef', 'gives one or undefined', async () => {
    assert.equal((await client.getEntityByRef(refs[0])).metadata.name, 'service-01');
    assert.equal(await client.getEntityByRef('api:default/none'), undefined);
  });
  await report.check('getEntityByName', 'gives one', async () => assert.equal((await client.getEntityByName({ kind: 'API', name: 'orders-api' })).kind, 'API'));
  await report.check('getEntityAncestors', 'begins with the entity', async () => {
    const { rootEntityRef, items } = await client.getEntityAncestors({ entityRef: refs[0] });
    assert.deepEqual([rootEntityRef, items[0].entity.metadata.name], [refs[0], 'service-01']);
  });
  await report.check('getEntityFacets', 'counts', async () =>
    assert.deepEqual(await client.getEntityFacets({ filter: services, facets: ['spec.lifecycle'] }), { facets: { 'spec.lifecycle': [{ value: 'experimental', count: 8 }, { value: 'production', count: 17 }] } }));
}

async function writing(world, report, { client }) {
  const target = world.file('catalog/moved.yaml');
  const made = await report.check('addLocation', 'registers', async () => (await client.addLocation({ type: 'url', target })).location);
  await report.check('addLocation', 'refuses the same again', () =>
    assert.rejects(client.addLocation({ target }), { message: /^{"error":{"name":"ConflictError","message":"Location url:.*already exists/ })); // it shows the answer as it is
  await report.check('getLocationById', 'gives one', async () => assert.deepEqual(await client.getLocationById(made.id), made));
  await report.check('getLocationByRef', 'gives one', async () => assert.deepEqual(await client.getLocationByRef(`url:${target}`), made));
  await report.check('getLocationByEntity', 'gives one', async () => assert.deepEqual(await client.getLocationByEntity('resource:default/moved'), made));
  await report.check('refreshEntity', 'is accepted', () => client.refreshEntity('resource:default/moved'));
  await report.check('removeEntityByUid', 'is accepted', async () => client.removeEntityByUid((await client.getEntityByRef('resource:default/moved')).metadata.uid));
  await report.check('removeLocationById', 'removes', async () => {
    await client.removeLocationById(made.id);
    assert.equal(await client.getLocationById(made.id), undefined);
  });
  await report.check('validateEntity', 'tells right from wrong', async () => {
    const entity = { apiVersion: 'backstage.io/v1alpha1', kind: 'Group', metadata: { name: 'checked' }, spec: { type: 'team', children: [] } };
    assert.deepEqual(await client.validateEntity(entity, `url:${target}`), { valid: true });
    assert.equal((await client.validateEntity({ ...entity, spec: {} }, `url:${target}`)).valid, false);
  });
}
