// What the screens of three generations of stock frontends send, in the order in which they send it: "legacy" and "new"
// are the two frontend systems of Backstage's create-app 0.9, "1.38" is of spring 2025, "all" are all of them.
// A call: what is sent, the body, the status (200), and a check of what the screen reads. {name} is what an earlier
// check has kept.
import { names } from './client.mjs';
import { assert } from './report.mjs';
import { refs, software } from './software.mjs';

const catalog = '/api/catalog';
const guest = 'user:development/guest';
const team = 'group:default/team-a';
const owned = `kind=component,relations.ownedBy=${guest},relations.ownedBy=${team}`;
const texts = 'fullTextFilterFields=metadata.name,metadata.title,spec.profile.displayName,spec.target,spec.targets';
const titles = ['kind', 'metadata.name', 'metadata.namespace', 'metadata.title', 'metadata.description', 'spec.profile.displayName', 'spec.type'];
const all = refs.map(ref => ref.split('/')[1]);

const facet = (name, filter, check) => ({
  app: 'all', screen: 'catalog index', send: `GET ${catalog}/entity-facets?facet=${name}${filter ? `&filter=${filter}` : ''}`,
  check: ({ facets }) => {
    assert.ok(facets[name].every(f => typeof f.value === 'string' && f.count > 0));
    check(Object.fromEntries(facets[name].map(f => [f.value, f.count])));
  },
});
const counts = wanted => found => assert.deepEqual(found, wanted);
const items = wanted => body => assert.deepEqual(names(body.items), wanted);
const total = wanted => body => assert.deepEqual(body, { items: [], totalItems: wanted, pageInfo: {} });

// asks is the question of a button: may who is signed in do this?
const asks = (name, more = {}, ref = undefined) => ({ id: name, permission: { type: 'basic', name, attributes: {}, ...more }, ...(ref && { resourceRef: ref }) });
const stars = '/api/user-settings/buckets/default.starredEntities/keys/entityRefs';
const starred = { items: [{ bucket: 'default.starredEntities', key: 'entityRefs' }] };

const shell = [
  { app: 'all', screen: 'sign-in', send: 'GET /api/auth/guest/refresh', check: ({ profile, backstageIdentity: { token, expiresInSeconds, identity } }) => {
    assert.deepEqual([profile, expiresInSeconds, identity], [{}, 3600, { type: 'user', userEntityRef: guest, ownershipEntityRefs: [guest, team] }]);
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  } },
  { app: 'all', screen: 'bell', send: 'GET /api/notifications/status', check: body => assert.deepEqual(body, { unread: 0, read: 0 }) },
  { app: 'all', screen: 'notifications', send: 'GET /api/notifications/notifications?limit=5&offset=0&orderField=created,desc&read=false&minimumSeverity=low',
    check: body => assert.deepEqual(body, { totalCount: 0, notifications: [] }) },
  { app: 'all', screen: 'notifications', send: 'GET /api/notifications/topics?read=false', check: body => assert.deepEqual(body, { topics: [] }) },
  { app: 'all', screen: 'stars', send: 'POST /api/user-settings/multiget', body: starred, check: body => assert.deepEqual(body, { items: [null] }) },
  { app: '1.38', screen: 'stars', send: `GET ${stars}`, status: 404, check: body => assert.equal(body.error.name, 'NotFoundError') },
  { app: 'all', screen: 'stars', send: `PUT ${stars}`, body: { value: ['component:default/service-01'] },
    check: body => assert.deepEqual(body, { bucket: 'default.starredEntities', key: 'entityRefs', value: ['component:default/service-01'] }) },
  { app: 'all', screen: 'stars', send: 'POST /api/user-settings/multiget', body: starred, check: body => assert.deepEqual(body, { items: [{ value: ['component:default/service-01'] }] }) },
  { app: '1.38', screen: 'stars', send: `GET ${stars}`, check: body => assert.deepEqual(body.value, ['component:default/service-01']) },
  { app: '1.38', screen: 'stars', send: `DELETE ${stars}`, status: 204 },
  { app: 'all', screen: 'buttons', send: 'POST /api/permission/authorize',
    body: { items: [asks('catalog.entity.create'), asks('catalog.entity.delete', { type: 'resource', resourceType: 'catalog-entity' }, 'component:default/service-01'),
      asks('scaffolder.task.read', { type: 'resource', resourceType: 'scaffolder-task' }, ['a', 'b'])] },
    check: body => assert.deepEqual(body.items, ['catalog.entity.create', 'catalog.entity.delete', 'scaffolder.task.read'].map(id => ({ id, result: 'ALLOW' }))) },
  { app: 'legacy', screen: 'sidebar', send: `GET ${catalog}/entities?fields=metadata,kind,spec.profile&filter=kind=group,relations.hasMember=${guest}`,
    check: body => assert.deepEqual(body.map(e => [e.kind, e.metadata.name, e.spec]), [['Group', 'team-a', { profile: { displayName: 'The A team' } }]]) },
];

