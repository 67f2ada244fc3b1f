package operations

import (
	"context"
	"encoding/json"
)

// Definition is one type of operation.
type Definition interface {
	// Type is the type's name, "app.create".
	Type() string
	// Check validates the input of a request before anything is stored, and says what the
	// operation is about. All that is wrong comes back in one Invalid error whose field
	// pointers are relative to the input.
	Check(ctx context.Context, input json.RawMessage) (Intent, error)
}

// Planner finds out what operations will do, without doing it.
type Planner interface {
	// Plan gives the plan of an operation that is not stored; Invalid or Conflict when it
	// could not succeed as things are.
	Plan(ctx context.Context, o *Operation) (*Plan, error)
}

// Intent is a checked request.
type Intent struct {
	Target  string          // entity ref; one operation at a time holds it
	Machine string          // the state machine that runs it
	Input   json.RawMessage // normalised, with defaults
	// Shared says that the target is not reserved: many operations may be about it at the
	// same time.
	Shared bool
}

// Sealer encrypts what an operation keeps secret. What is sealed about one thing can't be
// opened about another.
type Sealer interface {
	Seal(plain []byte, about string) ([]byte, error)
	Open(sealed []byte, about string) ([]byte, error)
}

// Performer makes, finds and undoes the effects of one kind. An effect carries the
// operation's id as ownership marker, so that it can be told from anybody else's.
type Performer interface {
	// Find looks for what an earlier attempt of this operation made. NotFound only when
	// the other side said that it is not there; Conflict when it is there but not ours.
	Find(ctx context.Context, op Ref, e Effect) (json.RawMessage, error)
	// Do makes the effect and gives a small result. Unavailable when it may have happened.
	// Conflict when it is already there: the ledger then asks Find whether it is ours.
	Do(ctx context.Context, op Ref, e Effect) (json.RawMessage, error)
	// Undo removes what Do or Find gave; removing what is gone succeeds. Conflict when
	// it must not be removed, for example because somebody has worked in it since: the
	// operation is then parked with that message.
	Undo(ctx context.Context, op Ref, e Effect, result json.RawMessage) error
}
