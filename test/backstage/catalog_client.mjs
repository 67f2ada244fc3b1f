// Every public method of @backstage/catalog-client, with what its callers rely on.
import { changes } from './catalog_client_changes.mjs';
import { locations } from './catalog_client_locations.mjs';
import { kindAndName, methods, names, pages, watched } from './client.mjs';
import { Report, assert, rejects } from './report.mjs';
import { refs } from './software.mjs';

const name = '@backstage/catalog-client';
const services = { kind: 'component', 'spec.system': 'shop' };
const byName = { field: 'metadata.name', order: 'asc' };
const all = refs.map(ref => ref.split('/')[1]);

export async function catalogClient(world) {
  const { version } = world.require(`${name}/package.json`);
  const report = new Report(`catalog-client ${version}`);
  const watch = watched(world, name);
  await locations(world, report, watch); // which registers what the others look at
  await lists(report, watch);
  await queries(report, watch);
  await cursors(report, watch);
  await streams(report, watch);
  await single(report, watch);
  await batches(report, watch);
  await facets(report, watch);
  await changes(world, report, watch);
  for (const method of methods(world, name)) {
    await report.check(method, 'is called by these checks', () => assert.ok(watch.called.has(method)));
  }
  return report.close();
}

async function lists(report, { client, exists }) {
  const on = (what, run) => report.check('getEntities', what, run);
  await on('gives all of a kind', async () => {
    const { items } = await client.getEntities({ filter: services });
    assert.deepEqual(names(items).sort(), all);
  });
  await on('orders, limits and skips', async () => {
    const { items } = await client.getEntities({ filter: services, order: { field: 'metadata.name', order: 'desc' }, limit: 3, offset: 2 });
    assert.deepEqual(names(items), ['service-23', 'service-22', 'service-21']);
  });
  await on('orders by several fields', async () => {
    const order = [{ field: 'spec.type', order: 'asc' }, { field: 'metadata.name', order: 'desc' }];
    const { items } = await client.getEntities({ filter: services, order, limit: 6 });
    assert.deepEqual(names(items), ['service-25', 'service-20', 'service-15', 'service-10', 'service-05', 'service-24']);
  });
  await on('gives fields, also those with dots in their names', async () => {
    const fields = ['metadata.name', 'metadata.annotations.example.com/Runbook'];
    const { items } = await client.getEntities({ filter: { 'metadata.name': 'service-07' }, fields });
    assert.deepEqual(items, [{ metadata: { name: 'service-07', annotations: { 'example.com/Runbook': 'https://runbooks.example.com/7' } } }]);
  });
  await on('takes values and sets as alternatives, keys of a set together', async () => {
    const filter = [{ kind: ['system', 'domain'] }, { kind: 'api', 'spec.lifecycle': 'production' }, { kind: 'api', 'spec.lifecycle': 'none' }];
    const { items } = await client.getEntities({ filter });
    assert.deepEqual(kindAndName(items).sort(), ['api:orders-api', 'domain:commerce', 'system:shop']);
  });
  await on('asks for a key of any value', async () => {
    const { items } = await client.getEntities({ filter: { kind: 'component', 'spec.providesApis': exists } });
    assert.deepEqual(names(items), ['service-01']);
  });
  await on('refuses a limit of 0', () => rejects(() => client.getEntities({ limit: 0 }), 400, 'InputError'));
  await on('refuses a malformed place to go on after', () =>
    rejects(() => client.getEntities({ after: 'nowhere' }), 400, 'InputError', 'Malformed after cursor'));
}