const index = [
  facet('relations.ownedBy', '', found => assert.ok(found[team] > 25)),
  facet('kind', '', found => assert.deepEqual([found.Component, found.Domain], [25, 1])),
  facet('spec.lifecycle', 'kind=component', counts({ experimental: 8, production: 17 })),
  facet('metadata.tags', 'kind=component', counts({ even: 12, java: 25, odd: 13 })),
  facet('metadata.namespace', 'kind=component', counts({ default: 25 })),
  facet('metadata.namespace', '', found => assert.equal(found.development, 1)),
  facet('spec.type', 'kind=component', counts({ library: 5, service: 20 })),
  facet('spec.lifecycle', 'kind=nothing', counts({})),
  { app: 'all', screen: 'catalog index', send: `GET ${catalog}/entities/by-query?limit=0&filter=kind=component`, check: total(25) },
  { app: 'all', screen: 'catalog index', send: `GET ${catalog}/entities/by-query?limit=0&filter=${owned}`, check: total(25) },
  { app: 'all', screen: 'catalog index', send: `GET ${catalog}/entities/by-query?limit=0&filter=kind=component,relations.ownedBy=${guest}`, check: total(0) },
  { app: 'all', screen: 'catalog index', send: `GET ${catalog}/entities/by-query?limit=1000&filter=kind=component,metadata.name=service-01`, check: items(['service-01']) },
  { app: 'legacy', screen: 'catalog index', send: `GET ${catalog}/entities?filter=kind=component&order=asc:metadata.name`,
    check: body => assert.deepEqual(names(body), all) },
  { app: 'new', screen: 'catalog index', send: `GET ${catalog}/entities/by-query?limit=20&orderField=metadata.name,asc&filter=kind=component&totalItems=exclude`,
    check: (body, kept) => {
      assert.deepEqual([names(body.items), body.totalItems, 'prevCursor' in body.pageInfo], [all.slice(0, 20), 0, false]);
      kept.cursor = body.pageInfo.nextCursor;
    } },
  { app: 'new', screen: 'catalog index', send: `POST ${catalog}/entities/by-query`, body: kept => ({ cursor: kept.cursor, limit: 20 }),
    check: (body, kept) => {
      assert.deepEqual([names(body.items), 'nextCursor' in body.pageInfo], [all.slice(20), false]);
      kept.back = body.pageInfo.prevCursor;
    } },
  { app: 'new', screen: 'catalog index', send: `POST ${catalog}/entities/by-query`, body: kept => ({ cursor: kept.back, limit: 20 }), check: items(all.slice(0, 20)) },
  { app: '1.38', screen: 'catalog index', send: `GET ${catalog}/entities/by-query?limit=20&cursor={cursor}`, check: items(all.slice(20)) },
  { app: 'legacy', screen: 'catalog index', send: `GET ${catalog}/entities/by-query?limit=10&offset=10&orderField=metadata.name,asc&filter=kind=component&totalItems=exclude`, check: items(all.slice(10, 20)) },
  { app: 'all', screen: 'catalog index', send: `GET ${catalog}/entities/by-query?limit=20&orderField=metadata.name,asc&filter=kind=component&fullTextFilterTerm=service-2&${texts}`,
    check: body => assert.deepEqual([names(body.items), body.totalItems], [all.slice(19), 6]) },
  { app: 'all', screen: 'catalog index', send: `GET ${catalog}/entities/by-query?limit=0&filter=kind=component&fullTextFilterTerm=service-2&${texts}`, check: total(6) },
  { app: 'all', screen: 'docs index', send: `GET ${catalog}/entities/by-query?limit=0&filter=metadata.annotations.backstage.io/techdocs-ref`, check: total(0) },
  { app: 'all', screen: 'catalog index', send: `POST ${catalog}/entities/by-refs`, body: { entityRefs: [team, 'system:default/shop', 'group:default/gone'], fields: titles },
    check: body => assert.deepEqual(body.items, [
      { kind: 'Group', metadata: { name: 'team-a', namespace: 'default', title: 'Team A' }, spec: { profile: { displayName: 'The A team' }, type: 'team' } },
      { kind: 'System', metadata: { name: 'shop', namespace: 'default' } },
      null,
    ]) },
];

