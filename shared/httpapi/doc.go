// Package httpapi is the plumbing of the HTTP surface. The same handlers run on net/http
// locally and behind API Gateway in Lambda (package lambdahttp).
//
// It owns the Router — request id, correlation, log line, panic guard, identity, body cap —,
// strict decoding, ETags, streams of events, CORS, and the one place that maps an error's kind
// to a status. It knows no context: each has a package of its own below this one
// (catalogapi, operationsapi, scaffolderapi …) that registers its routes on a Router given to
// it, and holds no rules of the domain. openapi.json describes the routes that are Slipway's
// own; who changes an answer changes it there, and tests tell.
//
// Flow of a request: Router.ServeHTTP → route → Authenticator → body cap → Handler →
// answer, or its error as a problem document (RFC 9457) or, below Backstage's mounts, in
// Backstage's error envelope → one log line.
package httpapi
