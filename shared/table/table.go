package table

import (
	"context"
	"time"
)

// The limits of DynamoDB, enforced by every adapter with errs.Invalid or errs.TooLarge.
const (
	MaxItemBytes      = 400 << 10 // keys, body and the adapter's own attributes
	MaxPageBytes      = 1 << 20   // a page ends at the first item that passes it
	MaxTransactWrites = 100
	MaxTransactBytes  = 4 << 20
	MaxPartitionKey   = 2048 // bytes of UTF-8, at least 1
	MaxSortKey        = 1024 // bytes of UTF-8, at least 1
)

// Table stores items. All methods are safe for concurrent use.
//
// Errors: NotFound, Conflict (a condition did not hold: *ConditionError), Invalid (keys,
// bodies or conditions that no table takes), TooLarge, RateLimited (nothing was written),
// Unavailable (the write may have happened; read before repeating it blindly).
type Table interface {
	// Get reads one item, as of every write acknowledged before the call.
	// NotFound when there is none or it has expired.
	Get(ctx context.Context, key Key) (Item, error)

	// Query reads the items of one partition in order of the sort key's bytes, as of
	// every write acknowledged before the call. Expired items are left out. A page may
	// hold fewer items than Limit, even none, and still have a Next.
	Query(ctx context.Context, q Query) (Page, error)

	// Put writes one item if cond holds for what is stored under its key, and gives the
	// revision the item has from then on. An expired item counts as absent.
	Put(ctx context.Context, item Item, cond Condition) (revision string, err error)

	// Delete removes an item if cond holds. Without condition, removing what is not
	// there succeeds.
	Delete(ctx context.Context, key Key, cond Condition) error

	// Transact makes all writes or none: at most MaxTransactWrites, each to another
	// key. When a condition does not hold, the *ConditionError names the first such write.
	Transact(ctx context.Context, writes []Write) error
}

// Key identifies an item: a partition and a sort key, both not empty, without NUL.
type Key struct{ PK, SK string }

// Item is what is stored under a key.
type Item struct {
	Key
	// Body is the payload; JSON where people may want to read it in the console.
	Body []byte
	// Expires is when the item ceases to exist, to the second; zero for never.
	Expires time.Time
	// Revision is given by the table at each write, new each time, never reused even
	// when an item is deleted and made again. Ignored in writes.
	Revision string
}

// Query selects items of one partition.
type Query struct {
	PK string
	// Prefix, when set, keeps the sort keys that begin with it.
	Prefix string
	// From and To, when set, keep From <= sort key < To. Not together with Prefix.
	From, To string
	// After continues behind a page: its Next, with the rest of the query unchanged.
	// Invalid when it is not a cursor of this partition.
	After string
	// Limit is the largest number of items in the page, 0 for as many as fit.
	Limit int
	// Descending reads from the largest sort key to the smallest.
	Descending bool
}

// Page is one answer to a query.
type Page struct {
	Items []Item
	Next  string // "" when there is nothing behind this page
}

// Condition is what must hold for what is stored under a key before a write.
// The zero value always holds.
type Condition struct {
	absent   bool
	present  bool
	pinned   bool // to revision
	revision string
}

// The conditions.
var (
	// Always holds.
	Always = Condition{}
	// Absent holds when there is no item.
	Absent = Condition{absent: true}
	// Present holds when there is an item.
	Present = Condition{present: true}
)

// AtRevision holds when the item is there and was last written at that revision.
// An empty revision never holds.
func AtRevision(revision string) Condition { return Condition{pinned: true, revision: revision} }

// IsAbsent reports whether there must be no item.
func (c Condition) IsAbsent() bool { return c.absent }

// IsPresent reports whether an item must be there, at any revision.
func (c Condition) IsPresent() bool { return c.present }

// Revision gives the revision that must be stored, and false when any will do.
func (c Condition) Revision() (revision string, pinned bool) { return c.revision, c.pinned }

// Write is one part of a transaction. Make it with PutWrite, DeleteWrite or CheckWrite.
type Write struct {
	Op   Op
	Item Item // only its Key unless Op is OpPut
	Cond Condition
}

// Op is what a Write does.
type Op int

// The operations of a transaction.
const (
	OpPut    Op = iota + 1 // write the item
	OpDelete               // remove the item
	OpCheck                // write nothing, only hold to the condition
)

// PutWrite writes an item in a transaction.
func PutWrite(item Item, cond Condition) Write { return Write{Op: OpPut, Item: item, Cond: cond} }

// DeleteWrite removes an item in a transaction.
func DeleteWrite(key Key, cond Condition) Write {
	return Write{Op: OpDelete, Item: Item{Key: key}, Cond: cond}
}

// CheckWrite makes a transaction depend on an item that it does not change.
func CheckWrite(key Key, cond Condition) Write {
	return Write{Op: OpCheck, Item: Item{Key: key}, Cond: cond}
}
