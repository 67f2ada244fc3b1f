// Package request reads requests the way Backstage's servers do: bodies held against the
// part of an OpenAPI schema that a route needs (Schema, Body), query parameters in the order
// of the URL (Params), the place in a stream of events. What is wrong is told in the words of
// Backstage's validator, Ajv, because clients show them.
//
// It owns no route and knows nothing of what the values mean. Slipway's own routes read
// their bodies with httpapi.DecodeJSON, which names all faults at once.
package request
