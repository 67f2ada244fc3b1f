// Package entity owns what the catalog is made of: entities in Backstage's descriptor
// format, the refs that name them, the relations between them, and the rules that each
// kind of entity has to meet.
//
// It reads no files (descriptor does), stores nothing (changelog does) and finds nothing
// (index does). Validate checks the envelope and, by the table in kinds.go, the spec; a
// kind is declared there and nowhere else. Relations are no data of their own: Edges
// derives them, and their reverses, from a spec.
package entity
