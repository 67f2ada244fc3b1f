// Package entity owns what the catalog is made of: entities in Backstage's descriptor
// format, the refs that name them, the relations between them, and the rules that each
// kind of entity has to meet.
//
// It reads no files (descriptor does), stores nothing (changelog does) and finds nothing
// (index does). Kinds.Validate checks the envelope and, by the declarations in kinds.go, the
// spec; a built-in kind is declared there and nowhere else, and a platform declares more
// with Kinds.With. Relations are no data of their own: Kinds.Edges derives them, and their
// reverses, from a spec.
package entity
