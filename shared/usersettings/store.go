// Package usersettings owns what people set for themselves in a frontend, such as the
// entities they starred: values under a key in a bucket, for each user apart. It does not know
// what a value means.
//
// Items: one per setting, in the user's partition; the sort key is a digest, so that buckets
// and keys may hold anything, and the body names both. One more item counts them: it is
// written in the transaction that adds or removes a setting, which holds the limit exactly.
//
// Flow: Put → exists? overwrite : add with the count. Get, Many and Delete by the same keys.
package usersettings

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/clock"
	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/table"
	"github.com/slipwayhq/slipway/shared/table/optimistic"
)

// The limits of one user's settings.
const (
	MaxName  = 255       // bytes of a bucket or a key; Backstage's columns have 255 characters
	MaxValue = 100 << 10 // bytes of a value; Backstage takes bodies of that size
	MaxCount = 200
	MaxAsked = 500     // settings that are read at once
	MaxRead  = 4 << 20 // bytes of the values that are read at once
)

// Name is where a setting is kept.
type Name struct {
	Bucket string `json:"bucket"`
	Key    string `json:"key"`
}

// setting is the body of an item.
type setting struct {
	Name
	Value json.RawMessage `json:"value"`
}

// count is the body of the item that counts a user's settings.
type count struct {
	Settings int `json:"settings"`
}

// Deps is what a Store needs.
type Deps struct {
	Table table.Table
	Clock clock.Clock
}

// Store keeps settings. It is safe for concurrent use.
type Store struct{ Deps }

// New makes a store.
func New(d Deps) (*Store, error) {
	if d.Table == nil || d.Clock == nil {
		return nil, errs.New(errs.Invalid, "user settings need a table and a clock")
	}
	return &Store{d}, nil
}

// Get gives a setting's value, which is NotFound when it was never set.
func (s *Store) Get(ctx context.Context, user string, n Name) (json.RawMessage, error) {
	if !n.storable() {
		return nil, missing(n)
	}
	item, err := s.Table.Get(ctx, keyOf(user, n))
	if errors.Is(err, errs.NotFound) {
		return nil, missing(n)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a setting of %s: %w", user, err)
	}
	var found setting
	if err := json.Unmarshal(item.Body, &found); err != nil {
		return nil, fmt.Errorf("decoding a setting of %s: %w", user, err)
	}
	return found.Value, nil
}

func missing(n Name) error {
	return errs.New(errs.NotFound, fmt.Sprintf("Unable to find '%s' in bucket '%s'", errs.Clip(n.Key), errs.Clip(n.Bucket)))
}

// parallel is how many settings are read at the same time.
const parallel = 8

// Many gives the values of several settings in the order asked for, nil for each that was
// never set.
func (s *Store) Many(ctx context.Context, user string, names []Name) ([]json.RawMessage, error) {
	if len(names) > MaxAsked {
		return nil, errs.New(errs.TooLarge, fmt.Sprintf("at most %d settings can be read at once", MaxAsked))
	}
	values, problems := make([]json.RawMessage, len(names)), make([]error, len(names))
	var read atomic.Int64
	slots := make(chan struct{}, parallel)
	var wg sync.WaitGroup
	for i, n := range names {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if read.Load() > MaxRead {
				problems[i] = errs.New(errs.TooLarge, fmt.Sprintf("at most %d bytes of settings can be read at once", MaxRead))
				return
			}
			values[i], problems[i] = s.Get(ctx, user, n)
			read.Add(int64(len(values[i])))
		})
	}
	wg.Wait()
	for _, err := range problems {
		if err != nil && !errors.Is(err, errs.NotFound) {
			return nil, err
		}
	}
	return values, nil
}

// Put sets a value, which must be JSON. The last of several writers wins.
func (s *Store) Put(ctx context.Context, user string, n Name, value json.RawMessage) error {
	switch {
	case !n.storable():
		return errs.New(errs.Invalid, fmt.Sprintf("a bucket or key is not text of at most %d bytes", MaxName))
	case len(value) > MaxValue:
		return errs.New(errs.TooLarge, fmt.Sprintf("a setting has at most %d bytes", MaxValue))
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false) // which could make it six times as large
	if err := e.Encode(setting{n, value}); err != nil {
		return errs.Wrap(errs.Invalid, "a setting's value is not JSON", err)
	}
	item := table.Item{Key: keyOf(user, n), Body: body.Bytes()}
	err := optimistic.Retry(ctx, s.Clock, func(ctx context.Context) error {
		switch _, err := s.Table.Get(ctx, item.Key); {
		case errors.Is(err, errs.NotFound):
			return s.alter(ctx, user, table.PutWrite(item, table.Absent), +1)
		case err != nil:
			return err
		}
		_, err := s.Table.Put(ctx, item, table.Present)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing a setting of %s: %w", user, err)
	}
	return nil
}

// Delete removes a setting. Removing what was never set succeeds.
func (s *Store) Delete(ctx context.Context, user string, n Name) error {
	if !n.storable() {
		return nil
	}
	key := keyOf(user, n)
	err := optimistic.Retry(ctx, s.Clock, func(ctx context.Context) error {
		switch _, err := s.Table.Get(ctx, key); {
		case errors.Is(err, errs.NotFound):
			return nil
		case err != nil:
			return err
		}
		return s.alter(ctx, user, table.DeleteWrite(key, table.Present), -1)
	})
	if err != nil {
		return fmt.Errorf("deleting a setting of %s: %w", user, err)
	}
	return nil
}

// alter adds or removes a setting together with its count.
func (s *Store) alter(ctx context.Context, user string, w table.Write, by int) error {
	key, cond, have := table.Key{PK: partition(user), SK: "count"}, table.Absent, count{}
	switch item, err := s.Table.Get(ctx, key); {
	case err == nil:
		if err := json.Unmarshal(item.Body, &have); err != nil {
			return fmt.Errorf("decoding the count: %w", err)
		}
		cond = table.AtRevision(item.Revision)
	case !errors.Is(err, errs.NotFound):
		return err
	}
	if have.Settings += by; by > 0 && have.Settings > MaxCount {
		return errs.New(errs.TooLarge, fmt.Sprintf("a user has at most %d settings", MaxCount))
	}
	body, err := json.Marshal(have)
	if err != nil {
		return fmt.Errorf("encoding the count: %w", err)
	}
	return s.Table.Transact(ctx, []table.Write{w, table.PutWrite(table.Item{Key: key, Body: body}, cond)})
}

// storable reports whether there can be a setting of that name.
func (n Name) storable() bool {
	return len(n.Bucket) <= MaxName && len(n.Key) <= MaxName && utf8.ValidString(n.Bucket) && utf8.ValidString(n.Key)
}

func partition(user string) string { return "user/" + user }

// keyOf digests bucket and key; the length keeps "a","bc" and "ab","c" apart.
func keyOf(user string, n Name) table.Key {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s%s", len(n.Bucket), n.Bucket, n.Key))
	return table.Key{PK: partition(user), SK: "setting/" + hex.EncodeToString(sum[:])}
}
