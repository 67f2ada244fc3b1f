// The software of a made-up shop: enough of it for filters, pages of tables and a graph, and templates that do not need a
// cloud. It lies in a project of the platform's group, for only there may templates and groups be defined.
import { GitLab } from '../backstage/gitlab.mjs';

export const project = 'platform/shop';
export const parcels = 42;

const document = (kind, name, metadata, spec, apiVersion = 'backstage.io/v1alpha1') =>
  JSON.stringify({ apiVersion, kind, metadata: { name, ...metadata }, spec });

const file = documents => documents.join('\n---\n') + '\n';

const number = n => String(n).padStart(2, '0');

const parcel = n =>
  document('Component', `parcel-${number(n)}`, { description: `Carries parcels of sort ${n}`, tags: [n % 2 ? 'odd' : 'even'] }, {
    type: n % 6 ? 'service' : 'library',
    lifecycle: n % 3 ? 'production' : 'experimental',
    owner: n % 4 ? 'shopkeepers' : 'platform',
    system: 'shop',
  });

const storefront = document(
  'Component',
  'storefront',
  { title: 'The Storefront', description: 'Sells flowers to everybody', tags: ['flowers'], links: [{ url: 'https://shop.example.com', title: 'Shop window' }] },
  {
    type: 'service',
    lifecycle: 'production',
    owner: 'shopkeepers',
    system: 'shop',
    providesApis: ['basket'],
    dependsOn: ['resource:shelves', 'component:parcel-01'],
  },
);

const rest = [
  document('Group', 'shopkeepers', { title: 'Shopkeepers' }, { type: 'team', parent: 'platform', children: [], profile: { displayName: 'The shopkeepers' } }),
  document('User', 'flora', {}, { memberOf: ['shopkeepers'], profile: { displayName: 'Flora Petal', email: 'flora@example.com' } }),
  document('Domain', 'commerce', {}, { owner: 'shopkeepers' }),
  document('System', 'shop', { description: 'Everything around the counter' }, { owner: 'shopkeepers', domain: 'commerce' }),
  document('API', 'basket', {}, { type: 'plain', lifecycle: 'production', owner: 'shopkeepers', system: 'shop', definition: 'PUT /basket/{flower}' }),
  document('Resource', 'shelves', {}, { type: 'database', owner: 'shopkeepers', system: 'shop' }),
];

const template = (name, title, spec) => document('Template', name, { title }, { type: 'service', owner: 'platform', ...spec }, 'scaffolder.backstage.io/v1beta3');

// order says where it is at every step and takes a while, so that its log can be watched; wait takes longer than anybody waits.
const order = template('order-flowers', 'Order flowers', {
  parameters: [
    {
      title: 'The bouquet',
      required: ['flower'],
      properties: {
        flower: { title: 'Flower', type: 'string', minLength: 3, pattern: '^[a-z]+$' },
        count: { title: 'How many', type: 'integer', minimum: 1, default: 12 },
      },
    },
    { title: 'The receiver', properties: { team: { title: 'Team', type: 'string', default: 'group:default/shopkeepers', 'ui:field': 'OwnerPicker' } } },
  ],
  steps: [
    { id: 'pick', name: 'Pick the flowers', action: 'debug:log', input: { message: 'Picking ${{ parameters.count }} of ${{ parameters.flower }}' } },
    { id: 'rest', name: 'Let them drink', action: 'debug:wait', input: { seconds: 3 } },
    { id: 'tie', name: 'Tie them', action: 'debug:log', input: { message: 'Tied for ${{ parameters.team }}' } },
  ],
  output: { links: [{ title: 'Where they stand', entityRef: 'component:default/storefront' }, { title: 'The florist', url: 'https://florist.example.com/${{ parameters.flower }}' }] },
});

const wait = template('wait-for-spring', 'Wait for spring', {
  parameters: [{ title: 'Spring', properties: { year: { title: 'Year', type: 'string', default: '2030' } } }],
  steps: [
    { id: 'winter', name: 'Winter', action: 'debug:wait', input: { minutes: 4 } },
    { id: 'spring', name: 'Spring', action: 'debug:log', input: { message: 'It is here' } },
  ],
});

const files = {
  'all.yaml': file([document('Location', 'shop', {}, { targets: ['./software.yaml', './parcels.yaml', './templates.yaml'] })]),
  'software.yaml': file([storefront, ...rest]),
  'parcels.yaml': file(Array.from({ length: parcels }, (_, i) => parcel(i + 1))),
  'templates.yaml': file([order, wait]),
  'late.yaml': file([document('Component', 'late-arrival', { description: 'Comes by import' }, { type: 'service', lifecycle: 'production', owner: 'shopkeepers' })]),
};

// open writes the shop into the portal's GitLab and registers it.
export async function open(portal) {
  await new GitLab(portal.gitlab, portal.token).project(project, files);
  const target = url(portal, 'all.yaml');
  const answer = await fetch(`${portal.url}/api/catalog/locations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'url', target }),
  });
  if (answer.status !== 201) throw new Error(`registering ${target}: ${answer.status} ${await answer.text()}`);
}

// url gives the address of a file of the shop's.
export const url = (portal, name) => `${portal.gitlab}/${project}/-/blob/main/${name}`;
