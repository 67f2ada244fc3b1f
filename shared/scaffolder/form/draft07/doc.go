// Package draft07 owns JSON Schema draft-07 (json-schema.org/draft-07): a schema is compiled
// once and values are held against it; all that is wrong is told as a tree of failures, each
// with the value, the rule and the part of the schema that the rule stands in.
//
// Schemas and values are what encoding/json decodes into any. References stay within the
// schema: "#" with a JSON pointer; a $id changes nothing about them. What stands beside a $ref
// is ignored. Nothing is worded for people here, and nothing is ever fetched.
//
// Flow: Compile (held against the meta-schema, references resolved) → Validate, as often as
// wanted and at the same time; each costs no more than its fuel.
package draft07