const entityPage = [
  { app: 'all', screen: 'entity page', send: `GET ${catalog}/entities/by-name/component/default/service-01`,
    check: (body, kept) => {
      assert.ok(body.relations.every(r => r.type && r.targetRef));
      Object.assign(kept, { targets: body.relations.map(r => r.targetRef), origin: body.metadata.annotations['backstage.io/managed-by-origin-location'] });
    } },
  { app: 'all', screen: 'entity page', send: `GET ${catalog}/entities/by-name/Component/default/service-01`, check: body => assert.equal(body.metadata.name, 'service-01') },
  { app: 'all', screen: 'entity page', send: `GET ${catalog}/entities/by-name/component/default/does-not-exist`, status: 404,
    check: body => assert.deepEqual([body.error.name, body.response.statusCode], ['NotFoundError', 404]) },
  { app: 'all', screen: 'entity page', send: `GET ${catalog}/entities/by-name/component/default/service-01/ancestry`,
    check: body => assert.ok(body.items.every(item => item.entity.kind && Array.isArray(item.parentEntityRefs))) },
  { app: 'all', screen: 'entity page', send: `POST ${catalog}/entities/by-refs`, body: kept => ({ entityRefs: kept.targets }),
    check: (body, kept) => assert.deepEqual(body.items.map(e => `${e.kind.toLowerCase()}:${e.metadata.namespace}/${e.metadata.name}`), kept.targets) },
  { app: 'all', screen: 'entity page', send: `POST ${catalog}/refresh`, body: { entityRef: refs[0] }, check: body => assert.equal(body, undefined) },
  { app: 'all', screen: 'group page', send: `GET ${catalog}/entities?filter=kind=User,relations.memberof=${team}`, check: body => assert.deepEqual(names(body).sort(), ['ada', 'guest']) },
  { app: 'all', screen: 'group page', send: `GET ${catalog}/entities?fields=kind,metadata.name,metadata.namespace,spec.type,relations&filter=kind=Component,kind=API,kind=System,kind=Resource,relations.ownedBy=${team}`,
    check: body => assert.deepEqual([body.length, body.every(e => e.relations.length > 0 && !e.apiVersion)], [28, true]) },
  { app: 'all', screen: 'settings', send: `GET ${catalog}/entities/by-name/user/development/guest`, check: body => assert.equal(body.spec.profile.displayName, 'Guest') },
];

