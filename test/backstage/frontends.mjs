// Sends what the screens of stock frontends send, and checks what they read in the answers.
import { get } from 'node:http';
import { calls } from './frontend_calls.mjs';
import { Report, assert } from './report.mjs';

// A browser sends its token along, whether or not the portal asks anybody to sign in.
const headers = { authorization: 'Bearer opaque', 'content-type': 'application/json', accept: 'application/json' };

export async function frontends(world) {
  const report = new Report('frontends');
  const kept = { world };
  for (const call of calls) {
    await report.check(call.screen, `${call.app}: ${call.send}`, () => replay(world, call, kept));
  }
  return report.close();
}

async function replay({ portal }, { send, body, status = 200, check = () => {} }, kept) {
  const [method, target] = send.split(' ');
  const url = portal + encoded(target.replace(/\{(\w+)\}/g, (_, name) => kept[name]));
  const content = typeof body === 'function' ? body(kept) : body;
  const answer = await fetch(url, { method, headers, body: content && JSON.stringify(content) });
  const text = await answer.text();
  assert.equal(answer.status, status, text.slice(0, 300));
  if (text) assert.match(answer.headers.get('content-type'), /^application\/json/);
  check(text ? JSON.parse(text) : undefined, kept);
  const etag = answer.headers.get('etag');
  if (method === 'GET' && etag) assert.deepEqual(await revalidate(url, etag), [304, ''], 'asked again with its ETag');
}

// revalidate asks again as a browser's cache does. fetch would say "no-cache" beside the ETag, which means another thing.
function revalidate(url, etag) {
  return new Promise((resolve, reject) => {
    get(url, { headers: { ...headers, 'if-none-match': etag } }, async answer => {
      resolve([answer.statusCode, Buffer.concat(await answer.toArray()).toString()]);
    }).on('error', reject);
  });
}

// encoded writes a query as browsers do: everything but the separators of parameters is escaped.
function encoded(target) {
  const [path, query] = target.split('?');
  if (!query) return path;
  const pairs = query.split('&').map(pair => {
    const at = pair.indexOf('=');
    return `${encodeURIComponent(pair.slice(0, at))}=${encodeURIComponent(pair.slice(at + 1))}`;
  });
  return `${path}?${pairs.join('&')}`;
}