async function queries(report, { client, sent }) {
  const on = (what, run) => report.check('queryEntities', what, run);
  await on('filters and orders by GET', async () => {
    sent();
    const { items, totalItems } = await client.queryEntities({ filter: services, orderFields: { field: 'metadata.name', order: 'desc' }, limit: 2 });
    assert.deepEqual([names(items), totalItems, sent()], [['service-25', 'service-24'], 25, ['GET /entities/by-query']]);
  });
  await on('filters and orders by POST', async () => {
    const query = { $all: [{ kind: 'component' }, { $not: { 'spec.type': { $in: ['library'] } } }, { 'metadata.name': { $hasPrefix: 'service-0' } }] };
    const { items, totalItems } = await client.queryEntities({ query, orderFields: [byName], limit: 2, offset: 1 });
    assert.deepEqual([names(items), totalItems, sent()], [['service-02', 'service-03'], 8, ['POST /entities/by-query']]);
  });
  await on('joins a predicate with a filter', async () => {
    const { items } = await client.queryEntities({ query: { 'metadata.tags': { $contains: 'even' } }, filter: { kind: 'component', 'spec.type': ['library'] }, orderFields: byName });
    assert.deepEqual(names(items), ['service-10', 'service-20']);
  });
  await on('follows relations', async () => {
    const query = { kind: 'component', relations: { $contains: { type: 'providesApi', targetRef: 'api:default/orders-api' } } };
    assert.deepEqual(names((await client.queryEntities({ query })).items), ['service-01']);
    const filter = { kind: 'api', 'relations.apiProvidedBy': 'component:default/service-01' };
    assert.deepEqual(names((await client.queryEntities({ filter })).items), ['orders-api']);
  });
  for (const by of [{ filter: services }, { query: services }]) {
    const verb = by.filter ? 'GET' : 'POST';
    await on(`searches the text of fields by ${verb}`, async () => {
      const fullTextFilter = { term: ' NUMBER 2', fields: ['metadata.title', 'metadata.name'] };
      const { items, totalItems } = await client.queryEntities({ ...by, orderFields: byName, fullTextFilter });
      assert.deepEqual([names(items), totalItems], [['service-02', 'service-20', 'service-21', 'service-22', 'service-23', 'service-24'], 6]);
    });
    await on(`gives the number alone by ${verb}`, async () => {
      assert.deepEqual(await client.queryEntities({ ...by, limit: 0 }), { items: [], totalItems: 25, pageInfo: {} });
    });
    await on(`leaves the number out by ${verb}`, async () => {
      const { totalItems, pageInfo } = await client.queryEntities({ ...by, limit: 1, totalItems: 'exclude' });
      assert.deepEqual([totalItems, typeof pageInfo.nextCursor], [0, 'string']);
    });
  }
  await on('gives everything to an empty predicate', async () => {
    const [everything, chosen] = [await client.queryEntities({ limit: 0 }), await client.queryEntities({ query: { $all: [{}] }, limit: 0 })];
    assert.equal(chosen.totalItems, everything.totalItems);
    assert.equal((await client.queryEntities({ query: { $any: [] } })).totalItems, 0);
  });
  await on('refuses an unknown operator', () =>
    rejects(() => client.queryEntities({ query: { kind: { $like: 'c' } } }), 400, 'InputError', 'Invalid query'));
}

