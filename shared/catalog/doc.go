// Package catalog owns the writing side of the software catalog: the registered locations,
// the files they lead to, the projects that are discovered, and what each file says of
// entities.
//
// It does not talk to GitLab (a Source does), parse files (descriptor), say what a valid
// entity is (entity), store entities (changelog) or answer questions about them (view). It
// publishes no events itself and does not decide who may do what.
//
// Files: each is read at the head commit of its branch (ingest.go, reading.go), and what
// differs from the stored entities is written in one transaction with the change log and
// the outbox event. What the file no longer holds is deleted, and nothing is ever deleted
// because a read failed. A file's state item (filestate.go) makes the readings of that file
// a sequence: the head is read after the state, and the write holds only if the state did
// not move meanwhile, so an older commit never overwrites a newer one.
//
// Leading: a file is known because a location, a Location entity in another file or
// discovery leads to it, one of them at a time. What is written because something led
// somewhere holds to that still doing so; what ceases to be led to is released
// (releasing.go) in steps that are part of the state, so that any later reading goes on
// where an interruption stopped.
//
// Projects: Discovery follows the projects of the host (discovery.go), lets their files
// follow to other paths and branches (moving.go), and takes them out on evidence only
// (evidence.go, hiding.go).
//
// The wire contract is that of Backstage's catalog backend 4.0.
package catalog
