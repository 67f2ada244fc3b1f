// What Backstage's own build gives to modules that were written for Node.
export { Buffer } from 'buffer';
