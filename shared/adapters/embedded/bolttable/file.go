package bolttable

import (
	"errors"
	"regexp"
	"sync"

	bolt "go.etcd.io/bbolt"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/boltfile"
	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/platform/ids"
	"github.com/slipwayhq/slipway/shared/table"
)

var tableName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,254}$`)

// Config says where the tables are kept.
type Config struct {
	// Path of the file; it and its directory are made when they are missing.
	Path  string
	Clock clock.Clock // decides what has expired
	// IDs makes revisions. It must not repeat itself over the life of the file.
	IDs ids.Source
}

// File is an open file of tables. All methods are safe for concurrent use.
type File struct {
	db      *bolt.DB
	commits *committer
	path    string
	clock   clock.Clock
	ids     ids.Source

	mu        sync.Mutex
	listeners map[string][]chan struct{} // by table
}

// Open opens or makes the file and locks it against other processes.
//
// Errors: Conflict when another process holds it, Invalid when the path can't be such a
// file, Unavailable when the disk fails or is full.
func Open(c Config) (*File, error) {
	if c.Path == "" || c.Clock == nil || c.IDs == nil {
		return nil, errors.New("bolttable: Path, Clock and IDs are required")
	}
	db, err := boltfile.Open(c.Path, bolt.Options{FreelistType: bolt.FreelistMapType})
	if err != nil {
		return nil, err
	}
	return &File{db: db, commits: &committer{db: db}, path: c.Path, clock: c.Clock, ids: c.IDs, listeners: map[string][]chan struct{}{}}, nil
}

// Table gives the table of that name, making it when it is missing. Names are lower case
// letters, digits, dots, dashes and underscores.
func (f *File) Table(name string) (table.Table, error) {
	if !tableName.MatchString(name) {
		return nil, errs.New(errs.Invalid, "the name of the table is not lower case letters, digits and dashes")
	}
	bucket := []byte(name)
	err := f.db.Update(func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(bucket)
		return err
	})
	if err != nil {
		return nil, f.storeError("making table "+name, err)
	}
	return &boltTable{file: f, name: name, bucket: bucket}, nil
}

// Changes gives a channel that receives after each committed write to the table, each
// caller its own. Writes in quick succession may share one signal; none is without a later
// one. The channel is never closed.
func (f *File) Changes(name string) <-chan struct{} {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners[name] = append(f.listeners[name], c)
	return c
}

func (f *File) changed(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.listeners[name] {
		select {
		case c <- struct{}{}:
		default: // a signal is waiting already
		}
	}
}

// Close waits for running transactions and lets go of the file.
func (f *File) Close() error {
	if err := f.db.Close(); err != nil {
		return f.storeError("closing the data file", err)
	}
	return nil
}