async function cursors(report, { client, sent }) {
  const on = (what, run) => report.check('queryEntities', what, run);
  const walks = [
    ['a filter', { filter: services, orderFields: byName }],
    ['a predicate', { query: services, orderFields: byName }],
    ['a filter and text', { filter: services, orderFields: byName, fullTextFilter: { term: 'service', fields: ['metadata.name'] } }],
    ['a filter, downwards', { filter: services, orderFields: { field: 'metadata.name', order: 'desc' } }],
  ];
  for (const [what, request] of walks) {
    await on(`pages forth and back with ${what}`, async () => {
      const expected = request.orderFields.order === 'desc' ? [...all].reverse() : all;
      const walk = await pages(client, request, 10);
      assert.deepEqual(walk.map(page => names(page.items)), [expected.slice(0, 10), expected.slice(10, 20), expected.slice(20)]);
      assert.deepEqual(walk.map(page => page.totalItems), [25, 25, 25]);
      assert.deepEqual(walk.map(page => 'prevCursor' in page.pageInfo), [false, true, true]);
      const back = await client.queryEntities({ cursor: walk[2].pageInfo.prevCursor, limit: 10 });
      assert.deepEqual(names(back.items), expected.slice(10, 20));
      const first = await client.queryEntities({ cursor: back.pageInfo.prevCursor, limit: 10 });
      assert.deepEqual([names(first.items), 'prevCursor' in first.pageInfo], [expected.slice(0, 10), false]);
    });
  }
  await on('goes on by POST once something was asked for', async () => {
    sent();
    await pages(client, { filter: services, orderFields: byName }, 20);
    assert.deepEqual(sent(), ['GET /entities/by-query', 'POST /entities/by-query']);
  });
  await on('goes on by GET when nothing was asked for', async () => {
    const total = (await client.queryEntities({ limit: 0 })).totalItems;
    sent();
    const walk = await pages(client, {}, Math.ceil(total / 2));
    assert.deepEqual(sent(), ['GET /entities/by-query', 'GET /entities/by-query']);
    assert.equal(new Set(walk.flatMap(page => page.items.map(e => e.metadata.uid))).size, total);
  });
  await on('takes fields with a cursor', async () => {
    const first = await client.queryEntities({ filter: services, orderFields: byName, limit: 1, fields: ['metadata.name'] });
    const { items } = await client.queryEntities({ cursor: first.pageInfo.nextCursor, limit: 1, fields: ['metadata.name', 'kind'] });
    assert.deepEqual(items, [{ kind: 'Component', metadata: { name: 'service-02' } }]);
  });
  await on('refuses a malformed cursor', async () => {
    await rejects(() => client.queryEntities({ cursor: 'bm90IGEgY3Vyc29y' }), 400, 'InputError', 'Malformed cursor');
    const posted = Buffer.from('{"query":7}').toString('base64');
    await rejects(() => client.queryEntities({ cursor: posted }), 400, 'InputError', 'Malformed cursor');
  });
}

async function streams(report, { client, sent }) {
  for (const by of [{ filter: services }, { query: services }]) {
    await report.check('streamEntities', `gives page after page of ${Object.keys(by)}`, async () => {
      sent();
      const sizes = [];
      const found = [];
      for await (const page of client.streamEntities({ ...by, pageSize: 10 })) {
        sizes.push(page.length);
        found.push(...names(page));
      }
      assert.deepEqual([sizes, found.sort(), sent().length], [[10, 10, 5], all, 3]);
    });
  }
  await report.check('streamEntities', 'gives an empty page when there is nothing', async () => {
    const found = [];
    for await (const page of client.streamEntities({ filter: { kind: 'nothing' } })) found.push(page);
    assert.deepEqual(found, [[]]);
  });
}

async function single(report, { client }) {
  await report.check('getEntityByRef', 'gives one, whatever the case of its name', async () => {
    for (const ref of [refs[0], 'Component:Default/SERVICE-01', { kind: 'component', namespace: 'default', name: 'service-01' }]) {
      const entity = await client.getEntityByRef(ref);
      assert.deepEqual([entity.kind, entity.metadata.name, entity.metadata.namespace], ['Component', 'service-01', 'default']);
    }
  });
  await report.check('getEntityByRef', 'gives it whole', async () => {
    const { metadata, relations } = await client.getEntityByRef(refs[0]);
    assert.ok(metadata.uid && metadata.etag && metadata.annotations['backstage.io/managed-by-location'].startsWith('url:http'));
    assert.deepEqual(relations, [
      { type: 'dependsOn', targetRef: 'resource:default/orders-db' },
      { type: 'ownedBy', targetRef: 'group:default/team-a' },
      { type: 'partOf', targetRef: 'system:default/shop' },
      { type: 'providesApi', targetRef: 'api:default/orders-api' },
    ]);
  });
  await report.check('getEntityByRef', 'gives undefined for none', async () => assert.equal(await client.getEntityByRef('component:default/nobody'), undefined));
  await report.check('getEntityByName', 'gives one or undefined', async () => {
    assert.equal((await client.getEntityByName({ kind: 'API', name: 'orders-api' })).spec.definition, 'openapi: 3.1.0');
    assert.equal(await client.getEntityByName({ kind: 'API', namespace: 'other', name: 'orders-api' }), undefined);
  });
  await report.check('getEntityAncestors', 'leads to the registered location', async () => {
    const { rootEntityRef, items } = await client.getEntityAncestors({ entityRef: refs[0] });
    assert.deepEqual([rootEntityRef, items[0].entity.metadata.name], [refs[0], 'service-01']);
    assert.deepEqual(items[0].parentEntityRefs, ['location:default/root']);
    const root = items.find(item => item.entity.metadata.name === 'root');
    assert.match(root.parentEntityRefs[0], /^location:default\/generated-[0-9a-f]{40}$/);
    assert.deepEqual(items.find(item => root.parentEntityRefs.includes(`location:default/${item.entity.metadata.name}`)).parentEntityRefs, []);
  });
  await report.check('getEntityAncestors', 'refuses an unknown entity', () =>
    rejects(() => client.getEntityAncestors({ entityRef: 'component:default/nobody' }), 404, 'NotFoundError', 'No such entity'));
}

