// The software that the catalog's clients look at: one repository of the platform's group,
// for users and groups may be defined there. Its files lie where discovery does not look.

const services = 25;

const document = (kind, name, metadata, spec, apiVersion = 'backstage.io/v1alpha1') =>
  JSON.stringify({ apiVersion, kind, metadata: { name, ...metadata }, spec });

const two = n => String(n).padStart(2, '0');

function service(n) {
  const metadata = {
    title: `Service number ${n}`,
    description: `Does the work of ${n}`,
    tags: [n % 2 ? 'odd' : 'even', 'java'],
    annotations: { 'example.com/Runbook': `https://runbooks.example.com/${n}` },
  };
  if (n === services) delete metadata.title;
  return document('Component', `service-${two(n)}`, metadata, {
    type: n % 5 ? 'service' : 'library',
    lifecycle: n % 3 ? 'production' : 'experimental',
    owner: 'team-a',
    system: 'shop',
    providesApis: n === 1 ? ['orders-api'] : [],
    dependsOn: n === 1 ? ['resource:orders-db'] : [],
  });
}

const people = [
  document('Group', 'platform', {}, { type: 'department', children: [], profile: { displayName: 'The platform' } }),
  document('Group', 'team-a', { title: 'Team A' }, { type: 'team', parent: 'platform', children: [], profile: { displayName: 'The A team' } }),
  document('User', 'guest', { namespace: 'development' }, { memberOf: ['default/team-a'], profile: { displayName: 'Guest' } }),
  document('User', 'ada', {}, { memberOf: ['team-a'], profile: { displayName: 'Ada' } }),
];

const systems = [
  document('Domain', 'commerce', {}, { owner: 'platform' }),
  document('System', 'shop', {}, { owner: 'team-a', domain: 'commerce' }),
  document('API', 'orders-api', {}, { type: 'openapi', lifecycle: 'production', owner: 'team-a', system: 'shop', definition: 'openapi: 3.1.0' }),
  document('Resource', 'orders-db', {}, { type: 'database', owner: 'team-a', system: 'shop' }),
  document('Template', 'start-service', { title: 'Start a service' }, { type: 'service', owner: 'platform', parameters: [{ title: 'Name', properties: { name: { type: 'string' } } }], steps: [{ id: 'log', action: 'debug:log', input: {} }] }, 'scaffolder.backstage.io/v1beta3'),
];

const template = (name, title, spec) =>
  document('Template', name, { title }, { type: 'service', owner: 'platform', ...spec }, 'scaffolder.backstage.io/v1beta3');

const templates = [
  template('say', 'Say something', {
    parameters: [
      { title: 'What to say', required: ['words'], properties: { words: { type: 'string' } } },
      { properties: { louder: { type: 'boolean' } } },
    ],
    steps: [
      { id: 'say', name: 'Say it', action: 'debug:log', input: { message: '${{ parameters.words }}' } },
      { id: 'never', if: '${{ parameters.louder }}', action: 'debug:log', input: { message: 'LOUD' } },
    ],
    output: { text: [{ title: 'Said', content: '${{ parameters.words }}' }] },
  }),
  template('wait', 'Wait', { steps: [{ id: 'wait', name: 'Wait', action: 'debug:wait', input: { minutes: 2 } }] }),
];

const file = documents => documents.join('\n---\n') + '\n';

// spare is the one entity of a file, in several editions. It is of a kind and an owner that the rest is not counted by.
export const spare = (description, name = 'spare') =>
  file([document('Resource', name, { description }, { type: 'spare', owner: 'somebody-else' })]);

export const software = {
  path: 'platform/software',
  services,
  files: {
    'catalog/root.yaml': file([document('Location', 'root', {}, { targets: ['./people.yaml', './systems.yaml', './services.yaml'] })]),
    'catalog/people.yaml': file(people),
    'catalog/systems.yaml': file(systems),
    'catalog/services.yaml': file(Array.from({ length: services }, (_, i) => service(i + 1))),
    'catalog/templates.yaml': file(templates),
    'catalog/configured.yaml': spare('named when the portal was started', 'configured'),
    'catalog/spare.yaml': spare('first edition'),
    'catalog/moved.yaml': spare('from the other file', 'moved'),
    'catalog/broken.yaml': 'apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata: [\n',
  },
};

// undescribed are repositories that nobody has registered.
export const undescribed = [
  { path: 'analyzed/bare', files: { 'README.md': '# Bare\n' } },
  { path: 'analyzed/described', files: { 'services/a/described.yaml': spare('not known yet', 'described') } },
];

// refs gives the references of the services, in order.
export const refs = Array.from({ length: services }, (_, i) => `component:default/service-${two(i + 1)}`);
