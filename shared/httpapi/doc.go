// Package httpapi owns the HTTP surface: routes, their plumbing and the handlers that
// translate between HTTP and the contexts. The same handlers run on net/http locally and
// behind API Gateway in Lambda (package lambdahttp).
//
// The plumbing is the Router: request id, correlation, log line, panic guard, identity,
// body cap, strict decoding, and the one place that maps an error's kind to a status. Each
// surface has its own file (catalog.go, operations.go, webhooks.go …) that registers its
// routes on a Router given to it. Handlers hold no rules of the domain. openapi.json describes
// the routes that are Slipway's own; who changes an answer changes it there, and tests tell.
//
// Flow of a request: Router.ServeHTTP → route → Authenticator → body cap → Handler →
// answer, or its error as a problem document (RFC 9457) or, below Backstage's mounts, in
// Backstage's error envelope → one log line.
package httpapi