async function batches(report, { client, sent }) {
  const on = (what, run) => report.check('getEntitiesByRefs', what, run);
  await on('keeps order, gaps and repetitions', async () => {
    const entityRefs = [refs[2], 'component:default/nobody', refs[0], refs[2]];
    const { items } = await client.getEntitiesByRefs({ entityRefs, fields: ['metadata.name'] });
    assert.deepEqual(items, [{ metadata: { name: 'service-03' } }, undefined, { metadata: { name: 'service-01' } }, { metadata: { name: 'service-03' } }]);
  });
  await on('filters in both forms and together', async () => {
    const entityRefs = [refs[0], refs[4], refs[9]];
    const filter = { 'spec.type': 'library' };
    const query = { 'metadata.tags': 'even' };
    assert.deepEqual(names((await client.getEntitiesByRefs({ entityRefs, filter })).items), [undefined, 'service-05', 'service-10']);
    assert.deepEqual(names((await client.getEntitiesByRefs({ entityRefs, query })).items), [undefined, undefined, 'service-10']);
    assert.deepEqual(names((await client.getEntitiesByRefs({ entityRefs, query, filter })).items), [undefined, undefined, 'service-10']);
  });
  await on('asks for many in parts', async () => {
    const entityRefs = Array.from({ length: 1500 }, (_, i) => (i % 100 ? `component:default/nobody-${i}` : refs[i / 100]));
    sent();
    const { items } = await client.getEntitiesByRefs({ entityRefs });
    assert.deepEqual([items.length, items.filter(Boolean).length, sent().length], [1500, 15, 2]);
  });
  await on('gives nothing for nothing', async () => assert.deepEqual(await client.getEntitiesByRefs({ entityRefs: [] }), { items: [] }));
}

async function facets(report, { client, sent }) {
  const wanted = {
    'metadata.tags': [{ value: 'even', count: 12 }, { value: 'java', count: 25 }, { value: 'odd', count: 13 }],
    'spec.type': [{ value: 'library', count: 5 }, { value: 'service', count: 20 }],
    'spec.none': [],
  };
  for (const by of [{ filter: services }, { query: services }, { query: { kind: 'component' }, filter: { 'spec.system': 'shop' } }]) {
    const verb = by.query ? 'POST' : 'GET';
    await report.check('getEntityFacets', `counts by ${verb}, given ${Object.keys(by).join(' and ')}`, async () => {
      sent();
      const { facets: found } = await client.getEntityFacets({ ...by, facets: Object.keys(wanted) });
      assert.deepEqual([found, sent()], [wanted, [`${verb} /entity-facets`]]);
    });
  }
  await report.check('getEntityFacets', 'refuses to count nothing', async () => {
    await rejects(() => client.getEntityFacets({ facets: [] }), 400, 'InputError');
    await rejects(() => client.getEntityFacets({ facets: [], query: services }), 400, 'InputError', 'Missing or empty facets parameter');
  });
}
