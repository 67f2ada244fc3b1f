// Package httpapitest is what tests of the packages below httpapi share: a guest whom every
// server lets in, requests and streams, recordings of Backstage's answers with the
// comparison to ours, and the rules that hold for every answer at all.
package httpapitest
