package bolttable

import (
	"bytes"
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/slipwayhq/slipway/shared/table"
)

// behindAll sorts behind every key that continues what is before it: no UTF-8 text holds it.
const behindAll = "\xff"

// span is the part of the file that a query reads: low <= key < high.
type span struct {
	low, high  []byte
	descending bool
}

// Query reads a page of one partition.
func (t *boltTable) Query(ctx context.Context, q table.Query) (table.Page, error) {
	if err := table.ValidateQuery(q); err != nil {
		return table.Page{}, err
	}
	after, err := table.Position(q)
	if err != nil {
		return table.Page{}, err
	}
	var page table.Page
	err = t.view(ctx, func(b *bolt.Bucket, now time.Time) (err error) {
		page, err = readPage(b.Cursor(), spanOf(q, after), q, now)
		return err
	})
	if err != nil {
		return table.Page{}, t.file.storeError("querying partition "+q.PK, err)
	}
	return page, nil
}

func spanOf(q table.Query, after string) span {
	at := func(sk string) []byte { return encodeKey(table.Key{PK: q.PK, SK: sk}) }
	s := span{low: at(q.Prefix), high: at(q.Prefix + behindAll), descending: q.Descending}
	if q.From != "" {
		s.low = at(q.From)
	}
	if q.To != "" {
		s.high = at(q.To)
	}
	switch {
	case after == "":
	case q.Descending:
		s.high = at(after)
	default:
		s.low = at(after + "\x00")
	}
	return s
}

// readPage collects items until the page is full. As in DynamoDB, items that have expired
// count for the limits although they are left out.
func readPage(c *bolt.Cursor, s span, q table.Query, now time.Time) (table.Page, error) {
	var page table.Page
	read, size, last := 0, 0, ""
	for k, v := s.first(c); k != nil; k, v = s.next(c) {
		if (q.Limit > 0 && read == q.Limit) || size > table.MaxPageBytes {
			page.Next = table.NewCursor(q.PK, last)
			break
		}
		r, err := decodeRecord(v)
		if err != nil {
			return table.Page{}, err
		}
		last = string(k[len(q.PK)+1:])
		item := table.Item{Key: table.Key{PK: q.PK, SK: last}, Body: r.body}
		read, size = read+1, size+table.Size(item)
		if r.live(now) {
			page.Items = append(page.Items, r.item(item.Key))
		}
	}
	return page, nil
}

func (s span) first(c *bolt.Cursor) (k, v []byte) {
	if !s.descending {
		return s.within(c.Seek(s.low))
	}
	if k, _ := c.Seek(s.high); k == nil {
		return s.within(c.Last())
	}
	return s.within(c.Prev())
}

func (s span) next(c *bolt.Cursor) (k, v []byte) {
	if s.descending {
		return s.within(c.Prev())
	}
	return s.within(c.Next())
}

// within gives no key once the cursor has left the span.
func (s span) within(k, v []byte) ([]byte, []byte) {
	if k == nil || bytes.Compare(k, s.low) < 0 || bytes.Compare(k, s.high) >= 0 {
		return nil, nil
	}
	return k, v
}
