// Package changelog owns what the catalog stores of its entities: the current ones, the
// log of every change with the content it led to, and the way from an entity to its
// changes. All three are written in one transaction together with an event for the bus.
//
// It does not know where entities come from (the catalog does) or how they are found (the
// index does). An entity belongs to the origin that wrote it first; another origin's wish
// to change it is refused in the outcome, never an error.
//
// Flow: Apply reads the head of the log and the entities in question, decides what differs,
// and writes it on condition that neither moved meanwhile. The log has one number for each
// change, without gaps, and its times never run backwards. Since gives a reader what it has
// not seen, History the changes of one entity.
package changelog
