// Package predicate owns what selects entities: the syntax tree of Backstage's filter
// predicates (@backstage/filter-predicates 0.1) and of the older filter parameter, which
// is turned into the same tree. It bounds depth and size while it reads.
//
// It evaluates nothing: the index does.
package predicate
