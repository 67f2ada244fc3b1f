package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	bolt "go.etcd.io/bbolt"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/boltfile"
)

// ErrNotFound is what Get answers for a key without a record.
var ErrNotFound = errors.New("no such record")

// Store is the open state file.
type Store struct{ db *bolt.DB }

// Open opens or creates the state file. A second process gets Conflict.
func Open(path string) (*Store, error) {
	db, err := boltfile.Open(path, bolt.Options{NoFreelistSync: true, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return nil, fmt.Errorf("opening the state of the embedded GitLab: %w", err)
	}
	return &Store{db: db}, nil
}

// Close closes the file.
func (s *Store) Close() error { return s.db.Close() }

// View runs fn on a consistent view.
func (s *Store) View(fn func(*Tx) error) error {
	return s.db.View(func(b *bolt.Tx) error { return fn(&Tx{b: b}) })
}

// Update runs fn as one durable transaction: when it returns nil, everything fn wrote
// survives a kill; when fn fails nothing was written.
func (s *Store) Update(fn func(*Tx) error) error {
	return s.db.Update(func(b *bolt.Tx) error { return fn(&Tx{b: b}) })
}

// Tx is a transaction; valid only inside View or Update.
type Tx struct{ b *bolt.Tx }

// NextID gives the next number of a named sequence, from 1.
func (tx *Tx) NextID(sequence string) (int64, error) {
	b, err := tx.b.CreateBucketIfNotExists([]byte("seq:" + sequence))
	if err != nil {
		return 0, fmt.Errorf("opening sequence %s: %w", sequence, err)
	}
	n, err := b.NextSequence()
	if err != nil {
		return 0, fmt.Errorf("advancing sequence %s: %w", sequence, err)
	}
	return int64(n), nil
}

// NextOf gives the next number of a sequence that belongs to one project, from 1.
func (tx *Tx) NextOf(project int64, sequence string) (int64, error) {
	return tx.NextID(sequence + ":" + ID(project))
}

// ID makes a key of numbers that sorts as the numbers do.
func ID(parts ...int64) string {
	s := make([]string, len(parts))
	for i, p := range parts {
		s[i] = fmt.Sprintf("%016x", p)
	}
	return strings.Join(s, "/")
}

// Under makes the key of a named thing of a project.
func Under(project int64, names ...string) string {
	return ID(project) + "/" + strings.Join(names, "\x00")
}

// Collection is the records of one kind, by key.
type Collection[T any] struct{ name string }

// Get reads the record of a key, or ErrNotFound.
func (c Collection[T]) Get(tx *Tx, key string) (T, error) {
	var v T
	b := tx.b.Bucket([]byte(c.name))
	if b == nil {
		return v, ErrNotFound
	}
	raw := b.Get([]byte(key))
	if raw == nil {
		return v, ErrNotFound
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("reading %s %s: %w", c.name, key, err)
	}
	return v, nil
}

// Put writes the record of a key.
func (c Collection[T]) Put(tx *Tx, key string, v T) error {
	b, err := tx.b.CreateBucketIfNotExists([]byte(c.name))
	if err != nil {
		return fmt.Errorf("opening %s: %w", c.name, err)
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing %s %s: %w", c.name, key, err)
	}
	return b.Put([]byte(key), raw)
}

// Delete removes the record of a key; removing what is not there succeeds.
func (c Collection[T]) Delete(tx *Tx, key string) error {
	b := tx.b.Bucket([]byte(c.name))
	if b == nil {
		return nil
	}
	return b.Delete([]byte(key))
}

// Has reports whether there is a record.
func (c Collection[T]) Has(tx *Tx, key string) bool {
	b := tx.b.Bucket([]byte(c.name))
	return b != nil && b.Get([]byte(key)) != nil
}

// All gives the records whose key starts with prefix, in key order.
func (c Collection[T]) All(tx *Tx, prefix string) ([]T, error) {
	list := []T{}
	err := c.each(tx, prefix, func(key, raw []byte) error {
		var v T
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("reading %s %s: %w", c.name, key, err)
		}
		list = append(list, v)
		return nil
	})
	return list, err
}

// DeleteAll removes the records whose key starts with prefix.
func (c Collection[T]) DeleteAll(tx *Tx, prefix string) error {
	keys := [][]byte{}
	err := c.each(tx, prefix, func(key, _ []byte) error {
		keys = append(keys, append([]byte(nil), key...))
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range keys {
		if err := tx.b.Bucket([]byte(c.name)).Delete(k); err != nil {
			return fmt.Errorf("deleting %s %s: %w", c.name, k, err)
		}
	}
	return nil
}

func (c Collection[T]) each(tx *Tx, prefix string, fn func(key, raw []byte) error) error {
	b := tx.b.Bucket([]byte(c.name))
	if b == nil {
		return nil
	}
	cur := b.Cursor()
	for k, v := cur.Seek([]byte(prefix)); k != nil && strings.HasPrefix(string(k), prefix); k, v = cur.Next() {
		if err := fn(k, v); err != nil {
			return err
		}
	}
	return nil
}

// Number writes an id as text.
func Number(id int64) string { return strconv.FormatInt(id, 10) }