const register = [
  { app: 'all', screen: 'register', send: `POST ${catalog}/locations?dryRun=true`, status: 201, body: ({ world }) => ({ type: 'url', target: world.file('catalog/moved.yaml') }),
    check: body => assert.deepEqual([body.exists, names(body.entities).includes('moved'), typeof body.location.target], [false, true, 'string']) },
  { app: 'all', screen: 'register', send: `POST ${catalog}/analyze-location`, body: ({ world }) => ({ location: { type: 'url', target: `${world.gitlab.url}/analyzed/bare` }, catalogFilename: 'catalog-info.yaml' }),
    check: body => assert.deepEqual([body.existingEntityFiles, body.generateEntities.length], [[], 1]) },
  { app: 'all', screen: 'register', send: `POST ${catalog}/locations`, status: 201, body: ({ world }) => ({ type: 'url', target: world.file('catalog/moved.yaml') }),
    check: (body, kept) => { kept.location = body.location.id; } },
  { app: 'all', screen: 'unregister', send: `GET ${catalog}/locations`, check: (body, kept) => assert.ok(body.some(({ data }) => data.id === kept.location && data.type === 'url')) },
  { app: 'all', screen: 'unregister', send: `GET ${catalog}/entities?fields=kind,metadata.uid,metadata.name,metadata.namespace&filter=metadata.annotations.backstage.io/managed-by-origin-location={origin}`,
    check: body => assert.ok(body.length > software.services && body.every(e => e.metadata.uid)) },
  { app: 'all', screen: 'unregister', send: `DELETE ${catalog}/locations/{location}`, status: 204 },
  { app: 'all', screen: 'unregister', send: `GET ${catalog}/entities/by-name/resource/default/moved`, status: 404 },
  { app: 'all', screen: 'delete orphan', send: `DELETE ${catalog}/entities/by-uid/00000000-0000-0000-0000-000000000000`, status: 204 },
];

const templates = [
  { app: 'all', screen: 'templates', send: `GET ${catalog}/entities?filter=kind=template&order=asc:metadata.name`, check: body => assert.deepEqual(names(body), ['start-service']) },
  { app: 'all', screen: 'template editor', send: `GET ${catalog}/entities?fields=kind,metadata.namespace,metadata.name,metadata.title,spec.parameters,spec.steps,spec.output&filter=kind=template`,
    check: ([template]) => assert.deepEqual(Object.keys(template.spec).sort(), ['parameters', 'steps']) },
  { app: 'new', screen: 'owner picker', send: `POST ${catalog}/entities/by-query`, body: { query: { $all: [{}, { kind: 'Group' }] }, limit: 500, fields: titles },
    check: body => assert.deepEqual(names(body.items).sort(), ['platform', 'team-a']) },
  { app: '1.38', screen: 'owner picker', send: `GET ${catalog}/entities?filter=kind=Group&fields=${titles}`, check: body => assert.deepEqual(names(body).sort(), ['platform', 'team-a']) },
];

const found = body => {
  assert.ok(body.results.length > 0 && body.results.every(({ type, document }) => type && document.title && document.location.startsWith('/')));
  return body.results.map(({ document }) => document.location);
};
const search = [
  { app: 'all', screen: 'search', send: 'GET /api/search/query?term=service-07', check: body => assert.equal(found(body)[0], '/catalog/default/component/service-07') },
  { app: 'all', screen: 'search', send: 'GET /api/search/query?term=number&types[0]=software-catalog&filters[kind]=Component&pageLimit=5',
    check: (body, kept) => {
      assert.equal(found(body).length, 5);
      kept.page = body.nextPageCursor;
    } },
  { app: 'all', screen: 'search', send: 'GET /api/search/query?term=number&types[0]=software-catalog&filters[kind]=Component&pageLimit=5&pageCursor={page}', check: body => assert.equal(found(body).length, 5) },
  { app: 'new', screen: 'search', send: 'GET /api/search/query?term=service-07&pageLimit=0', check: body => assert.ok(body.numberOfResults >= 1) },
];

export const calls = [...shell, ...index, ...entityPage, ...register, ...templates, ...search];
