// A client of the catalog, watched: which of its methods were called, and what it sent.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

// methods reads the public methods of CatalogClient from the types that the package ships.
export function methods(world, name) {
  const types = readFileSync(join(world.packages, name, 'dist/index.d.ts'), 'utf8');
  const body = types.match(/^declare class CatalogClient [^]*?^}/m)[0];
  return [...body.matchAll(/^ {4}(?!private|constructor)(\w+)\(/gm)].map(found => found[1]);
}

// watched makes a client; exists is its value for "any". sent() gives the requests since it was last called, as "METHOD /path".
export function watched(world, name) {
  const { CatalogClient, CATALOG_FILTER_EXISTS: exists } = world.require(name);
  const called = new Set();
  let requests = [];
  const client = new CatalogClient({
    discoveryApi: { getBaseUrl: async plugin => `${world.portal}/api/${plugin}` },
    fetchApi: {
      fetch: async (url, init = {}) => {
        requests.push(`${init.method ?? 'GET'} ${new URL(url).pathname.replace('/api/catalog', '')}`);
        return fetch(url, init);
      },
    },
  });
  const proxy = new Proxy(client, {
    get(target, key) {
      const value = target[key];
      if (typeof value !== 'function') return value;
      called.add(key);
      return value.bind(target);
    },
  });
  const sent = () => {
    const since = requests;
    requests = [];
    return since;
  };
  return { client: proxy, called, sent, exists };
}

// pages follows cursors to the end and gives the pages; step tells how to ask for the next one.
export async function pages(client, first, limit) {
  const all = [await client.queryEntities({ ...first, limit })];
  for (let cursor = all[0].pageInfo.nextCursor; cursor; cursor = all.at(-1).pageInfo.nextCursor) {
    all.push(await client.queryEntities({ cursor, limit }));
  }
  return all;
}

export const names = entities => entities.map(e => e?.metadata?.name);
export const kindAndName = entities => entities.map(e => `${e.kind.toLowerCase()}:${e.metadata.name}`);
